// What the tests of the stores put in, and what they find.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "store/store.h"
#include "tests/memory_store.h"

namespace discovery {

inline constexpr WallTime kPosted =
    WallTime(std::chrono::sys_days{std::chrono::year{2026} / 2 / 19}) + Duration(34'470'123'456);

inline Advertisement full_advertisement(const std::string& provider_id) {
  Advertisement advertisement;
  advertisement.provider_id = provider_id;
  advertisement.provider_name = "Jörg's \"best\" \\ 🖥";
  advertisement.ip_address = "2001:db8::1";
  advertisement.country = *parse_country("SE");
  advertisement.platform = "x86_64";
  advertisement.network = "mainnet";
  advertisement.payments_network = "l2:main";
  advertisement.sizes = {4, 8, 100};
  advertisement.resources_json = R"({"cpu":4,"memory":8,"storage":100,"gpu":1})";
  advertisement.pricing_json = R"({"usd_per_core_month":6.0,"note":"it's"})";
  return advertisement;
}

inline Advertisement bare_advertisement(const std::string& provider_id) {
  Advertisement advertisement;
  advertisement.provider_id = provider_id;
  advertisement.ip_address = "83.233.10.2";
  advertisement.country = *parse_country("DE");
  advertisement.sizes = {1, 1, 1};
  advertisement.resources_json = R"({"cpu":1,"memory":1,"storage":1})";
  return advertisement;
}

inline Change put(const Advertisement& advertisement, WallTime created = kPosted,
                  WallTime updated = kPosted) {
  auto draft = Listing::draft(advertisement);
  draft->stamp({created, updated, updated, BootTime{}});
  return {std::move(draft), {}};
}

inline Change removal(std::string provider_id) { return {nullptr, std::move(provider_id)}; }

/// Everything a store shows, by provider id; a row shown twice is a failure of the test.
inline MemoryStore::Rows rows_of(Store& store, unsigned threads = 2) {
  Mutex mutex;
  MemoryStore::Rows rows;
  const auto status = store.load(threads, [&](unsigned thread, const StoredRow& row) {
    EXPECT_LT(thread, threads);
    MutexLock lock(mutex);
    const bool fresh =
        rows.try_emplace(
                std::string(row.provider_id),
                MemoryStore::Row{std::string(row.provider_id), std::string(row.provider_name),
                                 std::string(row.ip_address), std::string(row.country),
                                 std::string(row.platform), std::string(row.network),
                                 std::string(row.payments_network), std::string(row.resources),
                                 std::string(row.pricing), row.created_at, row.updated_at})
            .second;
    EXPECT_TRUE(fresh) << row.provider_id << " was shown twice";
  });
  EXPECT_TRUE(status) << status.error().message;
  return rows;
}

inline void must_apply(Store& store, const std::vector<Change>& changes) {
  const auto status = store.apply(changes);
  ASSERT_TRUE(status) << status.error().message;
}

}  // namespace discovery

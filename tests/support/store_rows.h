// What the tests of the stores put in, and what they find.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/store.h"
#include "tests/support/memory_store.h"

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
  return {.listing = std::move(draft)};
}

/// As a post that was signed at `time_ms`; the store looks into none of it.
inline Change signed_put(const Advertisement& advertisement, int64_t time_ms,
                         WallTime updated = kPosted) {
  Change change = put(advertisement, kPosted, updated);
  change.proof = std::make_shared<const Proof>(
      Proof{time_ms, "Golem Discovery v1\ntime: " + std::to_string(time_ms), "0x00ff",
            std::string("{\"note\":\"\xc3\xb6\"}\0", 14)});
  return change;
}

inline Change logged(Revision revision, Change change) {
  change.revision = revision;
  return change;
}

inline Change removal(std::string provider_id) { return {.provider_id = std::move(provider_id)}; }

inline std::shared_ptr<const History> history_of(std::string provider_id, WallTime last_seen) {
  return std::make_shared<const History>(History{std::move(provider_id), History::State::withdrawn,
                                                 kPosted, last_seen, std::string("\0\x80\xff", 3)});
}

inline std::unique_ptr<StoreReader> reader_of(Store& store) {
  auto reader = store.open_reader();
  if (reader) return *std::move(reader);
  ADD_FAILURE() << reader.error().message;
  return nullptr;
}

/// What was found, or the failure of a test.
template <class Value>
std::optional<Value> must_find(Result<std::optional<Value>> found) {
  if (found) return *std::move(found);
  ADD_FAILURE() << found.error().message;
  return std::nullopt;
}

/// The newest times that a store shows, by provider id, as a pin or beside a row.
inline std::map<std::string, int64_t> pins_of(Store& store) {
  std::map<std::string, int64_t> pins;
  const auto raise = [&](std::string_view provider_id, int64_t pin_ms) {
    int64_t& pin = pins.try_emplace(std::string(provider_id), pin_ms).first->second;
    pin = std::max(pin, pin_ms);
  };
  const auto loaded = store.load([&](const StoredRow& row) {
    if (row.proof_ms) raise(row.provider_id, *row.proof_ms);
  });
  EXPECT_TRUE(loaded) << loaded.error().message;
  const auto status = store.load_pins(raise);
  EXPECT_TRUE(status) << status.error().message;
  return pins;
}

/// Everything a store shows, by provider id; a row shown twice is a failure of the test.
inline MemoryStore::Rows rows_of(Store& store) {
  MemoryStore::Rows rows;
  const auto status = store.load([&](const StoredRow& row) {
    const bool fresh =
        rows.try_emplace(
                std::string(row.provider_id),
                MemoryStore::Row{std::string(row.provider_id), std::string(row.provider_name),
                                 std::string(row.ip_address), std::string(row.country),
                                 std::string(row.platform), std::string(row.network),
                                 std::string(row.payments_network), std::string(row.resources),
                                 std::string(row.pricing), row.created_at, row.updated_at,
                                 row.proof_ms, row.verified})
            .second;
    EXPECT_TRUE(fresh) << row.provider_id << " was shown twice";
  });
  EXPECT_TRUE(status) << status.error().message;
  return rows;
}

inline void must_keep(Store& store, const Upkeep& upkeep) {
  const auto status = store.keep(upkeep);
  ASSERT_TRUE(status) << status.error().message;
}

inline void must_apply(Store& store, const std::vector<Change>& changes) {
  const auto status = store.apply(changes);
  ASSERT_TRUE(status) << status.error().message;
}

/// While batches write one number for two providers, a reader that has seen it for the first finds
/// no older one for the second.
inline void expect_readers_see_whole_batches(Store& store) {
  const auto batch = [](int number) {
    return std::vector<Change>{{.history = history_of("first", kPosted + Duration(number))},
                               {.history = history_of("second", kPosted + Duration(number))}};
  };
  must_apply(store, batch(0));
  std::atomic<bool> reading{false};
  std::atomic<bool> done{false};
  std::thread other([&] {
    const auto reader = reader_of(store);
    do {
      const auto first = must_find(reader->history("first"));
      const auto second = must_find(reader->history("second"));
      EXPECT_TRUE(first && second && first->last_seen <= second->last_seen);
      reading = true;
    } while (!done && !testing::Test::HasFailure());
  });
  while (!reading) std::this_thread::yield();
  for (int number = 1; number <= 100; ++number) must_apply(store, batch(number));
  done = true;
  other.join();
}

}  // namespace discovery

// A board's database that a test damages and recovers.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/recovery.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_rows.h"

namespace discovery {

inline constexpr WallTime kRecovered = kPosted + std::chrono::hours{1};
inline constexpr const char* kSetAside = "discovery.db.damaged-20260219T103430Z";
inline constexpr size_t kPageBytes = 2048;  // of the files that open_sqlite() makes

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string key_id(int number) {
  const std::string digits = std::to_string(number * 7'919);
  return "0x" + std::string(40 - digits.size(), 'a') + digits;
}

class RecoveryTest : public testing::Test {
 protected:
  /// A board of `count` providers, of which every third signs, with all that is kept of others.
  void fill(int count) { fill(path_, *open_or_fail(path_), count); }
  static void fill(const std::string& path, Store& store, int count);

  RecoveryReport recover() {
    auto report = recover_sqlite(path_, kRecovered);
    if (report) return *std::move(report);
    ADD_FAILURE() << report.error().message;
    return {};
  }
  Error error() {
    auto report = recover_sqlite(path_, kRecovered);
    EXPECT_FALSE(report);
    return report ? Error{} : report.error();
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(path_).parent_path())) {
      names.insert(entry.path().filename());
    }
    return names;
  }
  std::string beside(const std::string& name) const { return directory_.file(name); }
  /// Rows of the table that the file has now.
  std::string count(const std::string& table) {
    return OtherProgram(path_).run("SELECT count(*) FROM " + table);
  }
  void damage_root(const std::string& table) {
    const std::string sql = "SELECT rootpage FROM sqlite_master WHERE name = '" + table + "'";
    damage_page(std::stoul(OtherProgram(path_).run(sql)) - 1);
  }
  void damage_page_of(const std::string& text) {
    damage_page(bytes_of(path_).find(text) / kPageBytes);
  }
  /// Overwrites what the page begins with, as a failing disk may. Counted from 0.
  void damage_page(size_t page) {
    std::string bytes = bytes_of(path_);
    bytes.replace(page * kPageBytes, 16, 16, '\xee');
    write_bytes(path_, bytes);
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("discovery.db");
};

inline void RecoveryTest::fill(const std::string& path, Store& store, int count) {
  std::vector<Change> changes;
  std::vector<RefusalNote> refusals;
  for (int i = 0; i < count; ++i) {
    const std::string id = "provider-" + std::to_string(i);
    if (i % 3 == 0) {
      changes.push_back(signed_put(full_advertisement(key_id(i)), i));
      changes.back().pin_ms = i;
    } else {
      changes.push_back(put(i % 3 == 1 ? full_advertisement(id) : bare_advertisement(id)));
    }
    changes.push_back({.history = history_of("gone-" + id, kPosted + Duration(i))});
    refusals.push_back({id, kPosted + Duration(i), "AUTH_001", "the signature is not of this"});
  }
  must_apply(store, changes);
  must_keep(store, {.refusals = refusals});
  OtherProgram(path).run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
      std::to_string(count - 1) +
      ") INSERT INTO board_runs SELECT 1770000000000000 + i * 7200000000, 1770007000000000 FROM n");
}

}  // namespace discovery

// Random posts, renewals and removals in the SQLite store, with faults, crashes and stops between:
// the rows in the file are as new as the last changes that were applied.
//
// SEED runs the boards of that seed alone.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>

#include "base/time_text.h"
#include "tests/support/faulty_files.h"
#include "tests/support/seed.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_rows.h"

namespace discovery {
namespace {

using std::chrono::seconds;

std::string sql_time(WallTime time) {
  char text[kSqlTimeLength];
  write_sql_time(time, text);
  return {text, kSqlTimeLength};
}

/// What every provider last posted, beside what the file has of it.
class RandomBoard {
 public:
  RandomBoard(uint64_t seed, size_t providers) : random_(seed), providers_(providers) {}

  size_t below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }
  void pass(Duration time) { now_ += time; }

  /// The changes of a batch, and the model as it is once they are committed.
  std::vector<Change> decide() {
    next_ = entries_;
    std::vector<Change> changes;
    for (size_t i = below(12); i > 0; --i) {
      now_ += Duration(1);
      const std::string id = "p" + std::to_string(below(providers_));
      const auto at = next_.find(id);
      if (at == next_.end() || below(8) == 0) {
        changes.push_back(post(id));
      } else if (below(10) == 0) {
        changes.push_back(removal(id));
        next_.erase(at);
      } else {
        changes.push_back(renew(id, at->second));
      }
    }
    return changes;
  }
  void commit() { entries_ = std::move(next_); }

  /// To any program that reads the file.
  void expect_file(const std::string& path) const {
    std::string times;
    for (const auto& [id, entry] : entries_) {
      times += id + "|" + sql_time(entry.last.listing->created()) + "|" +
               sql_time(entry.last.listing->updated()) + "\n";
    }
    EXPECT_EQ(
        OtherProgram(path).run("SELECT provider_id, created_at, updated_at FROM advertisements"
                               " ORDER BY provider_id"),
        times);
  }

  void expect(Store& store) const {
    const auto rows = rows_of(store);
    EXPECT_EQ(rows.size(), entries_.size());
    for (const auto& [id, entry] : entries_) {
      ASSERT_TRUE(rows.contains(id)) << id;
      const auto& row = rows.at(id);
      EXPECT_EQ(row.country, entry.is_full ? "SE" : "DE") << id;
      EXPECT_EQ(row.created_at, entry.last.listing->created()) << id;
      EXPECT_EQ(row.updated_at, entry.last.listing->updated()) << id;
      EXPECT_EQ(row.verified, entry.last.proof != nullptr) << id;
    }
  }

 private:
  struct Entry {
    bool is_full;
    Change last;
  };

  static Advertisement advertisement(const std::string& id, bool is_full) {
    return is_full ? full_advertisement(id) : bare_advertisement(id);
  }

  Change post(const std::string& id) {
    const bool is_full = below(2) == 0;
    Change change = put(advertisement(id, is_full), now_, now_);
    change.revision = ++revision_;
    if (below(4) == 0) change.proof = proof();
    next_.insert_or_assign(id, Entry{is_full, change});
    return change;
  }

  Change renew(const std::string& id, Entry& entry) {
    Change change = put(advertisement(id, entry.is_full), entry.last.listing->created(), now_);
    if (entry.last.proof) change.proof = proof();
    entry.last = change;
    return change;
  }

  static ProofPtr proof() { return signed_put(bare_advertisement("any"), 1).proof; }

  std::mt19937_64 random_;
  size_t providers_;
  Revision revision_ = 0;
  WallTime now_ = kPosted;
  std::map<std::string, Entry> entries_, next_;
};

class RandomRows : public testing::TestWithParam<std::tuple<size_t, int>> {
 protected:
  RandomRows() { FaultyFiles::install(); }
  ~RandomRows() override { FaultyFiles::heal(); }

  /// The files as a kill would leave them now. A reader keeps the log from starting over meanwhile.
  std::string crash() {
    const std::string name = "crash" + std::to_string(++crashes_) + ".db";
    OtherProgram reader(path_);
    reader.run("BEGIN; SELECT count(*) FROM advertisements");
    std::filesystem::copy(path_, directory_.file(name));
    std::filesystem::copy(path_ + "-wal", directory_.file(name + "-wal"));
    return directory_.file(name);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("discovery.db");
  int crashes_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomRows,
                         testing::Combine(testing::Values(1, 2, 3, 8, 150), testing::Range(1, 4)));

TEST_P(RandomRows, AreAsNewAsTheLastPostAfterEveryCrashFaultAndStop) {
  const auto [providers, own_seed] = GetParam();
  const uint64_t seed = chosen_seed().value_or(static_cast<uint64_t>(own_seed));
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  RandomBoard board(seed, providers);
  auto store = open_or_fail(path_);
  for (int step = 0; step < 200 && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    board.pass(seconds(board.below(8)));
    const bool fails = board.below(10) == 0;
    if (fails) FaultyFiles::fail_next(FaultyFiles::Kind::log, FaultyFiles::Fault::sync_fails, 1);
    const auto changes = board.decide();
    const auto status = store->apply(changes);
    FaultyFiles::heal();
    if (status) board.commit();
    if (board.below(12) != 0) continue;
    // What was written, but not synced, a crash may leave or take.
    if (status && !changes.empty() && board.below(2) == 0) {
      board.expect_file(crash());
      path_ = crash();
    } else {
      store.reset();
      board.expect_file(path_);
    }
    store = open_or_fail(path_);
    board.expect(*store);
  }
  store.reset();
  board.expect(*open_or_fail(path_));
}

}  // namespace
}  // namespace discovery

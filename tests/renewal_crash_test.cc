// Random posts, renewals and removals in the SQLite store, with faults, crashes and stops between.
//
// SEED runs the board of that seed alone.
#include <map>
#include <random>

#include "tests/renewal_log_fixture.h"
#include "tests/seed.h"

namespace discovery {
namespace {

using std::chrono::seconds;

/// What every provider last said, beside what the file makes of it.
class RandomBoard {
 public:
  explicit RandomBoard(uint64_t seed) : random_(seed) {}

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
      const std::string id = "p" + std::to_string(below(150));
      const auto at = next_.find(id);
      if (at == next_.end() || below(8) == 0) {
        changes.push_back(post(id));
      } else if (below(10) == 0) {
        changes.push_back(removal_of(at->second.last));
        next_.erase(at);
      } else if (!at->second.last.proof) {
        Change& last = at->second.last;
        changes.push_back(last = renewal_of(last, advertisement(id, at->second.is_full), now_));
      }
    }
    return changes;
  }
  void commit() { entries_ = std::move(next_); }

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
    if (below(4) == 0) change.proof = signed_put(bare_advertisement(id), 1).proof;
    const auto former = next_.find(id);
    if (former != next_.end()) {
      change = numbered(former->second.last.listing->stored_at(), change);
    }
    next_.insert_or_assign(id, Entry{is_full, change});
    return change;
  }

  std::mt19937_64 random_;
  WallTime now_ = kPosted;
  std::map<std::string, Entry> entries_, next_;
};

class RandomRenewals : public RenewalLogTest, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomRenewals, testing::Range(1, 9));

TEST_P(RandomRenewals, SurviveEveryCrashFaultAndStop) {
  const uint64_t seed = chosen_seed().value_or(static_cast<uint64_t>(GetParam()));
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  RandomBoard board(seed);
  auto store = open();
  for (int step = 0; step < 400 && !HasFailure(); ++step) {
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
      path_ = crash();
    } else {
      store.reset();
    }
    store = open();
    board.expect(*store);
  }
  store.reset();
  board.expect(*open());
}

}  // namespace
}  // namespace discovery

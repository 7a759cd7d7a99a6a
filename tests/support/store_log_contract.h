// What every Store that logs changes keeps to; factories as for tests/store_contract.h.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "base/limits.h"
#include "store/store.h"
#include "tests/support/store_rows.h"

namespace discovery {

template <class Factory>
class StoreLogContract : public testing::Test {
 protected:
  Factory factory_;
};
TYPED_TEST_SUITE_P(StoreLogContract);

TYPED_TEST_P(StoreLogContract, LogsChangesInTheirOrderOverAReopening) {
  auto listed = put(bare_advertisement("a"));
  listed.revision = 1;
  auto withdrawn = removal("a");
  withdrawn.revision = 2;
  withdrawn.history = history_of("a", kPosted);
  auto expired = removal("b");
  expired.revision = 3;
  must_apply(this->factory_.open(), {listed, put(bare_advertisement("b")), withdrawn, expired});
  const auto marks = this->factory_.open().open_epoch(7);
  ASSERT_TRUE(marks) << marks.error().message;
  EXPECT_EQ(marks->revision, 3u);
  const std::vector<LoggedChange> log{{1, "a", std::nullopt},
                                      {2, "a", History::State::withdrawn},
                                      {3, "b", History::State::expired}};
  EXPECT_EQ(marks->log, log);
  EXPECT_EQ(marks->epochs, std::vector<Epoch>({{7, 3}}));
}

TYPED_TEST_P(StoreLogContract, EachEpochBeginsWhereTheLastRevisionWas) {
  ASSERT_TRUE(this->factory_.open().open_epoch(7));
  Store& store = this->factory_.open();
  ASSERT_TRUE(store.open_epoch(8));
  auto change = put(bare_advertisement("a"));
  change.revision = 5;
  must_apply(store, {change});
  const auto marks = this->factory_.open().open_epoch(9);
  ASSERT_TRUE(marks);
  EXPECT_EQ(marks->epochs, std::vector<Epoch>({{7, 0}, {8, 0}, {9, 5}}));
}

TYPED_TEST_P(StoreLogContract, NothingOfAFailedCommitIsLogged) {
  Store& store = this->factory_.open();
  auto change = put(bare_advertisement("a"));
  change.revision = 1;
  this->factory_.fail_next_commit();
  ASSERT_FALSE(store.apply(std::vector<Change>{change}));
  must_apply(store, {put(bare_advertisement("b")), removal("b")});
  const auto marks = this->factory_.open().open_epoch(7);
  ASSERT_TRUE(marks);
  EXPECT_EQ(marks->revision, 0u);
  EXPECT_TRUE(marks->log.empty());
}

TYPED_TEST_P(StoreLogContract, KeepsTheEndOfALongLog) {
  Store& store = this->factory_.open();
  constexpr uint64_t kTooMany = 10;
  std::vector<Change> changes(limits::kLoggedChanges + kTooMany);
  for (size_t i = 0; i < changes.size(); ++i) {
    changes[i].provider_id = "nobody";
    changes[i].revision = i + 1;
  }
  must_apply(store, changes);
  const auto marks = this->factory_.open().open_epoch(7);
  ASSERT_TRUE(marks);
  ASSERT_EQ(marks->log.size(), limits::kLoggedChanges);
  EXPECT_EQ(marks->log.front().revision, kTooMany + 1);
  EXPECT_EQ(marks->revision, changes.size());
}

REGISTER_TYPED_TEST_SUITE_P(StoreLogContract, LogsChangesInTheirOrderOverAReopening,
                            EachEpochBeginsWhereTheLastRevisionWas, NothingOfAFailedCommitIsLogged,
                            KeepsTheEndOfALongLog);

}  // namespace discovery

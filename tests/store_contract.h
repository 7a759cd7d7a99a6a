// What every Store keeps to. A test program gives its store by a factory type:
//
//   struct Factory {
//     Store& open();              // closes what was open and opens the same data again
//     void fail_next_commit();    // one apply, of the store that is open
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, Factory);
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/store.h"
#include "tests/store_rows.h"

namespace discovery {

template <class Factory>
class StoreContract : public testing::Test {
 protected:
  Factory factory_;
};
TYPED_TEST_SUITE_P(StoreContract);

TYPED_TEST_P(StoreContract, BeginsEmpty) { EXPECT_TRUE(rows_of(this->factory_.open()).empty()); }

TYPED_TEST_P(StoreContract, KeepsEveryColumnOverAReopening) {
  const auto updated = kPosted + Duration(1);
  must_apply(this->factory_.open(), {put(full_advertisement("provider123"), kPosted, updated)});
  const auto rows = rows_of(this->factory_.open());
  ASSERT_EQ(rows.size(), 1u);
  const auto& row = rows.at("provider123");
  EXPECT_EQ(row.provider_name, "Jörg's \"best\" \\ 🖥");
  EXPECT_EQ(row.ip_address, "2001:db8::1");
  EXPECT_EQ(row.country, "SE");
  EXPECT_EQ(row.platform, "x86_64");
  EXPECT_EQ(row.network, "mainnet");
  EXPECT_EQ(row.payments_network, "l2:main");
  EXPECT_EQ(row.resources, R"({"cpu":4,"memory":8,"storage":100,"gpu":1})");
  EXPECT_EQ(row.pricing, R"({"usd_per_core_month":6.0,"note":"it's"})");
  EXPECT_EQ(row.created_at, kPosted);
  EXPECT_EQ(row.updated_at, updated);
}

TYPED_TEST_P(StoreContract, ShowsWhatWasNotSaidAsEmpty) {
  must_apply(this->factory_.open(), {put(bare_advertisement("bare"))});
  const auto row = rows_of(this->factory_.open()).at("bare");
  EXPECT_EQ(row.provider_name + row.platform + row.network + row.payments_network + row.pricing,
            "");
}

TYPED_TEST_P(StoreContract, ASecondPostReplacesEverythingOfTheFirst) {
  Store& store = this->factory_.open();
  const auto later = kPosted + std::chrono::hours(1);
  must_apply(store, {put(full_advertisement("a"))});
  must_apply(store, {put(bare_advertisement("a"), later, later)});
  const auto rows = rows_of(store);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at("a").country, "DE");
  EXPECT_EQ(rows.at("a").provider_name, "");
  EXPECT_EQ(rows.at("a").pricing, "");
  EXPECT_EQ(rows.at("a").created_at, later);
}

TYPED_TEST_P(StoreContract, RemovesForGood) {
  must_apply(this->factory_.open(), {put(bare_advertisement("a")), put(bare_advertisement("b"))});
  must_apply(this->factory_.open(), {removal("a")});
  const auto rows = rows_of(this->factory_.open());
  EXPECT_EQ(rows.count("a"), 0u);
  EXPECT_EQ(rows.count("b"), 1u);
}

TYPED_TEST_P(StoreContract, RemovingWhatIsNotThereIsNoError) {
  Store& store = this->factory_.open();
  must_apply(store,
             {removal("nobody"), removal(""), put(bare_advertisement("a")), removal("nobody")});
  EXPECT_EQ(rows_of(store).size(), 1u);
}

TYPED_TEST_P(StoreContract, ChangesOfABatchHappenInTheirOrder) {
  Store& store = this->factory_.open();
  must_apply(store, {put(full_advertisement("a")), removal("a"), put(bare_advertisement("a")),
                     put(bare_advertisement("b")), removal("b")});
  const auto rows = rows_of(store);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at("a").country, "DE");
}

TYPED_TEST_P(StoreContract, IdsThatDifferInCaseAreDifferentRows) {
  Store& store = this->factory_.open();
  must_apply(store, {put(bare_advertisement("provider")), put(bare_advertisement("Provider"))});
  must_apply(store, {removal("provider")});
  EXPECT_EQ(rows_of(store).count("Provider"), 1u);
}

TYPED_TEST_P(StoreContract, AnEmptyBatchIsNoError) {
  must_apply(this->factory_.open(), {});
  EXPECT_TRUE(rows_of(this->factory_.open()).empty());
}

TYPED_TEST_P(StoreContract, AFailedCommitChangesNothingAndTheNextOneWorks) {
  Store& store = this->factory_.open();
  must_apply(store, {put(full_advertisement("a")), put(full_advertisement("b"))});
  this->factory_.fail_next_commit();
  const std::vector<Change> changes{put(bare_advertisement("a")), removal("b"),
                                    put(bare_advertisement("c"))};
  const auto status = store.apply(changes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::busy);
  const auto rows = rows_of(store);
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.at("a").country, "SE");

  must_apply(store, changes);
  const auto changed = rows_of(this->factory_.open());
  EXPECT_EQ(changed.size(), 2u);
  EXPECT_EQ(changed.at("a").country, "DE");
  EXPECT_EQ(changed.count("c"), 1u);
}

TYPED_TEST_P(StoreContract, ShowsEachOfManyRowsOnceHoweverManyThreadsAsk) {
  Store& store = this->factory_.open();
  std::vector<Change> changes;
  for (int i = 0; i < 3000; ++i) changes.push_back(put(bare_advertisement(std::to_string(i))));
  must_apply(store, changes);
  must_apply(store, {removal("0"), removal("1500"), removal("2999")});
  for (const unsigned threads : {1u, 2u, 5u}) EXPECT_EQ(rows_of(store, threads).size(), 2997u);
}

REGISTER_TYPED_TEST_SUITE_P(StoreContract, BeginsEmpty, KeepsEveryColumnOverAReopening,
                            ShowsWhatWasNotSaidAsEmpty, ASecondPostReplacesEverythingOfTheFirst,
                            RemovesForGood, RemovingWhatIsNotThereIsNoError,
                            ChangesOfABatchHappenInTheirOrder, IdsThatDifferInCaseAreDifferentRows,
                            AnEmptyBatchIsNoError, AFailedCommitChangesNothingAndTheNextOneWorks,
                            ShowsEachOfManyRowsOnceHoweverManyThreadsAsk);

}  // namespace discovery

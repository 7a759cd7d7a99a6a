// What every Store keeps to. A test program gives its store by a factory type:
//
//   struct Factory {
//     Store& open();              // closes what was open and opens the same data again
//     void fail_next_commit();    // one apply or keep, of the store that is open
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, Factory);
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "store/store.h"
#include "tests/support/store_rows.h"

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

TYPED_TEST_P(StoreContract, AnEmptyBatchFailsWhereACommitWouldAndLeavesNothing) {
  Store& store = this->factory_.open();
  must_apply(store, {put(bare_advertisement("a"))});
  this->factory_.fail_next_commit();
  const Status probed = store.apply({});
  ASSERT_FALSE(probed);
  EXPECT_NE(probed.error().code, Code::internal);
  must_apply(store, {});
  EXPECT_EQ(rows_of(this->factory_.open()).size(), 1u);
}

TYPED_TEST_P(StoreContract, AFailedCommitChangesNothingAndTheNextOneWorks) {
  Store& store = this->factory_.open();
  must_apply(store, {put(full_advertisement("a")), put(full_advertisement("b"))});
  this->factory_.fail_next_commit();
  const std::vector<Change> changes{put(bare_advertisement("a")), removal("b"),
                                    put(bare_advertisement("c"))};
  const auto status = store.apply(changes);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().code, Code::internal);
  const auto rows = rows_of(store);
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.at("a").country, "SE");

  must_apply(store, changes);
  const auto changed = rows_of(this->factory_.open());
  EXPECT_EQ(changed.size(), 2u);
  EXPECT_EQ(changed.at("a").country, "DE");
  EXPECT_EQ(changed.count("c"), 1u);
}

TYPED_TEST_P(StoreContract, ShowsEachOfManyRowsOnce) {
  Store& store = this->factory_.open();
  std::vector<Change> changes;
  for (int i = 0; i < 3000; ++i) changes.push_back(put(bare_advertisement(std::to_string(i))));
  must_apply(store, changes);
  must_apply(store, {removal("0"), removal("1500"), removal("2999")});
  EXPECT_EQ(rows_of(store).size(), 2997u);
}

TYPED_TEST_P(StoreContract, ARenewalWritesItsTimeAndItsProof) {
  Store& store = this->factory_.open();
  const auto reader = reader_of(store);
  const auto later = kPosted + std::chrono::minutes(4);
  Revision revision = 0;
  for (const auto& advertisement : {full_advertisement("a"), bare_advertisement("b")}) {
    const std::string id = advertisement.provider_id;
    must_apply(store, {logged(++revision, put(advertisement))});
    auto former = rows_of(store).at(id);
    must_apply(store, {put(advertisement, kPosted, later)});
    former.updated_at = later;
    EXPECT_EQ(rows_of(store).at(id), former);

    must_apply(store, {logged(++revision, signed_put(advertisement, 2))});
    must_apply(store, {signed_put(advertisement, 3, later)});
    former.proof_ms = 3;
    former.verified = true;
    EXPECT_EQ(rows_of(store).at(id), former);
    EXPECT_EQ(must_find(reader->proof(id))->time_ms, 3);
  }
}

TYPED_TEST_P(StoreContract, ARowIsWrittenWholeWhetherOrNotItIsLogged) {
  Store& store = this->factory_.open();
  const auto reader = reader_of(store);
  const auto later = kPosted + std::chrono::hours(1);
  for (const Revision step : {0u, 1u}) {
    must_apply(store, {logged(step, put(full_advertisement("a")))});
    must_apply(store, {logged(2 * step, signed_put(bare_advertisement("a"), 2))});
    EXPECT_TRUE(rows_of(store).at("a").verified);
    EXPECT_EQ(must_find(reader->proof("a"))->time_ms, 2);
    must_apply(store, {logged(3 * step, put(bare_advertisement("a"), later, later))});
    EXPECT_FALSE(must_find(reader->proof("a")));
    const auto rows = rows_of(store);
    ASSERT_EQ(rows.size(), 1u);
    const auto& row = rows.at("a");
    EXPECT_EQ(row.provider_name + row.platform + row.network + row.payments_network + row.pricing,
              "");
    EXPECT_EQ(row.country, "DE");
    EXPECT_EQ(row.created_at, later);
    EXPECT_EQ(row.updated_at, later);
    EXPECT_FALSE(row.proof_ms.has_value() || row.verified);
  }
}

TYPED_TEST_P(StoreContract, KeepsAProofBesideItsRowOverAReopening) {
  const auto change = signed_put(full_advertisement("a"), 1771494870123);
  must_apply(this->factory_.open(), {change, put(bare_advertisement("unsigned"))});
  Store& store = this->factory_.open();
  const auto rows = rows_of(store);
  EXPECT_EQ(rows.at("a").proof_ms, 1771494870123);
  EXPECT_TRUE(rows.at("a").verified);
  EXPECT_FALSE(rows.at("unsigned").proof_ms.has_value() || rows.at("unsigned").verified);

  const auto reader = reader_of(store);
  const auto proof = must_find(reader->proof("a"));
  ASSERT_TRUE(proof);
  EXPECT_EQ(proof->time_ms, change.proof->time_ms);
  EXPECT_EQ(proof->text, change.proof->text);
  EXPECT_EQ(proof->signature, change.proof->signature);
  EXPECT_EQ(proof->body, change.proof->body);
  EXPECT_FALSE(must_find(reader->proof("unsigned")));
  EXPECT_FALSE(must_find(reader->proof("nobody")));
}

TYPED_TEST_P(StoreContract, AProofLastsUntilTheNextPutOrRemoval) {
  Store& store = this->factory_.open();
  const auto reader = reader_of(store);
  must_apply(store, {signed_put(bare_advertisement("a"), 1), signed_put(bare_advertisement("b"), 1),
                     signed_put(bare_advertisement("c"), 1)});
  must_apply(store,
             {signed_put(full_advertisement("a"), 2), put(full_advertisement("b")), removal("c")});
  EXPECT_EQ(must_find(reader->proof("a"))->time_ms, 2);
  EXPECT_FALSE(must_find(reader->proof("b")) || must_find(reader->proof("c")));
  const auto rows = rows_of(store);
  EXPECT_TRUE(rows.at("a").verified);
  EXPECT_FALSE(rows.at("b").proof_ms.has_value() || rows.at("b").verified);
}

TYPED_TEST_P(StoreContract, KeepsPinsWhateverBecomesOfTheRow) {
  auto first = signed_put(bare_advertisement("a"), 10);
  first.pin_ms = 10;
  auto withdrawal = removal("b");
  withdrawal.pin_ms = 22;
  must_apply(this->factory_.open(), {first, signed_put(bare_advertisement("a"), 11),
                                     signed_put(bare_advertisement("b"), 21), withdrawal});
  Store& store = this->factory_.open();
  const std::map<std::string, int64_t> expected{{"a", 11}, {"b", 22}};
  EXPECT_EQ(pins_of(store), expected);
  must_apply(store, {put(bare_advertisement("a")), removal("b")});
  EXPECT_EQ(pins_of(store).at("a"), 10);
  EXPECT_EQ(pins_of(store).at("b"), 22);
}

TYPED_TEST_P(StoreContract, APinNeverGoesBack) {
  Store& store = this->factory_.open();
  for (const int64_t pin_ms : {5, 7, 6}) {
    must_apply(store, {{.provider_id = "a", .pin_ms = pin_ms}});
  }
  EXPECT_EQ(pins_of(store).at("a"), 7);
}

TYPED_TEST_P(StoreContract, RemembersADepartureOverAReopening) {
  auto departure = removal("a");
  departure.history = history_of("a", kPosted + Duration(7));
  must_apply(this->factory_.open(), {put(bare_advertisement("a")), departure});
  Store& store = this->factory_.open();
  const auto reader = reader_of(store);
  for (const auto& found : {must_find(store.history("a")), must_find(reader->history("a"))}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->provider_id, "a");
    EXPECT_EQ(found->state, History::State::withdrawn);
    EXPECT_EQ(found->first_seen, kPosted);
    EXPECT_EQ(found->last_seen, kPosted + Duration(7));
    EXPECT_EQ(found->listed, departure.history->listed);
  }
  EXPECT_FALSE(must_find(store.history("nobody")) || must_find(reader->history("nobody")));

  auto again = *departure.history;
  again.state = History::State::expired;
  again.listed = "";
  must_apply(store, {{.history = std::make_shared<const History>(again)}});
  EXPECT_EQ(must_find(reader->history("a"))->state, History::State::expired);
  EXPECT_EQ(must_find(reader->history("a"))->listed, "");
}

TYPED_TEST_P(StoreContract, NothingOfAFailedCommitIsThere) {
  Store& store = this->factory_.open();
  auto post = signed_put(bare_advertisement("a"), 1);
  post.pin_ms = 1;
  must_apply(store, {post});
  auto withdrawal = removal("a");
  withdrawal.history = history_of("a", kPosted);
  withdrawal.pin_ms = 2;
  this->factory_.fail_next_commit();
  ASSERT_FALSE(store.apply(std::vector<Change>{withdrawal}));
  const auto reader = reader_of(store);
  EXPECT_TRUE(must_find(reader->proof("a")));
  EXPECT_FALSE(must_find(store.history("a")) || must_find(reader->history("a")));
  EXPECT_EQ(pins_of(store).at("a"), 1);
}

TYPED_TEST_P(StoreContract, KeepsTheLastRefusalOfEachProvider) {
  const std::vector<RefusalNote> first{{"a", kPosted, "AUTH_001", "one"},
                                       {"b", kPosted, "AUTH_002", "two"}};
  const std::vector<RefusalNote> second{{"a", kPosted + Duration(1), "AUTH_005", ""}};
  must_keep(this->factory_.open(), {.refusals = first});
  must_keep(this->factory_.open(), {.refusals = second});
  const auto reader = reader_of(this->factory_.open());
  const auto a = must_find(reader->refusal("a"));
  ASSERT_TRUE(a);
  EXPECT_EQ(a->provider_id + a->code + a->message, "aAUTH_005");
  EXPECT_EQ(a->time, kPosted + Duration(1));
  EXPECT_EQ(must_find(reader->refusal("b"))->message, "two");
  EXPECT_FALSE(must_find(reader->refusal("nobody")));
}

TYPED_TEST_P(StoreContract, KeepsEachRunOldestFirst) {
  const auto at = [](int64_t hours) { return kPosted + std::chrono::hours(hours); };
  must_keep(this->factory_.open(), {.run = {at(3), at(4)}});
  must_keep(this->factory_.open(), {.run = {at(1), at(1)}});
  must_keep(this->factory_.open(), {.run = {at(1), at(2)}});
  const auto runs = this->factory_.open().load_runs();
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ((*runs)[0].started, at(1));
  EXPECT_EQ((*runs)[0].alive, at(2));
  EXPECT_EQ((*runs)[1].started, at(3));
}

TYPED_TEST_P(StoreContract, AFailedKeepLeavesNothing) {
  Store& store = this->factory_.open();
  const std::vector<RefusalNote> refusals{{"a", kPosted, "AUTH_001", "one"}};
  const Upkeep upkeep{.run = {kPosted, kPosted}, .refusals = refusals};
  this->factory_.fail_next_commit();
  ASSERT_FALSE(store.keep(upkeep));
  const auto reader = reader_of(store);
  EXPECT_FALSE(must_find(reader->refusal("a")));
  EXPECT_TRUE(store.load_runs()->empty());
  must_keep(store, upkeep);
  EXPECT_TRUE(must_find(reader->refusal("a")));
}

TYPED_TEST_P(StoreContract, ForgetsWhatEndedBeforeAndNothingElse) {
  Store& store = this->factory_.open();
  const auto reader = reader_of(store);
  const auto before = kPosted - Duration(1);
  must_apply(store, {{.provider_id = "old", .history = history_of("old", before), .pin_ms = 1},
                     {.history = history_of("new", kPosted)}});
  const std::vector<RefusalNote> refusals{{"old", before, "AUTH_001", ""},
                                          {"new", kPosted, "AUTH_001", ""}};
  must_keep(store, {.run = {before - Duration(9), before}, .refusals = refusals});
  EXPECT_TRUE(must_find(reader->history("old")));
  EXPECT_TRUE(must_find(reader->refusal("old")));

  must_keep(store, {.run = {before - Duration(8), kPosted}, .forget_before = kPosted});
  EXPECT_FALSE(must_find(reader->history("old")) || must_find(reader->refusal("old")));
  EXPECT_TRUE(must_find(reader->history("new")));
  EXPECT_TRUE(must_find(reader->refusal("new")));
  EXPECT_EQ(store.load_runs()->size(), 1u);
  EXPECT_EQ(pins_of(store).at("old"), 1);
}

TYPED_TEST_P(StoreContract, AReaderBesideTheWriterSeesWholeBatches) {
  expect_readers_see_whole_batches(this->factory_.open());
}

REGISTER_TYPED_TEST_SUITE_P(
    StoreContract, BeginsEmpty, KeepsEveryColumnOverAReopening, ShowsWhatWasNotSaidAsEmpty,
    ASecondPostReplacesEverythingOfTheFirst, RemovesForGood, RemovingWhatIsNotThereIsNoError,
    ChangesOfABatchHappenInTheirOrder, IdsThatDifferInCaseAreDifferentRows, AnEmptyBatchIsNoError,
    AnEmptyBatchFailsWhereACommitWouldAndLeavesNothing,
    AFailedCommitChangesNothingAndTheNextOneWorks, ShowsEachOfManyRowsOnce,
    ARenewalWritesItsTimeAndItsProof, ARowIsWrittenWholeWhetherOrNotItIsLogged,
    KeepsAProofBesideItsRowOverAReopening, AProofLastsUntilTheNextPutOrRemoval,
    KeepsPinsWhateverBecomesOfTheRow, APinNeverGoesBack, RemembersADepartureOverAReopening,
    NothingOfAFailedCommitIsThere, KeepsTheLastRefusalOfEachProvider, KeepsEachRunOldestFirst,
    AFailedKeepLeavesNothing, ForgetsWhatEndedBeforeAndNothingElse,
    AReaderBesideTheWriterSeesWholeBatches);

}  // namespace discovery

#include <gmock/gmock.h>

#include "board/board.h"
#include "tests/support/board_rig.h"

namespace discovery {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Duration kTick{1};

TEST_F(BoardTest, AFaultOfTheStoreShowsNothingAndHoldsThePost) {
  post("old");
  step();
  store_.fail_always(Code::busy);
  const CompletionPtr added = post("new");
  const CompletionPtr withdrawal = withdraw("old");
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_THAT(list(), ElementsAre("old"));
  EXPECT_TRUE(is_waiting(added));
  EXPECT_TRUE(is_waiting(withdrawal));
  EXPECT_THAT(board_.write_fault()->message, testing::HasSubstr("told to fail"));
  clock_.advance(seconds{3});
  EXPECT_EQ(step(), Board::Step::held);
  store_.heal();
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_EQ(outcome_of(added).listing->updated(), clock_.now().wall) << "stamped anew";
  EXPECT_EQ(outcome_of(withdrawal).refusal, std::nullopt);
  EXPECT_THAT(list(), ElementsAre("new"));
  EXPECT_FALSE(board_.write_fault());
}

TEST_F(BoardTest, ABatchThatRunsOutOfMemoryIsHeldAsIfTheStoreHadFailed) {
  post("old");
  step();
  store_.throw_next(2);
  const CompletionPtr added = post("new");
  const CompletionPtr withdrawal = withdraw("old");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(step(), Board::Step::held);
    EXPECT_THAT(list(), ElementsAre("old"));
    EXPECT_TRUE(is_waiting(added) && is_waiting(withdrawal));
    EXPECT_EQ(board_.write_fault()->code, Code::out_of_memory);
  }
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_NE(outcome_of(added).listing, nullptr);
  EXPECT_EQ(outcome_of(withdrawal).refusal, std::nullopt);
  EXPECT_THAT(list(), ElementsAre("new"));
  EXPECT_FALSE(board_.write_fault());
}

TEST_F(BoardTest, ACleanUpThatRunsOutOfMemoryKeepsTheRefusalsForTheNext) {
  post("a");
  step();
  board_.refusal_notes().note({"a", clock_.now().wall, "AUTH_001", "why"},
                              RefusalNotes::Standing::known);
  clock_.advance(options_.clean_up_interval);
  store_.throw_next(1);
  step();
  EXPECT_TRUE(board_.refusal_notes().has_unsaved());
  clock_.advance(options_.clean_up_interval);
  step();
  EXPECT_FALSE(board_.refusal_notes().has_unsaved());
}

TEST_F(BoardTest, WhatIsHeldTooLongIsSettledBusy) {
  store_.fail_always(Code::busy);
  const CompletionPtr first = post("a");
  clock_.advance(kTick);
  const CompletionPtr second = withdraw("a");
  clock_.advance(options_.hold - 2 * kTick);
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_TRUE(is_waiting(first));
  clock_.advance(kTick);
  step();
  EXPECT_EQ(outcome_of(first).refusal, Refusal::busy);
  EXPECT_TRUE(is_waiting(second));
  clock_.advance(kTick);
  step();
  EXPECT_EQ(outcome_of(second).refusal, Refusal::busy);
  store_.heal();
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_THAT(list(), IsEmpty());
  EXPECT_THAT(store_.rows(), IsEmpty());
}

TEST_F(BoardTest, NothingIsHeldBeyondTheEndOfHolding) {
  store_.fail_always(Code::busy);
  const CompletionPtr completion = post("a");
  board_.end_holding(clock_.boot() + seconds{2});
  clock_.advance(seconds{2} - kTick);
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_TRUE(is_waiting(completion));
  clock_.advance(kTick);
  step();
  EXPECT_EQ(outcome_of(completion).refusal, Refusal::busy);
  store_.heal();
  const CompletionPtr taken = post("a");
  step();
  EXPECT_NE(outcome_of(taken).listing, nullptr);
}

TEST_F(BoardTest, AnIdleBoardNoticesThatItsStoreIsWellAgain) {
  store_.fail_always(Code::busy);
  post("a");
  step();
  clock_.advance(options_.hold);
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_EQ(step(), Board::Step::held) << "nothing is queued, the store is still ill";
  store_.heal();
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_FALSE(board_.write_fault());
}

TEST_F(BoardTest, WhatFitsIsAnsweredThoughTheStoreIsWellOnlyOnceAnyPostWouldFit) {
  store_.fail_next(1, Code::full);
  store_.fail_next_probes(SIZE_MAX, Code::full);
  const CompletionPtr small = post("small");
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_TRUE(is_waiting(small));
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_NE(outcome_of(small).listing, nullptr);
  EXPECT_THAT(list(), ElementsAre("small"));
  EXPECT_EQ(step(), Board::Step::held) << "nothing is queued, and there is no room";
  EXPECT_EQ(board_.write_fault()->code, Code::full);
  store_.heal();
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_FALSE(board_.write_fault());
  EXPECT_THAT(list(), ElementsAre("small"));
}

TEST_F(BoardTest, ACleanUpThatFailsAloneIsNotTriedAgainAtOnce) {
  step();
  store_.fail_next_keeps(1, Code::internal);
  clock_.advance(options_.clean_up_interval);
  EXPECT_EQ(step(), Board::Step::idle);
  const size_t applies = store_.batches().size();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_EQ(store_.batches().size(), applies + 1) << "one probe";
  EXPECT_FALSE(board_.write_fault());
}

TEST_F(BoardTest, WhatWasHeldComesBeforeWhatArrivesLater) {
  store_.fail_always(Code::busy);
  post(offer("a", "SE", {1, 1, 1}));
  step();
  post(offer("a", "SE", {2, 2, 2}));
  step();
  store_.heal();
  step();
  EXPECT_EQ(find("a")->sizes().cpu, 2);
}

TEST_F(BoardTest, AnExpiredListingStaysHiddenWhileTheStoreCannotRemoveIt) {
  post("a");
  step();
  clock_.advance(options_.lease);
  store_.fail_always(Code::busy);
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_THAT(list(), IsEmpty());
  EXPECT_EQ(held(), 1U);
  store_.heal();
  step();
  EXPECT_EQ(held(), 0U);
  EXPECT_THAT(store_.rows(), IsEmpty());
}

TEST_F(BoardTest, AbandonSettlesEverythingAsBusyAndTakesNoMore) {
  store_.fail_always(Code::busy);
  const CompletionPtr held = post("a");
  step();
  const CompletionPtr queued = withdraw("b");
  board_.abandon();
  EXPECT_EQ(outcome_of(held).refusal, Refusal::busy);
  EXPECT_EQ(outcome_of(queued).refusal, Refusal::busy);
  const auto late = std::make_shared<RecordingCompletion>();
  const Status refused = board_.withdraw({"b"}, {&executor_, late}, clock_.boot());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::busy);
  board_.abandon();
  EXPECT_TRUE(is_waiting(late));
  outcome_of(held);
}

}  // namespace
}  // namespace discovery

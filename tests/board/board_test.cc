#include "board/board.h"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <thread>

#include "board/writer_thread.h"
#include "tests/support/board_rig.h"

namespace discovery {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Duration kTick{1};

TEST_F(BoardTest, APostIsListedFromItsStepOn) {
  const CompletionPtr completion = post("a");
  EXPECT_THAT(list(), IsEmpty());
  EXPECT_TRUE(is_waiting(completion));
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_THAT(list(), ElementsAre("a"));
  const Outcome outcome = outcome_of(completion);
  EXPECT_EQ(outcome.refusal, std::nullopt);
  EXPECT_EQ(outcome.listing, find("a"));
  EXPECT_EQ(outcome.listing->created(), clock_.now().wall);
  EXPECT_EQ(outcome.listing->updated(), clock_.now().wall);
  EXPECT_EQ(outcome.listing->expires(), clock_.boot() + options_.lease);
}

TEST_F(BoardTest, TheLastBatchChangesWithWhatReadersSeeAndWithNothingElse) {
  const auto last_batch = [&] {
    return board_.read([](const Index& index) { return index.batch(); });
  };
  const uint64_t empty = last_batch();
  post("a");
  EXPECT_EQ(last_batch(), empty);
  step();
  const uint64_t one = last_batch();
  EXPECT_NE(one, empty);
  step();
  EXPECT_EQ(last_batch(), one);
  clock_.advance(options_.lease);
  step();
  EXPECT_NE(last_batch(), one);
}

TEST_F(BoardTest, ARefreshKeepsTheCreationAndRenewsTheLease) {
  post("a");
  step();
  const WallTime created = clock_.now().wall;
  clock_.advance(options_.lease - kTick);
  const CompletionPtr refresh = post(offer("a", "SE", {64, 1, 1}));
  step();
  const Outcome outcome = outcome_of(refresh);
  EXPECT_EQ(outcome.listing->created(), created);
  EXPECT_EQ(outcome.listing->updated(), clock_.now().wall);
  EXPECT_EQ(outcome.listing->expires(), clock_.boot() + options_.lease);
  EXPECT_EQ(find("a")->sizes().cpu, 64);
  EXPECT_EQ(held(), 1U);
}

TEST_F(BoardTest, APostAtTheInstantOfExpiryStartsAnew) {
  post("a");
  step();
  clock_.advance(options_.lease);
  EXPECT_THAT(list(), IsEmpty()) << "hidden before any sweep";
  const CompletionPtr again = post("a");
  step();
  EXPECT_EQ(outcome_of(again).listing->created(), clock_.now().wall);
  EXPECT_THAT(list(), ElementsAre("a"));
}

// The sweep runs once a second; what it has not reached yet is expired all the same.
TEST_F(BoardTest, APostOverAnExpiredListingNotYetSweptStartsAnew) {
  post("a");
  step();
  clock_.advance(options_.lease - kTick);
  step();
  clock_.advance(kTick);
  EXPECT_EQ(step(), Board::Step::idle);
  ASSERT_EQ(held(), 1U);
  const CompletionPtr withdrawal = withdraw("a");
  const CompletionPtr again = post("a");
  step();
  EXPECT_EQ(outcome_of(withdrawal).refusal, Refusal::not_found);
  EXPECT_GT(outcome_of(again).listing->created(), clock_.now().wall);
  EXPECT_EQ(held(), 1U);
}

TEST_F(BoardTest, AStepOfTheWallClockExpiresNobody) {
  post("a");
  step();
  clock_.step_wall(hours{24});
  step();
  EXPECT_THAT(list(), ElementsAre("a"));
  clock_.step_wall(-hours{48});
  post("b");
  step();
  EXPECT_THAT(list(), ElementsAre("b", "a"));
  clock_.advance(options_.lease);
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(BoardTest, AWithdrawalEndsTheListing) {
  post("a");
  step();
  const CompletionPtr completion = withdraw("a");
  EXPECT_THAT(list(), ElementsAre("a"));
  step();
  EXPECT_EQ(outcome_of(completion).refusal, std::nullopt);
  EXPECT_EQ(outcome_of(completion).listing, nullptr);
  EXPECT_THAT(list(), IsEmpty());
  EXPECT_EQ(held(), 0U);
}

TEST_F(BoardTest, OnlyWhatIsLiveCanBeWithdrawn) {
  const CompletionPtr unknown = withdraw("a");
  step();
  EXPECT_EQ(outcome_of(unknown).refusal, Refusal::not_found);
  post("a");
  step();
  clock_.advance(options_.lease);
  const CompletionPtr expired = withdraw("a");
  step();
  EXPECT_EQ(outcome_of(expired).refusal, Refusal::not_found);
}

TEST_F(BoardTest, OneIdTwiceInABatchIsAPostAndItsRefresh) {
  const CompletionPtr first = post(offer("a", "SE", {1, 1, 1}));
  const CompletionPtr second = post(offer("a", "SE", {2, 2, 2}));
  step();
  EXPECT_EQ(outcome_of(first).listing->sizes().cpu, 1);
  EXPECT_EQ(outcome_of(second).listing->sizes().cpu, 2);
  EXPECT_EQ(outcome_of(second).listing->created(), outcome_of(first).listing->created());
  EXPECT_LT(outcome_of(first).listing->updated(), outcome_of(second).listing->updated());
  EXPECT_EQ(find("a"), outcome_of(second).listing);
  EXPECT_EQ(held(), 1U);
}

TEST_F(BoardTest, EachItemOfABatchGetsItsOwnAnswer) {
  const CompletionPtr post_1 = post("a");
  const CompletionPtr withdrawal_1 = withdraw("a");
  const CompletionPtr withdrawal_2 = withdraw("a");
  const CompletionPtr post_2 = post("a");
  const CompletionPtr post_3 = post("b");
  const CompletionPtr withdrawal_3 = withdraw("b");
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_NE(outcome_of(post_1).listing, nullptr);
  EXPECT_EQ(outcome_of(withdrawal_1).refusal, std::nullopt);
  EXPECT_EQ(outcome_of(withdrawal_2).refusal, Refusal::not_found);
  EXPECT_GT(outcome_of(post_2).listing->created(), outcome_of(post_1).listing->created());
  EXPECT_NE(outcome_of(post_3).listing, nullptr);
  EXPECT_EQ(outcome_of(withdrawal_3).refusal, std::nullopt);
  EXPECT_THAT(list(), ElementsAre("a"));
  EXPECT_EQ(held(), 1U);
}

TEST_F(BoardTest, PostsOfABatchAreListedInTheOrderOfTheirArrival) {
  for (const char* id : {"c", "a", "b"}) post(id);
  step();
  EXPECT_THAT(list(), ElementsAre("c", "a", "b"));
}

// Both copies of the index must have taken every change.
TEST_F(BoardTest, EveryStateHasTheChangesOfAllStepsBeforeIt) {
  std::vector<std::string> expected;
  for (int i = 0; i < 5; ++i) {
    expected.push_back("p" + std::to_string(i));
    clock_.advance(kTick);
    post(expected.back());
    step();
    EXPECT_EQ(list(), expected);
  }
}

TEST_F(BoardTest, APostIsDurableAndVisibleBeforeItsWaiterIsSettled) {
  class Looking final : public Completion {
   public:
    explicit Looking(std::function<void()> look) : look_(std::move(look)) {}
    void complete(const Outcome&) override { look_(); }

   private:
    std::function<void()> look_;
  };
  int looks = 0;
  const auto completion = std::make_shared<Looking>([&] {
    ++looks;
    EXPECT_THAT(list(), ElementsAre("a"));
    EXPECT_EQ(store_.rows().count("a"), 1U);
  });
  ASSERT_TRUE(
      board_.publish({Listing::draft(offer("a"))}, {&executor_, completion}, clock_.boot()));
  step();
  EXPECT_EQ(looks, 1);
}

TEST_F(BoardTest, EachExecutorIsHandedItsOwnWaitersInOneParcel) {
  RecordingExecutor other;
  const auto completion = std::make_shared<RecordingCompletion>();
  post("a");
  ASSERT_TRUE(board_.publish({Listing::draft(offer("b"))}, {&other, completion}, clock_.boot()));
  post("c");
  executor_.deliveries = other.deliveries = 0;
  step();
  EXPECT_EQ(executor_.deliveries, 1U);
  EXPECT_EQ(other.deliveries, 1U);
  EXPECT_EQ(outcome_of(completion).listing->provider_id(), "b");
}

class SmallBoardTest : public BoardTest {
 protected:
  SmallBoardTest() : BoardTest({.providers_max = 2, .queue_max = 4, .batch_max = 3}) {}
};

TEST_F(SmallBoardTest, AFullBoardRefusesNewIdsAndKeepsKnownOnes) {
  post("a");
  post("b");
  step();
  const CompletionPtr fresh = post("c");
  const CompletionPtr known = post("a");
  step();
  EXPECT_EQ(outcome_of(fresh).refusal, Refusal::full);
  EXPECT_NE(outcome_of(known).listing, nullptr);
  const CompletionPtr withdrawal = withdraw("a");
  const CompletionPtr in_its_place = post("c");
  const CompletionPtr too_late = post("a");
  step();
  EXPECT_EQ(outcome_of(withdrawal).refusal, std::nullopt);
  EXPECT_NE(outcome_of(in_its_place).listing, nullptr);
  EXPECT_EQ(outcome_of(too_late).refusal, Refusal::full);
  EXPECT_THAT(list(), ElementsAre("b", "c"));
}

TEST_F(SmallBoardTest, AFullBoardHasRoomOnceSomethingExpired) {
  post("a");
  post("b");
  step();
  clock_.advance(options_.lease);
  const CompletionPtr fresh = post("c");
  step();
  EXPECT_NE(outcome_of(fresh).listing, nullptr);
}

TEST_F(SmallBoardTest, AFullQueueIsBusyAndUsesNoWaiter) {
  for (int i = 0; i < 4; ++i) post("a");
  const auto completion = std::make_shared<RecordingCompletion>();
  const Status refused =
      board_.publish({Listing::draft(offer("a"))}, {&executor_, completion}, clock_.boot());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::busy);
  while (step() == Board::Step::more) {
  }
  EXPECT_TRUE(is_waiting(completion));
  EXPECT_EQ(completion.use_count(), 1);
  post("a");
}

TEST_F(SmallBoardTest, AQueueLongerThanABatchTakesSeveralSteps) {
  std::vector<CompletionPtr> completions;
  for (int i = 0; i < 4; ++i) completions.push_back(post(offer("a", "SE", {i + 1, 1, 1})));
  EXPECT_EQ(step(), Board::Step::more);
  EXPECT_EQ(find("a")->sizes().cpu, 3);
  EXPECT_TRUE(is_waiting(completions[3]));
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_EQ(find("a")->sizes().cpu, 4);
}

TEST_F(SmallBoardTest, DueItemsOfTheQueueAreSettledDuringAFault) {
  store_.fail_always(Code::busy);
  std::vector<CompletionPtr> completions;
  for (int i = 0; i < 4; ++i) completions.push_back(post("a"));
  step();
  clock_.advance(options_.hold);
  step();
  for (const CompletionPtr& completion : completions)
    EXPECT_EQ(outcome_of(completion).refusal, Refusal::busy);
}

TEST_F(BoardTest, WaitReturnsAtOnceForAnItemOrAWake) {
  post("a");
  board_.wait(hours{1});
  step();
  board_.interrupt();
  board_.wait(hours{1});
  board_.interrupt();
  board_.pause(hours{1});
}

// Where it waits for what does not come, this test hangs.
TEST_F(BoardTest, PostsGatherOnlyInCompany) {
  const auto far_off = std::chrono::steady_clock::now() + hours{1};
  const auto post_some = [&](int count) {
    for (int i = 0; i < count; ++i) post("p" + std::to_string(i));
  };
  board_.coalesce(far_off);  // no post has come yet
  post_some(1);
  step();
  board_.coalesce(far_off);
  post_some(4);
  step();
  board_.coalesce(std::chrono::steady_clock::now());
  std::thread others([&] { post_some(32); });
  board_.coalesce(far_off);
  others.join();
  step();
  board_.interrupt();
  board_.coalesce(far_off);
  EXPECT_EQ(held(), 32U);
}

TEST_F(BoardTest, TheWriterSettlesConcurrentPostsAndStopsInOrder) {
  constexpr int kThreads = 3, kPosts = 200;
  class Counting final : public Completion {
   public:
    explicit Counting(std::atomic<int>& count) : count_(count) {}
    void complete(const Outcome& outcome) override { count_ += outcome.listing != nullptr; }

   private:
    std::atomic<int>& count_;
  };
  std::atomic<int> accepted{0};
  {
    const auto writer = WriterThread::start(board_, clock_);
    ASSERT_TRUE(writer);
    std::vector<std::thread> posters;
    for (int t = 0; t < kThreads; ++t) {
      posters.emplace_back([&, t] {
        for (int i = 0; i < kPosts; ++i) {
          const std::string id = "p" + std::to_string(t) + "-" + std::to_string(i % 50);
          const auto completion = std::make_shared<Counting>(accepted);
          EXPECT_TRUE(
              board_.publish({Listing::draft(offer(id))}, {&executor_, completion}, clock_.boot()));
          list();
        }
      });
    }
    for (std::thread& poster : posters) poster.join();
  }
  EXPECT_EQ(accepted, kThreads * kPosts);
  EXPECT_EQ(list().size(), 150U);
  EXPECT_EQ(store_.rows().size(), 150U);
}

}  // namespace
}  // namespace discovery

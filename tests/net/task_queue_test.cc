#include "net/task_queue.h"

#include <gtest/gtest.h>

#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace discovery::test {
namespace {

using namespace std::chrono_literals;

class AgendaTest : public testing::Test {
 protected:
  Agenda::Task note(char letter) {
    return [this, letter] { done_ += letter; };
  }

  static constexpr Agenda::Time kStart{1h};
  std::string done_;
  Agenda agenda_;
};

TEST_F(AgendaTest, RunsWhatIsPostedInItsOrder) {
  for (const char letter : {'a', 'b', 'c'}) EXPECT_FALSE(agenda_.post(note(letter)));
  agenda_.run(kStart);
  EXPECT_EQ(done_, "abc");
  agenda_.run(kStart);
  EXPECT_EQ(done_, "abc");
}

TEST_F(AgendaTest, RunsWhatIsDueInTheOrderOfItsTimes) {
  agenda_.post_at(kStart + 2ms, note('c'));
  agenda_.post_at(kStart + 1ms, note('a'));
  agenda_.post_at(kStart + 1ms, note('b'));
  agenda_.run(kStart + 1ms - 1ns);
  EXPECT_EQ(done_, "");
  agenda_.run(kStart + 1ms);
  EXPECT_EQ(done_, "ab");
  agenda_.run(kStart + 1h);
  EXPECT_EQ(done_, "abc");
}

TEST_F(AgendaTest, SleepsUntilTheFirstThingIsDue) {
  EXPECT_EQ(agenda_.sleep(kStart), -1ms) << "for ever";
  agenda_.post_at(kStart + 5ms, note('b'));
  agenda_.post_at(kStart + 3ms, note('a'));
  EXPECT_EQ(agenda_.sleep(kStart), 3ms);
  EXPECT_EQ(agenda_.sleep(kStart + 1ns), 3ms) << "rounded up: not to be woken for nothing";
  EXPECT_EQ(agenda_.sleep(kStart + 3ms), 0ms);
  EXPECT_EQ(agenda_.sleep(kStart + 1h), 0ms);
}

TEST_F(AgendaTest, DoesNotSleepOnWhatIsPosted) {
  ASSERT_FALSE(agenda_.post(note('a')));
  EXPECT_EQ(agenda_.sleep(kStart), 0ms);
  agenda_.run(kStart);
  EXPECT_EQ(agenda_.sleep(kStart), -1ms);
}

TEST_F(AgendaTest, IsWokenOnceForEachSleep) {
  for (const bool again : {false, true}) {
    agenda_.sleep(kStart);
    EXPECT_TRUE(agenda_.post(note('a'))) << again;
    EXPECT_FALSE(agenda_.post(note('b'))) << again;
    agenda_.run(kStart);
  }
  agenda_.sleep(kStart);
  agenda_.awake();
  EXPECT_FALSE(agenda_.post(note('c'))) << "awake for another reason";
}

TEST_F(AgendaTest, WhatTasksAddWaitsForTheNextCall) {
  ASSERT_FALSE(agenda_.post([this] {
    EXPECT_FALSE(agenda_.post(note('b')));
    agenda_.post_at(kStart, note('c'));
    done_ += 'a';
  }));
  agenda_.run(kStart);
  EXPECT_EQ(done_, "a");
  EXPECT_EQ(agenda_.sleep(kStart), 0ms);
  agenda_.run(kStart);
  EXPECT_EQ(done_, "abc");
}

TEST_F(AgendaTest, AFaultIsThatOfOneTask) {
  ASSERT_FALSE(agenda_.post(note('a')));
  ASSERT_FALSE(agenda_.post([] { throw std::runtime_error("as asked"); }));
  ASSERT_FALSE(agenda_.post(note('b')));
  EXPECT_THROW(agenda_.run(kStart), std::runtime_error);
  EXPECT_EQ(done_, "a");
  EXPECT_EQ(agenda_.sleep(kStart), 0ms);
  agenda_.run(kStart);
  EXPECT_EQ(done_, "ab");
}

TEST_F(AgendaTest, NothingPostedByOtherThreadsIsSleptOver) {
  constexpr int kThreads = 3, kPosts = 20'000;
  std::counting_semaphore<> bell(0);
  int done = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int post = 0; post < kPosts; ++post) {
        if (agenda_.post([&] { ++done; })) bell.release();
      }
    });
  }
  while (done < kThreads * kPosts) {
    if (agenda_.sleep(kStart) != 0ms) bell.acquire();
    agenda_.awake();
    agenda_.run(kStart);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, kThreads * kPosts);
}

}  // namespace
}  // namespace discovery::test

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

class TaskQueueTest : public testing::Test {
 protected:
  TaskQueue::Task note(char letter) {
    return [this, letter] { done_ += letter; };
  }

  static constexpr TaskQueue::Time kStart{1h};
  std::string done_;
  TaskQueue tasks_;
};

TEST_F(TaskQueueTest, RunsWhatIsPostedInItsOrder) {
  for (const char letter : {'a', 'b', 'c'}) EXPECT_FALSE(tasks_.post(note(letter)));
  tasks_.run(kStart);
  EXPECT_EQ(done_, "abc");
  tasks_.run(kStart);
  EXPECT_EQ(done_, "abc");
}

TEST_F(TaskQueueTest, RunsWhatIsDueInTheOrderOfItsTimes) {
  tasks_.post_at(kStart + 2ms, note('c'));
  tasks_.post_at(kStart + 1ms, note('a'));
  tasks_.post_at(kStart + 1ms, note('b'));
  tasks_.run(kStart + 1ms - 1ns);
  EXPECT_EQ(done_, "");
  tasks_.run(kStart + 1ms);
  EXPECT_EQ(done_, "ab");
  tasks_.run(kStart + 1h);
  EXPECT_EQ(done_, "abc");
}

TEST_F(TaskQueueTest, SleepsUntilTheFirstThingIsDue) {
  EXPECT_EQ(tasks_.sleep(kStart), -1ms) << "for ever";
  tasks_.post_at(kStart + 5ms, note('b'));
  tasks_.post_at(kStart + 3ms, note('a'));
  EXPECT_EQ(tasks_.sleep(kStart), 3ms);
  EXPECT_EQ(tasks_.sleep(kStart + 1ns), 3ms) << "rounded up: not to be woken for nothing";
  EXPECT_EQ(tasks_.sleep(kStart + 3ms), 0ms);
  EXPECT_EQ(tasks_.sleep(kStart + 1h), 0ms);
}

TEST_F(TaskQueueTest, DoesNotSleepOnWhatIsPosted) {
  ASSERT_FALSE(tasks_.post(note('a')));
  EXPECT_EQ(tasks_.sleep(kStart), 0ms);
  tasks_.run(kStart);
  EXPECT_EQ(tasks_.sleep(kStart), -1ms);
}

TEST_F(TaskQueueTest, IsWokenOnceForEachSleep) {
  for (const bool again : {false, true}) {
    tasks_.sleep(kStart);
    EXPECT_TRUE(tasks_.post(note('a'))) << again;
    EXPECT_FALSE(tasks_.post(note('b'))) << again;
    tasks_.run(kStart);
  }
  tasks_.sleep(kStart);
  tasks_.awake();
  EXPECT_FALSE(tasks_.post(note('c'))) << "awake for another reason";
}

TEST_F(TaskQueueTest, WhatTasksAddWaitsForTheNextCall) {
  ASSERT_FALSE(tasks_.post([this] {
    EXPECT_FALSE(tasks_.post(note('b')));
    tasks_.post_at(kStart, note('c'));
    done_ += 'a';
  }));
  tasks_.run(kStart);
  EXPECT_EQ(done_, "a");
  EXPECT_EQ(tasks_.sleep(kStart), 0ms);
  tasks_.run(kStart);
  EXPECT_EQ(done_, "abc");
}

TEST_F(TaskQueueTest, AFaultIsThatOfOneTask) {
  ASSERT_FALSE(tasks_.post(note('a')));
  ASSERT_FALSE(tasks_.post([] { throw std::runtime_error("as asked"); }));
  ASSERT_FALSE(tasks_.post(note('b')));
  EXPECT_THROW(tasks_.run(kStart), std::runtime_error);
  EXPECT_EQ(done_, "a");
  EXPECT_EQ(tasks_.sleep(kStart), 0ms);
  tasks_.run(kStart);
  EXPECT_EQ(done_, "ab");
}

TEST_F(TaskQueueTest, NothingPostedByOtherThreadsIsSleptOver) {
  constexpr int kThreads = 3, kPosts = 20'000;
  std::counting_semaphore<> bell(0);
  int done = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int post = 0; post < kPosts; ++post) {
        if (tasks_.post([&] { ++done; })) bell.release();
      }
    });
  }
  while (done < kThreads * kPosts) {
    if (tasks_.sleep(kStart) != 0ms) bell.acquire();
    tasks_.awake();
    tasks_.run(kStart);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, kThreads * kPosts);
}

}  // namespace
}  // namespace discovery::test

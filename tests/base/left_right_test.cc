#include "base/left_right.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace discovery {
namespace {

/// A state that is whole when both numbers are the same.
struct Pair {
  uint64_t first = 0, second = 0;

  /// Slow, so that a reader that should not be there is likely to see half of it.
  void change(uint64_t to) {
    first = to;
    for (int i = 0; i < 1'000; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
    second = to;
  }
};

struct Number {
  int value = 0;
};

void yield_often() {
  for (int i = 0; i < 20; ++i) std::this_thread::yield();
}

TEST(LeftRight, ReadersSeeAChangeOnceItIsFlipped) {
  LeftRight<Number> both;
  const auto read = [&] { return both.read([](const Number& number) { return number.value; }); };
  both.idle().value = 1;
  EXPECT_EQ(read(), 0);
  both.flip();
  EXPECT_EQ(read(), 1);
  EXPECT_EQ(both.in_use().value, 1);
  EXPECT_EQ(both.idle().value, 0);
}

TEST(LeftRight, CopiesAreMadeFromTheSameArguments) {
  struct Sum {
    Sum(int a, int b) : value(a + b) {}
    Sum(const Sum&) = delete;
    int value;
  };
  LeftRight<Sum> both(3, 4);
  EXPECT_EQ(both.in_use().value, 7);
  EXPECT_EQ(both.idle().value, 7);
}

TEST(LeftRight, ReadersSeeOnlyWholeStatesAndNeverAnOlderOne) {
  constexpr uint64_t kFlips = 3'000;
  LeftRight<Pair> both;
  std::atomic<bool> done{false};
  std::atomic<int> torn{0}, older{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      for (uint64_t last = 0; !done;) {
        both.read([&](const Pair& pair) {
          torn += pair.first != pair.second;
          older += pair.first < last;
          last = pair.first;
        });
      }
    });
  }
  for (uint64_t i = 1; i <= kFlips; ++i) {
    both.idle().change(i);
    both.flip();
    both.wait_for_readers();
    both.idle().change(i);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(older, 0);
}

TEST(LeftRight, TheWriterWaitsForVisitsOfTheFormerCopy) {
  LeftRight<Number> both;
  for (int round = 0; round < 20; ++round) {
    std::latch inside{1}, flipped{1};
    std::atomic<bool> left{false};
    std::thread reader([&] {
      both.read([&](const Number&) {
        inside.count_down();
        flipped.wait();
        yield_often();
        left = true;
      });
    });
    inside.wait();
    both.flip();
    flipped.count_down();
    both.wait_for_readers();
    EXPECT_TRUE(left) << "round " << round;
    reader.join();
  }
}

TEST(LeftRight, TheWriterDoesNotWaitForVisitsOfTheCopyInUse) {
  LeftRight<Number> both;
  both.flip();
  std::latch inside{1}, finish{1};
  std::thread reader([&] {
    both.read([&](const Number&) {
      inside.count_down();
      finish.wait();
    });
  });
  inside.wait();
  both.wait_for_readers();
  finish.count_down();
  reader.join();
}

// Threads beyond the number of slots share them.
TEST(LeftRight, TheWriterWaitsForEachOfManyThreads) {
  constexpr int kThreads = 150;
  LeftRight<Number> both;
  std::latch inside{kThreads}, flipped{1};
  std::atomic<int> left{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < kThreads; ++i) {
    readers.emplace_back([&] {
      both.read([&](const Number&) {
        inside.count_down();
        flipped.wait();
        yield_often();
        ++left;
      });
    });
  }
  inside.wait();
  both.flip();
  flipped.count_down();
  both.wait_for_readers();
  EXPECT_EQ(left, kThreads);
  for (std::thread& reader : readers) reader.join();
}

TEST(LeftRight, AVisitThatThrowsIsOver) {
  LeftRight<Number> both;
  EXPECT_THROW(both.read([](const Number&) { throw std::runtime_error("no"); }),
               std::runtime_error);
  both.flip();
  both.wait_for_readers();
}

}  // namespace
}  // namespace discovery

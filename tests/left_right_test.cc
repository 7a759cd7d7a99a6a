#include "board/left_right.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace discovery {
namespace {

/// A state that is whole when all its numbers are the same; wide, so that a torn one shows.
struct Wide {
  std::array<uint64_t, 64> numbers{};
  bool is_whole() const {
    return std::ranges::all_of(numbers, [&](uint64_t n) { return n == numbers.front(); });
  }
};

struct Number {
  int value = 0;
};

void yield_often() {
  for (int i = 0; i < 200; ++i) std::this_thread::yield();
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
  constexpr uint64_t kFlips = 5'000;
  LeftRight<Wide> both;
  std::atomic<bool> done{false};
  std::atomic<int> torn{0}, older{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      for (uint64_t last = 0; !done;) {
        both.read([&](const Wide& wide) {
          torn += !wide.is_whole();
          older += wide.numbers.front() < last;
          last = wide.numbers.front();
        });
      }
    });
  }
  for (uint64_t i = 1; i <= kFlips; ++i) {
    both.idle().numbers.fill(i);
    both.flip();
    both.wait_for_readers();
    both.idle().numbers.fill(i);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(older, 0);
}

TEST(LeftRight, TheWriterWaitsForVisitsOfTheFormerCopy) {
  LeftRight<Number> both;
  for (int round = 0; round < 50; ++round) {
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

#include "board/least_first.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "board/candidates.h"

namespace discovery::test {
namespace {

using Numbers = std::vector<uint64_t>;

void expect_least_first(const Numbers& numbers, size_t count) {
  Numbers sorted = numbers;
  std::ranges::sort(sorted);
  Numbers arranged = numbers;
  put_least_first(std::span(arranged), count);
  const auto rest = arranged.begin() + static_cast<ptrdiff_t>(std::min(count, arranged.size()));
  Numbers first(arranged.begin(), rest);
  std::ranges::sort(first);
  ASSERT_TRUE(std::ranges::equal(first, std::span(sorted).first(first.size())))
      << count << " of " << numbers.size();
  std::ranges::sort(arranged);
  ASSERT_EQ(arranged, sorted) << "none is lost";
}

TEST(LeastFirst, TakesAnyCountOfAnyOrder) {
  constexpr unsigned kSeed = 20261128;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    Numbers numbers(random() % (i % 100 == 0 ? 3'000 : 200));
    const uint64_t bound = i % 3 == 0 ? 5 : i % 3 == 1 ? 500 : UINT64_MAX;
    for (uint64_t& number : numbers) number = random() % bound;
    expect_least_first(numbers, random() % (numbers.size() + 3));
  }
}

TEST(LeastFirst, TakesThemOfWhatIsInOrder) {
  for (const size_t size : {17U, 100U, 1'000U, 100'000U}) {
    Numbers rising(size);
    std::iota(rising.begin(), rising.end(), 7U);
    const Numbers falling(rising.rbegin(), rising.rend());
    Numbers organ = rising;  // up and down again
    std::copy(falling.begin(), falling.begin() + static_cast<ptrdiff_t>(size / 2),
              organ.begin() + static_cast<ptrdiff_t>(size - size / 2));
    for (const size_t count : {size_t{0}, size_t{1}, size / 2, size - 1, size, size + 1}) {
      expect_least_first(rising, count);
      expect_least_first(falling, count);
      expect_least_first(organ, count);
      expect_least_first(Numbers(size, 3), count);
    }
  }
}

TEST(EachSpread, VisitsEachOnceAndFarOnesFirst) {
  for (size_t size = 0; size < 70; ++size) {
    Numbers numbers(size);
    std::iota(numbers.begin(), numbers.end(), uint64_t{0});
    Numbers visited;
    each_spread(numbers, [&](uint64_t number) { visited.push_back(number); });
    if (size > 2) {
      EXPECT_GE(visited[1], size / 4);
    }
    std::ranges::sort(visited);
    EXPECT_EQ(visited, numbers);
  }
}

}  // namespace
}  // namespace discovery::test

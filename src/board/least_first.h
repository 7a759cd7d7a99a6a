// Which numbers are the least, where there are hundreds and nothing is known of their order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace discovery {

/// Puts the `count` least in front, in no order; all where there are fewer. As std::nth_element
/// would, but without a branch for each number: half of these the processor foresees wrongly, and
/// each such miss costs as much as several numbers do here.
inline void put_least_first(std::span<uint64_t> numbers, size_t count) {
  constexpr size_t kFew = 16;
  constexpr int kRounds = 32;  // more than hundreds take, unless the middles are badly chosen
  if (count >= numbers.size()) return;
  for (int round = 0; round < kRounds && numbers.size() > kFew; ++round) {
    uint64_t low = numbers.front();
    uint64_t middle = numbers[numbers.size() / 2];
    if (middle < low) std::swap(low, middle);
    middle = std::max(low, std::min(middle, numbers.back()));
    size_t less = 0;
    for (uint64_t& number : numbers) {
      const uint64_t mine = number;
      number = numbers[less];
      numbers[less] = mine;
      less += size_t{mine < middle};
    }
    if (less == 0) break;  // many are alike
    if (less > count) {
      numbers = numbers.first(less);
    } else {
      numbers = numbers.subspan(less);
      count -= less;
    }
  }
  std::ranges::nth_element(numbers, numbers.begin() + static_cast<ptrdiff_t>(count));
}

}  // namespace discovery

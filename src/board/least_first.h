// Which are the least, where there are hundreds and nothing is known of their order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace discovery {

/// Puts the `count` least in front, in no order; all where there are fewer. As std::nth_element
/// would, but without a branch for each: half of these the processor foresees wrongly, and each
/// such miss costs as much as several numbers do here. What is compared need have but a `<`, which
/// should have no branch either.
template <class Number>
void put_least_first(std::span<Number> numbers, size_t count) {
  constexpr size_t kFew = 16;
  constexpr int kRounds = 32;  // more than hundreds take, unless the middles are badly chosen
  if (count >= numbers.size()) return;
  for (int round = 0; round < kRounds && numbers.size() > kFew; ++round) {
    Number low = numbers.front();
    Number middle = numbers[numbers.size() / 2];
    if (middle < low) std::swap(low, middle);
    middle = std::max(low, std::min(middle, numbers.back()));
    size_t less = 0;
    for (Number& number : numbers) {
      const Number mine = number;
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
  std::nth_element(numbers.begin(), numbers.begin() + static_cast<ptrdiff_t>(count), numbers.end());
}

}  // namespace discovery

// Where a provider id stands among all, in 12 bits: enough to pass by most of those that tie.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace discovery {

/// Monotone: of two ids the lesser one never has the greater code. A fresh scale knows nothing and
/// gives everybody 0.
class IdScale {
 public:
  static constexpr size_t kSteps = 4'095;

  IdScale() = default;
  /// Divides `sample` into equal parts; it is sorted and at least kSteps long.
  explicit IdScale(const std::vector<std::string>& sample) {
    steps_.reserve(kSteps);
    for (size_t i = 1; i <= kSteps; ++i) {
      steps_.push_back(sample[i * sample.size() / (kSteps + 1)]);
    }
    const std::string& last = steps_.back();
    const auto end = std::ranges::mismatch(steps_.front(), last).in2;
    prefix_.assign(last.begin(), end);
    for (const std::string& step : steps_) words_.push_back(word_behind_prefix(step));
  }

  /// How many steps are not greater than the id.
  uint16_t code(std::string_view provider_id) const {
    if (steps_.empty()) return 0;
    const int side = provider_id.substr(0, prefix_.size()).compare(prefix_);
    if (side != 0) return side < 0 ? 0 : kSteps;
    const auto [first, last] =
        std::equal_range(words_.begin(), words_.end(), word_behind_prefix(provider_id));
    const auto above = std::upper_bound(steps_.begin() + (first - words_.begin()),
                                        steps_.begin() + (last - words_.begin()), provider_id);
    return static_cast<uint16_t>(above - steps_.begin());
  }

 private:
  // Ordered as the texts are, but for those that it does not tell apart.
  uint64_t word_behind_prefix(std::string_view id) const {
    const std::string_view rest = id.substr(prefix_.size(), sizeof(uint64_t));
    uint64_t word = 0;
    std::memcpy(&word, rest.data(), rest.size());
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    return word;
  }

  std::vector<std::string> steps_;
  std::string prefix_;           // of all steps
  std::vector<uint64_t> words_;  // what follows it in each: nearly always enough to compare
};

}  // namespace discovery

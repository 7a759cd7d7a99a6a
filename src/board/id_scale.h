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
    const uint64_t word = word_behind_prefix(provider_id);
    size_t below = count_below(word);
    while (below < kSteps && words_[below] == word && steps_[below] <= provider_id) ++below;
    return static_cast<uint16_t>(below);
  }
  /// Finer than the code, but in no equal steps: whose words are equal must still be compared.
  uint64_t word(std::string_view provider_id) const {
    const int side = provider_id.substr(0, prefix_.size()).compare(prefix_);
    if (side != 0) return side < 0 ? 0 : UINT64_MAX;
    return word_behind_prefix(provider_id);
  }

 private:
  // How many words are less: without a branch that the processor could only guess.
  size_t count_below(uint64_t word) const {
    static_assert(std::has_single_bit(kSteps + 1), "halves are equal, with one between them");
    const uint64_t* first = words_.data();
    for (size_t left = kSteps; left > 0; left /= 2) {
      const size_t half = (left + 1) / 2;
      first += first[half - 1] < word ? half : 0;
    }
    return static_cast<size_t>(first - words_.data());
  }

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

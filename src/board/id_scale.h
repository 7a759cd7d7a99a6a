// Where a provider id stands among all, in 12 bits: enough to pass by most of those that tie.
#pragma once

#include <algorithm>
#include <cstdint>
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
  }

  uint16_t code(std::string_view provider_id) const {
    const auto above = std::upper_bound(steps_.begin(), steps_.end(), provider_id);
    return static_cast<uint16_t>(above - steps_.begin());
  }

 private:
  std::vector<std::string> steps_;
};

}  // namespace discovery

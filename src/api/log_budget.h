// So many lines a second: an overload shall not fill the disk with what it says of itself.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace discovery {

/// One thread's own.
class LogBudget {
 public:
  static constexpr uint32_t kLinesPerSecond = 10;

  /// Whether one more line may be written.
  bool take(BootTime now) {
    if (now >= second_ends_) {
      second_ends_ = now + std::chrono::seconds{1};
      lines_ = 0;
    }
    return lines_++ < kLinesPerSecond;
  }

 private:
  BootTime second_ends_{};
  uint32_t lines_ = 0;
};

}  // namespace discovery

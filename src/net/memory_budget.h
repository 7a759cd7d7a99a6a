// How much memory all connections may take for what they have read in part or not sent yet.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace discovery {

/// Shared by all I/O threads. Each reports what its connections take, and is told what to let go
/// of.
class MemoryBudget {
 public:
  MemoryBudget(size_t bytes_max, size_t threads)
      : bytes_max_(bytes_max), part_(bytes_max / threads) {}

  size_t bytes_max() const { return bytes_max_; }
  /// What a thread takes now; `reported` is what it said last.
  void report(size_t now, size_t& reported) {
    taken_ += now - reported;
    reported = now;
  }

  /// How much a thread that takes `own` must let go of: nothing while all together are within the
  /// budget, or the thread within its part of it. Down to seven eighths, so that it is seldom.
  size_t excess(size_t own) const {
    const size_t taken = taken_;
    if (taken <= bytes_max_ || own <= part_) return 0;
    return std::min(taken - (bytes_max_ - bytes_max_ / 8), own - (part_ - part_ / 8));
  }

 private:
  const size_t bytes_max_;
  const size_t part_;
  std::atomic<size_t> taken_ = 0;
};

}  // namespace discovery

// Latencies counted in buckets that are 1/64 of an octave wide: any quantile is at most 1.6 % too
// high.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace discovery {

/// A plain value of fixed size; not synchronised.
class Histogram {
 public:
  void record(uint64_t value) {
    ++counts_[bucket_of(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }

  /// The upper edge of the bucket in which `share` (0 to 1) of all values is reached; 0 if empty.
  uint64_t quantile(double share) const {
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > wanted) return std::min(upper_edge(bucket), max_);
    }
    return max_;
  }

 private:
  static constexpr unsigned kSteps = 64;  // buckets an octave; values below it are exact

  static size_t bucket_of(uint64_t value) {
    if (value < kSteps) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 7;
    return kSteps * shift + (value >> shift);
  }

  static uint64_t upper_edge(size_t bucket) {
    if (bucket < kSteps) return bucket;
    const size_t shift = bucket / kSteps - 1;
    return ((bucket - kSteps * shift + 1) << shift) - 1;
  }

  std::array<uint64_t, kSteps * 59> counts_{};
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace discovery

// How long searches may take: asked once for each group of rows, so that no question over unusual
// data holds a thread, or the writer, for long.
#pragma once

#include <utility>

#include "base/clock.h"

namespace discovery {

/// For one question, on one thread. The time is handed in, as everywhere in the index.
class ScanLimit {
 public:
  ScanLimit() = default;  // none
  /// `clock` outlives this.
  ScanLimit(const Clock& clock, Duration at_most) : clock_(&clock), end_(clock.boot() + at_most) {}

  /// Whether the time is up: once it is, for good. To be asked before each group of rows; before
  /// the first it never is.
  bool is_over() {
    if (!std::exchange(has_begun_, true) || clock_ == nullptr) return false;
    if (!over_) over_ = clock_->boot() >= end_;
    return over_;
  }
  /// Whether a search has ended early: what it found is not all there is.
  bool was_over() const { return over_; }

 private:
  const Clock* clock_ = nullptr;
  BootTime end_{};
  bool has_begun_ = false;
  bool over_ = false;
};

}  // namespace discovery

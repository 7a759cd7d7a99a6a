// The time in which leases stand still: where the store takes no writes, no provider can renew.
#pragma once

#include <vector>

#include "base/clock.h"

namespace discovery {

/// A value. The writer's own (and the loading thread's before there is a writer): not synchronised.
class LeaseCredit {
 public:
  /// A lease of `length` is extended by `most` in all, and by nothing where that is zero.
  LeaseCredit(Duration length, Duration most) : length_(length), most_(most) {}

  /// Leases have stood still between these, which end no later than any that is added after them;
  /// not where that is less than a second.
  void add(BootTime begin, BootTime end);
  /// Leases stand still from now on, if they did not before.
  void stop(BootTime now);
  /// Leases run again. Returns how long they have stood still since stop(): zero where they did
  /// not, or for less than a second, which does not count.
  Duration resume(BootTime now);

  Duration length() const { return length_; }
  Duration most() const { return most_; }
  /// Whether none that still runs can have stood still.
  bool is_empty(BootTime now) const;
  /// When leases stood still last: what ended before is not extended any more.
  BootTime last_begin() const { return spans_.back().begin; }
  /// By how much one that began at `begin` is extended so far: by nothing that happened after its
  /// end.
  Duration of(BootTime begin, BootTime now) const;

 private:
  struct Span {
    BootTime begin;
    BootTime end;
  };

  Duration length_;
  Duration most_;
  BootTime stopped_{};
  std::vector<Span> spans_;  // oldest first, without overlaps
};

}  // namespace discovery

// Clocks that move only when told. Thread-safe, as a Clock must be.
#pragma once

#include "base/clock.h"
#include "base/mutex.h"

namespace discovery {

class ManualClock final : public Clock {
 public:
  Now now() const override {
    const MutexLock lock(mutex_);
    now_.wall += at_each_look_;
    now_.boot += at_each_look_;
    return now_;
  }
  BootTime boot() const override { return now().boot; }

  /// Time passes.
  void advance(Duration by) {
    const MutexLock lock(mutex_);
    now_.wall += by;
    now_.boot += by;
  }
  /// From now on so much passes before each look.
  void advance_at_each_look(Duration by) {
    const MutexLock lock(mutex_);
    at_each_look_ = by;
  }
  /// Steps the wall clock, forward or back.
  void step_wall(Duration by) {
    const MutexLock lock(mutex_);
    now_.wall += by;
  }

 private:
  mutable Mutex mutex_;
  // 2026-02-19 09:54:30 UTC, an hour and some after the machine's start.
  mutable Now now_ GUARDED_BY(mutex_){WallTime{std::chrono::seconds{1'771'494'870}},
                                      BootTime{std::chrono::seconds{4'000}}};
  Duration at_each_look_ GUARDED_BY(mutex_){};
};

}  // namespace discovery

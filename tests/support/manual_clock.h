// Clocks that move only when told. Thread-safe, as a Clock must be.
#pragma once

#include "base/clock.h"
#include "base/mutex.h"

namespace discovery {

class ManualClock final : public Clock {
 public:
  Now now() const override {
    const MutexLock lock(mutex_);
    return now_;
  }
  BootTime boot() const override { return now().boot; }

  /// Time passes.
  void advance(Duration by) {
    const MutexLock lock(mutex_);
    now_.wall += by;
    now_.boot += by;
  }
  /// Steps the wall clock, forward or back.
  void step_wall(Duration by) {
    const MutexLock lock(mutex_);
    now_.wall += by;
  }

 private:
  mutable Mutex mutex_;
  // 2026-02-19 09:54:30 UTC, an hour and some after the machine's start.
  Now now_ GUARDED_BY(mutex_){WallTime{std::chrono::seconds{1'771'494'870}},
                              BootTime{std::chrono::seconds{4'000}}};
};

}  // namespace discovery

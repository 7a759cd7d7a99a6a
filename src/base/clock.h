// Time, handed in. The core never asks a clock itself: it is given a Now.
//
// WallTime is what people read (UTC, may be stepped); BootTime is what leases run on:
// CLOCK_BOOTTIME, never stepped, and counting while the machine is suspended
// (docs/architecture.md).
#pragma once

#include <chrono>
#include <cstdint>

namespace discovery {

using Duration = std::chrono::microseconds;
using WallTime = std::chrono::sys_time<Duration>;

inline int64_t unix_ms(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

/// One instant as both clocks show it.
struct Now {
  WallTime wall;
  BootTime boot;
};

/// Thread-safe. Two implementations: the machine's clocks, and the manual one of the tests.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
  virtual BootTime boot() const = 0;
};

class SystemClock final : public Clock {
 public:
  Now now() const override;
  BootTime boot() const override;
};

}  // namespace discovery

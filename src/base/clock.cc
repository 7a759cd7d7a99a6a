#include "base/clock.h"

#include <ctime>

namespace discovery {

namespace {

Duration read_clock(clockid_t id) {
  timespec at{};
  clock_gettime(id, &at);
  return Duration{int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1'000};
}

}  // namespace

Now SystemClock::now() const { return {WallTime{read_clock(CLOCK_REALTIME)}, boot()}; }

BootTime SystemClock::boot() const { return BootTime{read_clock(CLOCK_BOOTTIME)}; }

}  // namespace discovery

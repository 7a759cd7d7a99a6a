// How many new providers one address may bring (contract, section 4): keys cost nothing, so their
// number is limited by address.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/fixed_windows.h"
#include "base/ip_address.h"

namespace discovery {

/// Counts new providers per address (IPv6: per /48) in windows of an hour. The writer's own: not
/// synchronised.
class NewProviderLimit {
 public:
  NewProviderLimit(uint32_t per_hour, uint64_t seed);

  /// Zero where the address may introduce one more, which counts from now on; otherwise for how
  /// long it may not.
  Duration charge(const IpAddress& address, BootTime now);

 private:
  const uint32_t per_hour_;
  FixedWindows<IpAddress> windows_;
};

}  // namespace discovery

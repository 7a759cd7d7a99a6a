#include "board/providers/new_provider_limit.h"

#include "base/limits.h"

namespace discovery {

namespace {

constexpr Duration kWindow = std::chrono::hours{1};
constexpr unsigned kIpv6NetworkBits = 48;

}  // namespace

NewProviderLimit::NewProviderLimit(uint32_t per_hour, uint64_t seed)
    : per_hour_(per_hour), windows_(kWindow, limits::kNewProviderNetworks, seed) {}

Duration NewProviderLimit::charge(const IpAddress& address, BootTime now) {
  if (per_hour_ == 0) return Duration::zero();
  const IpAddress network = address.is_v4() ? address : address.network(kIpv6NetworkBits);
  const auto charged = windows_.count(network, per_hour_, now);
  return charged.counted ? Duration::zero() : charged.window_end - now;
}

}  // namespace discovery

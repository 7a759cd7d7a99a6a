// How often one client address, or one provider, may ask (contract, section 4).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "api/exchange.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/mutex.h"
#include "base/windows.h"

namespace discovery {

/// What is counted apart per address. Reads and writes, so that no reader can push out a provider
/// behind the same address; and requests whose signature was no good, so that a flood of them
/// cannot take the time that good ones need.
enum class Traffic : uint8_t { read, write, failure };

struct LimiterOptions {
  uint32_t per_minute = 100;                // reads, and writes, of an address; 0: no limits at all
  uint32_t failures_per_minute = 600;       // of an address
  uint32_t provider_posts_per_minute = 60;  // of a provider that signs
  size_t addresses_max = 1'000'000;  // at once, of each kind; the least recently seen goes first
  uint64_t seed = 0;                 // keys the hash of addresses
};

/// Counts per address (IPv6: per /64) and per provider in windows of a minute, each beginning with
/// the first request after the last one ended. Thread-safe.
class Limiter {
 public:
  explicit Limiter(const LimiterOptions& options);

  struct Verdict {
    bool allowed = true;
    std::optional<RateLimitState> state;  // empty: no limit is set
  };
  Verdict charge(Traffic traffic, const IpAddress& client, BootTime now);
  /// Whether charge() would allow one more; nothing is counted.
  Verdict look(Traffic traffic, const IpAddress& client, BootTime now) const;
  /// A post or withdrawal that is proven to be this provider's own.
  Verdict charge_provider(const std::string& provider_id, BootTime now);

  /// How many are remembered.
  size_t addresses(Traffic traffic) const;

 private:
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    explicit Shard(const LimiterOptions& options);

    mutable Mutex mutex;
    std::array<Windows<IpAddress>, 3> addresses GUARDED_BY(mutex);  // by Traffic
    Windows<std::string> providers GUARDED_BY(mutex);
  };
  template <class Key>
  size_t shard_of(const Key& key) const;
  uint32_t quota(Traffic traffic) const;

  const LimiterOptions options_;
  std::deque<Shard> shards_;
};

}  // namespace discovery

// How often one client address may ask (contract, section 4).
#pragma once

#include <array>
#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <cstdint>
#include <optional>

#include "api/exchange.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/ip_address.h"
#include "base/mutex.h"

namespace discovery {

/// Reads and writes are counted apart: no reader can push out a provider behind the same address.
enum class Traffic : uint8_t { read, write };

struct LimiterOptions {
  uint32_t per_minute = 100;         // of each kind of traffic; 0: no limit
  size_t addresses_max = 1'000'000;  // at once; the least recently seen is forgotten first
  uint64_t seed = 0;                 // keys the hash of addresses
};

/// Counts requests per address (IPv6: per /64) in windows of a minute, each beginning with the
/// first request after the last one ended. Thread-safe.
class Limiter {
 public:
  explicit Limiter(const LimiterOptions& options);

  struct Verdict {
    bool allowed = true;
    std::optional<RateLimitState> state;  // empty: no limit is set
  };
  Verdict charge(Traffic traffic, const IpAddress& client, BootTime now);

  size_t addresses() const;

 private:
  struct Window {
    BootTime begin{};
    uint32_t count = 0;
  };
  struct Entry {
    IpAddress network;
    BootTime seen{};
    std::array<Window, 2> windows{};  // by Traffic
  };
  struct Hash {
    uint64_t seed;
    size_t operator()(const IpAddress& address) const;
  };
  using Table = boost::multi_index_container<
      Entry, boost::multi_index::indexed_by<
                 boost::multi_index::sequenced<>,
                 boost::multi_index::hashed_unique<
                     boost::multi_index::member<Entry, IpAddress, &Entry::network>, Hash>>>;
  struct alignas(64) Shard {
    mutable Mutex mutex;
    Table table GUARDED_BY(mutex);  // least recently seen first
  };
  static constexpr size_t kShards = 16;

  const LimiterOptions options_;
  std::array<Shard, kShards> shards_;
};

}  // namespace discovery

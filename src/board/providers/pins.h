// Which keys have ever signed an accepted request, and the newest time each has signed (contract,
// section 5): from then on every request for the provider needs that key, and none can be replayed.
#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "identity/provider_key.h"

namespace discovery {

/// When the accepted requests of a key were signed.
struct SignedTimes {
  int64_t newest = 0;
  int64_t last = 0;  // less than `newest` where that was accepted while the clock was ahead

  bool operator==(const SignedTimes&) const = default;
};

/// Thread-safe. What is read here is good for refusing early; the writer alone changes it, and
/// decides.
class Pins {
 public:
  struct Hash {
    using is_avalanching = void;
    uint64_t seed = 0;
    size_t operator()(const ProviderKey& key) const;
  };

  explicit Pins(uint64_t seed);

  std::optional<SignedTimes> find(const ProviderKey& key) const;
  std::optional<int64_t> newest(const ProviderKey& key) const;
  /// Pins the key at this time or, where it is pinned at a newer one already, does nothing. What it
  /// was pinned at stays its last time.
  void raise(const ProviderKey& key, int64_t time_ms);
  /// Pins the key, whatever it was pinned at.
  void set(const ProviderKey& key, SignedTimes times);
  void forget(const ProviderKey& key);
  /// Those with the earliest times, up to `count`, of the keys that `may_go` accepts. Looks at all.
  std::vector<ProviderKey> earliest(size_t count,
                                    const std::function<bool(const ProviderKey&)>& may_go) const;
  size_t size() const { return size_; }
  /// For other tables with these keys, which are untrusted input.
  Hash hash() const { return {seed_}; }

 private:
  using Map = boost::unordered_flat_map<ProviderKey, int64_t, Hash>;
  // Cut into many, so that growing one delays callers little.
  struct alignas(64) Shard {
    mutable Mutex mutex;
    Map pins GUARDED_BY(mutex);          // the newest times
    Map earlier_last GUARDED_BY(mutex);  // the last times that are not the newest
  };
  static constexpr size_t kShards = 256;
  size_t shard_of(const ProviderKey& key) const;

  const uint64_t seed_;
  std::array<Shard, kShards> shards_;
  std::atomic<size_t> size_{0};
};

}  // namespace discovery

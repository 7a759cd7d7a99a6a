// How often one client address, or one provider, may ask (contract, section 4).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fixed_windows.h"
#include "base/ip_address.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/token_buckets.h"
#include "net/http1/exchange.h"

namespace discovery {

/// What is counted apart per address. Reads and writes, so that no reader can push out a provider
/// behind the same address; requests whose signature was no good, so that a flood of them cannot
/// take the time that good ones need; and the writes of all providers that have signed before.
enum class Traffic : uint8_t { read, write, failure, pinned };

struct RateLimiterOptions {
  uint32_t per_minute = 100;  // reads, and writes, of an address; 0: no limits at all
  uint32_t failures_per_minute = limits::kFailedVerificationsPerMinute;  // of an address
  uint32_t provider_posts_per_minute = limits::kProviderPostsPerMinute;  // of a provider that signs
  /// For each of `per_minute`, what an address's reads and streams may take of the threads' time.
  Duration work_per_read = limits::kWorkPerRead;
  Duration read_wait = limits::kReadWait;    // the longest that a read waits for such time
  Duration write_wait = limits::kWriteWait;  // the longest that a write waits for its token
  uint32_t waiting_writes_per_address = limits::kWaitingWritesPerAddress;  // at once
  size_t waiting_max = limits::kWaitingRequests;                           // of all addresses
  size_t addresses_max =
      limits::kRateLimitAddresses;  // at once, of each kind; the least recently seen goes first
  uint64_t seed = 0;                // keys the hash of addresses
};

/// Counts per address (IPv6: per /64) and per provider. Reads, failures and a provider's posts are
/// counted in windows of a minute, each beginning with the first request after the last one ended;
/// for writes an address has a bucket of tokens, which fills within a minute. For the time that its
/// reads take it has two: one bounds how much this is on the average, the other lets others in
/// between. Thread-safe.
class RateLimiter {
 public:
  explicit RateLimiter(const RateLimiterOptions& options);

  /// Where a request waits, free again once this is destroyed. Not outliving the limiter.
  class WaitingSlot {
   public:
    explicit WaitingSlot(std::atomic<size_t>& taken) : taken_(taken), number_(++taken) {}
    ~WaitingSlot() { --taken_; }
    WaitingSlot(const WaitingSlot&) = delete;
    WaitingSlot& operator=(const WaitingSlot&) = delete;
    /// So many were taken when this one was.
    size_t number() const { return number_; }

   private:
    std::atomic<size_t>& taken_;
    size_t number_;
  };

  struct Decision {
    bool allowed = true;
    std::optional<RateLimitState> state;  // empty: no limit is set
    Duration wait{};                      // of what is not allowed: until it would be
    std::shared_ptr<WaitingSlot> slot;    // of what is charged already: hold it for `wait`
  };
  Decision charge(Traffic traffic, const IpAddress& client, BootTime now);
  /// As charge(), of a kind that has a bucket; but a token that comes soon enough is taken ahead,
  /// and the write given a slot to wait for it.
  Decision charge_write(Traffic traffic, const IpAddress& client, BootTime now);
  /// Whether an address may have work done now. A read that has to wait for it is given a slot, and
  /// pays for some work ahead.
  Decision admit_work(const IpAddress& client, BootTime now);
  /// Whether an address has had its turn just now. A read that has to wait for the next is given a
  /// slot, and asks again then: others of the address may have come first.
  Decision admit_turn(const IpAddress& client, BootTime now);
  /// What a read, or a piece of a long answer, took.
  void charge_work(const IpAddress& client, Duration took, BootTime now);
  /// Whether an address has used up its time.
  bool owes_work(const IpAddress& client, BootTime now) const;
  /// How long until an address may have work done.
  Duration work_wait(const IpAddress& client, BootTime now) const;
  /// Whether charge() would allow one more; nothing is counted.
  Decision look(Traffic traffic, const IpAddress& client, BootTime now) const;
  /// A post or withdrawal that is proven to be this provider's own.
  Decision charge_provider(const std::string& provider_id, BootTime now);

  /// True once an hour: then the operator is told that posts are refused.
  bool is_warning_due(BootTime now);

  /// How many are remembered.
  size_t addresses(Traffic traffic) const;
  /// How many requests wait.
  size_t waiting() const { return waiting_; }

 private:
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    explicit Shard(const RateLimiterOptions& options);

    mutable Mutex mutex;
    FixedWindows<IpAddress> reads GUARDED_BY(mutex);
    TokenBuckets<IpAddress> writes GUARDED_BY(mutex);
    TokenBuckets<IpAddress> pinned GUARDED_BY(mutex);
    TokenBuckets<IpAddress> work GUARDED_BY(mutex);   // a token is a microsecond
    TokenBuckets<IpAddress> turns GUARDED_BY(mutex);  // likewise
    FixedWindows<IpAddress> failures GUARDED_BY(mutex);
    FixedWindows<std::string> providers GUARDED_BY(mutex);
  };
  template <class S>
  static auto bucket_of(S& shard, Traffic traffic) -> decltype(&shard.writes);
  template <class Key>
  size_t shard_of(const Key& key) const;
  uint32_t quota(Traffic traffic) const;
  Decision decision_of(Traffic traffic, const TokenGrant& taken) const;
  Decision work_decision_of(const TokenGrant& next) const;
  std::shared_ptr<WaitingSlot> find_slot();

  const RateLimiterOptions options_;
  std::atomic<size_t> waiting_ = 0;
  std::atomic<BootTime> warn_again_{BootTime{}};
  std::deque<Shard> shards_;
};

}  // namespace discovery

#include "api/access/rate_limiter.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

namespace discovery {

namespace {

constexpr uint32_t kWindowSeconds = 60;
constexpr Duration kWindow = std::chrono::seconds{kWindowSeconds};
constexpr unsigned kIpv6ClientBits = 64;

std::string_view policy(Traffic traffic) {
  constexpr std::array<std::string_view, 4> kNames{"read", "write", "failure", "pinned"};
  return kNames[static_cast<size_t>(traffic)];
}

IpAddress network_of(const IpAddress& client) {
  return client.is_v4() ? client : client.network(kIpv6ClientBits);
}

uint32_t seconds_up(Duration time) {
  return static_cast<uint32_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

uint32_t microseconds_of(Duration time) { return static_cast<uint32_t>(time.count()); }

uint32_t tokens_of(Duration work) {
  constexpr Duration kMost = std::chrono::seconds{1};  // a machine may sleep in between
  return microseconds_of(std::clamp(work, Duration{}, kMost));
}

template <class Count>
RateLimitState state_of(std::string_view policy, uint32_t quota, const Count& count, BootTime now) {
  return {policy, quota, kWindowSeconds, quota - std::min(quota, count.count),
          seconds_up(count.window_end - now)};
}

/// In a window; enough for some providers that post as often as each may.
uint32_t pinned_quota(const RateLimiterOptions& options) {
  const uint64_t quota = std::max(uint64_t{options.per_minute} * limits::kPinnedPostsPerWrite,
                                  uint64_t{options.provider_posts_per_minute} * 10);
  return static_cast<uint32_t>(std::min<uint64_t>(quota, std::numeric_limits<uint32_t>::max()));
}

/// In a window. Some costly reads, however few an address may send.
Duration work_in_window(const RateLimiterOptions& options) {
  constexpr Duration kLeast = std::chrono::seconds{1};
  constexpr Duration kMost{std::numeric_limits<uint32_t>::max()};  // more than the threads have
  return std::clamp<Duration>(options.per_minute * options.work_per_read, kLeast, kMost);
}

/// How long it takes until so much of the threads' time is there again, on the average.
Duration refill_time(Duration work, const RateLimiterOptions& options) {
  return Duration{kWindow.count() * work.count() / work_in_window(options).count()};
}

/// An address that may take a thread's whole time on the average takes no turns.
bool takes_turns(const RateLimiterOptions& options) { return work_in_window(options) < kWindow; }

/// Of a turn: others have half of a thread's time, unless the address may take more on the average.
Duration turn_refill_time(const RateLimiterOptions& options) {
  constexpr Duration kTurn = limits::kWorkTurn;
  return std::clamp<Duration>(refill_time(kTurn, options), kTurn, 2 * kTurn);
}

}  // namespace

/// Null: that kind is counted in windows.
template <class S>
auto RateLimiter::bucket_of(S& shard, Traffic traffic) -> decltype(&shard.writes) {
  return traffic == Traffic::write    ? &shard.writes
         : traffic == Traffic::pinned ? &shard.pinned
                                      : nullptr;
}

RateLimiter::Shard::Shard(const RateLimiterOptions& options)
    : reads(kWindow, options.addresses_max / kShards, options.seed),
      writes(options.per_minute, kWindow, options.addresses_max / kShards, options.seed),
      pinned(pinned_quota(options), kWindow, options.addresses_max / kShards, options.seed),
      work(microseconds_of(limits::kWorkAtOnce), refill_time(limits::kWorkAtOnce, options),
           options.addresses_max / kShards, options.seed),
      turns(microseconds_of(limits::kWorkTurn), turn_refill_time(options),
            options.addresses_max / kShards, options.seed),
      failures(kWindow, options.addresses_max / kShards, options.seed),
      providers(kWindow, options.addresses_max / kShards, options.seed) {}

RateLimiter::RateLimiter(const RateLimiterOptions& options) : options_(options) {
  for (size_t i = 0; i < kShards; ++i) shards_.emplace_back(options);
}

// By other bits than those that the hash tables of a shard use.
template <class Key>
size_t RateLimiter::shard_of(const Key& key) const {
  return keyed_hash(key_bytes(key), options_.seed) / 7 % kShards;
}

uint32_t RateLimiter::quota(Traffic traffic) const {
  return traffic == Traffic::failure  ? options_.failures_per_minute
         : traffic == Traffic::pinned ? pinned_quota(options_)
                                      : options_.per_minute;
}

RateLimiter::Decision RateLimiter::charge(Traffic traffic, const IpAddress& client, BootTime now) {
  if (options_.per_minute == 0) return {};
  const IpAddress network = network_of(client);
  Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  if (TokenBuckets<IpAddress>* const bucket = bucket_of(shard, traffic)) {
    return decision_of(traffic, bucket->take(network, {}, now));
  }
  auto& windows = traffic == Traffic::read ? shard.reads : shard.failures;
  const auto decision = windows.count(network, quota(traffic), now);
  return {decision.counted,
          state_of(policy(traffic), quota(traffic), decision, now),
          decision.window_end - now,
          {}};
}

RateLimiter::Decision RateLimiter::charge_write(Traffic traffic, const IpAddress& client,
                                                BootTime now) {
  if (options_.per_minute == 0) return {};
  const IpAddress network = network_of(client);
  Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  TokenBuckets<IpAddress>& bucket = *bucket_of(shard, traffic);
  const auto at_once = bucket.take(network, {}, now);
  if (at_once.taken) return decision_of(traffic, at_once);
  auto slot = find_slot();
  if (!slot) return decision_of(traffic, at_once);
  const auto ahead =
      bucket.take(network, {options_.write_wait, options_.waiting_writes_per_address}, now);
  Decision decision = decision_of(traffic, ahead);
  if (ahead.taken) decision.slot = std::move(slot);
  return decision;
}

RateLimiter::Decision RateLimiter::admit_work(const IpAddress& client, BootTime now) {
  if (options_.per_minute == 0) return {};
  const IpAddress network = network_of(client);
  Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  Decision decision = work_decision_of(shard.work.look(network, now));
  if (decision.allowed || decision.wait > options_.read_wait) return decision;
  decision.slot = find_slot();
  if (decision.slot) shard.work.use(network, tokens_of(limits::kForeseenWork), now);
  return decision;
}

RateLimiter::Decision RateLimiter::admit_turn(const IpAddress& client, BootTime now) {
  if (options_.per_minute == 0 || !takes_turns(options_)) return {};
  const IpAddress network = network_of(client);
  Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  const Duration wait = shard.turns.look(network, now).wait;
  if (wait == Duration{}) return {};
  return {false, work_decision_of(shard.work.look(network, now)).state, wait, find_slot()};
}

void RateLimiter::charge_work(const IpAddress& client, Duration took, BootTime now) {
  if (options_.per_minute == 0 || took <= Duration{}) return;
  const IpAddress network = network_of(client);
  Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  shard.work.use(network, tokens_of(took), now);
  if (takes_turns(options_)) shard.turns.use(network, tokens_of(took), now);
}

bool RateLimiter::owes_work(const IpAddress& client, BootTime now) const {
  if (options_.per_minute == 0) return false;
  const IpAddress network = network_of(client);
  const Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  return shard.work.look(network, now).wait > Duration{};
}

Duration RateLimiter::work_wait(const IpAddress& client, BootTime now) const {
  if (options_.per_minute == 0) return {};
  const IpAddress network = network_of(client);
  const Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  return std::max(shard.work.look(network, now).wait, shard.turns.look(network, now).wait);
}

std::shared_ptr<RateLimiter::WaitingSlot> RateLimiter::find_slot() {
  auto slot = std::make_shared<WaitingSlot>(waiting_);
  if (slot->number() > options_.waiting_max) slot.reset();
  return slot;
}

RateLimiter::Decision RateLimiter::decision_of(Traffic traffic, const TokenGrant& taken) const {
  const RateLimitState state{policy(traffic), quota(traffic), kWindowSeconds, taken.left,
                             seconds_up(taken.until_full)};
  return {taken.wait == Duration{}, state, taken.wait, {}};
}

// In milliseconds.
RateLimiter::Decision RateLimiter::work_decision_of(const TokenGrant& next) const {
  const RateLimitState state{"work", microseconds_of(work_in_window(options_)) / 1'000,
                             kWindowSeconds, next.left / 1'000, seconds_up(next.until_full)};
  return {next.wait == Duration{}, state, next.wait, {}};
}

RateLimiter::Decision RateLimiter::look(Traffic traffic, const IpAddress& client,
                                        BootTime now) const {
  if (options_.per_minute == 0) return {};
  const IpAddress network = network_of(client);
  const Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  if (const auto* const bucket = bucket_of(shard, traffic)) {
    return decision_of(traffic, bucket->look(network, now));
  }
  const auto& windows = traffic == Traffic::read ? shard.reads : shard.failures;
  const auto count = windows.look(network, now);
  return {count.count < quota(traffic),
          state_of(policy(traffic), quota(traffic), count, now),
          count.window_end - now,
          {}};
}

RateLimiter::Decision RateLimiter::charge_provider(const std::string& provider_id, BootTime now) {
  if (options_.per_minute == 0) return {};
  const uint32_t quota = options_.provider_posts_per_minute;
  Shard& shard = shards_[shard_of(provider_id)];
  const MutexLock lock(shard.mutex);
  const auto decision = shard.providers.count(provider_id, quota, now);
  return {
      decision.counted, state_of("provider", quota, decision, now), decision.window_end - now, {}};
}

bool RateLimiter::is_warning_due(BootTime now) {
  BootTime due = warn_again_;
  return due <= now && warn_again_.compare_exchange_strong(due, now + std::chrono::hours{1});
}

size_t RateLimiter::addresses(Traffic traffic) const {
  size_t sum = 0;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    if (const auto* const bucket = bucket_of(shard, traffic)) {
      sum += bucket->size();
    } else {
      sum += traffic == Traffic::read ? shard.reads.size() : shard.failures.size();
    }
  }
  return sum;
}

}  // namespace discovery

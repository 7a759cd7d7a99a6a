#include "api/limiter.h"

#include <algorithm>
#include <string_view>

namespace discovery {

namespace {

constexpr uint32_t kWindowSeconds = 60;
constexpr Duration kWindow = std::chrono::seconds{kWindowSeconds};
constexpr unsigned kIpv6ClientBits = 64;

std::string_view policy(Traffic traffic) {
  constexpr std::array<std::string_view, 3> kNames{"read", "write", "failure"};
  return kNames[static_cast<size_t>(traffic)];
}

IpAddress network_of(const IpAddress& client) {
  return client.is_v4() ? client : client.network(kIpv6ClientBits);
}

template <class Count>
RateLimitState state_of(std::string_view policy, uint32_t quota, const Count& count, BootTime now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(count.window_end - now);
  return {policy, quota, kWindowSeconds, quota - std::min(quota, count.count),
          static_cast<uint32_t>(left.count())};
}

}  // namespace

Limiter::Shard::Shard(const LimiterOptions& options)
    : addresses{{{kWindow, options.addresses_max / kShards, options.seed},
                 {kWindow, options.addresses_max / kShards, options.seed},
                 {kWindow, options.addresses_max / kShards, options.seed}}},
      providers(kWindow, options.addresses_max / kShards, options.seed) {}

Limiter::Limiter(const LimiterOptions& options) : options_(options) {
  for (size_t i = 0; i < kShards; ++i) shards_.emplace_back(options);
}

// By other bits than those that choose the place within the shard.
template <class Key>
size_t Limiter::shard_of(const Key& key) const {
  return keyed_hash(key_bytes(key), options_.seed) / 7 % kShards;
}

uint32_t Limiter::quota(Traffic traffic) const {
  return traffic == Traffic::failure ? options_.failures_per_minute : options_.per_minute;
}

Limiter::Verdict Limiter::charge(Traffic traffic, const IpAddress& client, BootTime now) {
  if (options_.per_minute == 0) return {};
  const IpAddress network = network_of(client);
  Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  const auto verdict =
      shard.addresses[static_cast<size_t>(traffic)].count(network, quota(traffic), now);
  return {verdict.counted, state_of(policy(traffic), quota(traffic), verdict, now)};
}

Limiter::Verdict Limiter::look(Traffic traffic, const IpAddress& client, BootTime now) const {
  if (options_.per_minute == 0) return {};
  const IpAddress network = network_of(client);
  const Shard& shard = shards_[shard_of(network)];
  const MutexLock lock(shard.mutex);
  const auto count = shard.addresses[static_cast<size_t>(traffic)].look(network, now);
  return {count.count < quota(traffic), state_of(policy(traffic), quota(traffic), count, now)};
}

Limiter::Verdict Limiter::charge_provider(const std::string& provider_id, BootTime now) {
  if (options_.per_minute == 0) return {};
  const uint32_t quota = options_.provider_posts_per_minute;
  Shard& shard = shards_[shard_of(provider_id)];
  const MutexLock lock(shard.mutex);
  const auto verdict = shard.providers.count(provider_id, quota, now);
  return {verdict.counted, state_of("provider", quota, verdict, now)};
}

size_t Limiter::addresses(Traffic traffic) const {
  size_t sum = 0;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    sum += shard.addresses[static_cast<size_t>(traffic)].size();
  }
  return sum;
}

}  // namespace discovery

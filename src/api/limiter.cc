#include "api/limiter.h"

#include <algorithm>

namespace discovery {

namespace {

constexpr uint32_t kWindowSeconds = 60;
constexpr Duration kWindow = std::chrono::seconds{kWindowSeconds};
constexpr unsigned kIpv6ClientBits = 64;

uint32_t seconds_until(BootTime then, BootTime now) {
  return static_cast<uint32_t>(std::chrono::ceil<std::chrono::seconds>(then - now).count());
}

}  // namespace

size_t Limiter::Hash::operator()(const IpAddress& address) const {
  const auto& bytes = address.bytes();
  return keyed_hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, seed);
}

Limiter::Limiter(const LimiterOptions& options) : options_(options) {
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    const Table::nth_index<1>::type::ctor_args by_network(0, {}, Hash{options.seed}, {});
    shard.table = Table({Table::nth_index<0>::type::ctor_args(), by_network});
  }
}

Limiter::Verdict Limiter::charge(Traffic traffic, const IpAddress& client, BootTime now) {
  if (options_.per_minute == 0) return {};
  const IpAddress network = client.is_v4() ? client : client.network(kIpv6ClientBits);
  Shard& shard = shards_[Hash{options_.seed}(network) / 7 % kShards];

  const MutexLock lock(shard.mutex);
  auto& by_network = shard.table.get<1>();
  auto& by_age = shard.table.get<0>();
  // Who has not been seen for a window is as good as new. Two at a time are forgotten faster than
  // one is added, and nobody waits while a whole crowd is.
  for (int i = 0; i < 2 && !by_age.empty() && by_age.front().seen + kWindow <= now; ++i) {
    by_age.pop_front();
  }
  auto found = by_network.find(network);
  if (found == by_network.end()) {
    if (by_age.size() >= std::max<size_t>(1, options_.addresses_max / kShards)) by_age.pop_front();
    found = by_network.insert({network, now, {}}).first;
  }
  by_age.relocate(by_age.end(), shard.table.project<0>(found));
  Window window = found->windows[static_cast<size_t>(traffic)];
  if (window.count == 0 || window.begin + kWindow <= now) window = {now, 0};
  const bool allowed = window.count < options_.per_minute;
  if (allowed) ++window.count;
  by_network.modify(found, [&](Entry& entry) {
    entry.seen = now;
    entry.windows[static_cast<size_t>(traffic)] = window;
  });
  return {allowed, RateLimitState{traffic == Traffic::read ? "read" : "write", options_.per_minute,
                                  kWindowSeconds, options_.per_minute - window.count,
                                  seconds_until(window.begin + kWindow, now)}};
}

size_t Limiter::addresses() const {
  size_t sum = 0;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    sum += shard.table.size();
  }
  return sum;
}

}  // namespace discovery

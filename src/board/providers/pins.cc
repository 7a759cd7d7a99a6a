#include "board/providers/pins.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace discovery {

size_t Pins::Hash::operator()(const ProviderKey& key) const {
  const std::string_view bytes(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
  return keyed_hash(bytes, seed + static_cast<uint64_t>(key.kind));
}

Pins::Pins(uint64_t seed) : seed_(seed) {
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    shard.pins = Map(0, Hash{seed});
    shard.earlier_last = Map(0, Hash{seed});
  }
}

// By bits of the hash that the tables themselves do not look at.
size_t Pins::shard_of(const ProviderKey& key) const {
  return Hash{seed_}(key) >> 24 & (kShards - 1);
}

std::optional<SignedTimes> Pins::find(const ProviderKey& key) const {
  const Shard& shard = shards_[shard_of(key)];
  const MutexLock lock(shard.mutex);
  const auto newest = shard.pins.find(key);
  if (newest == shard.pins.end()) return std::nullopt;
  const auto last = shard.earlier_last.find(key);
  return SignedTimes{newest->second,
                     last == shard.earlier_last.end() ? newest->second : last->second};
}

std::optional<int64_t> Pins::newest(const ProviderKey& key) const {
  const auto times = find(key);
  return times ? std::optional(times->newest) : std::nullopt;
}

void Pins::raise(const ProviderKey& key, int64_t time_ms) {
  Shard& shard = shards_[shard_of(key)];
  const MutexLock lock(shard.mutex);
  const auto [pin, is_new] = shard.pins.try_emplace(key, time_ms);
  if (is_new) {
    ++size_;
  } else if (pin->second < time_ms) {
    shard.earlier_last.insert_or_assign(key, std::exchange(pin->second, time_ms));
  }
}

void Pins::set(const ProviderKey& key, SignedTimes times) {
  Shard& shard = shards_[shard_of(key)];
  const MutexLock lock(shard.mutex);
  const auto [pin, is_new] = shard.pins.insert_or_assign(key, times.newest);
  if (is_new) ++size_;
  if (times.last < times.newest) {
    shard.earlier_last.insert_or_assign(key, times.last);
  } else {
    shard.earlier_last.erase(key);
  }
}

void Pins::forget(const ProviderKey& key) {
  Shard& shard = shards_[shard_of(key)];
  const MutexLock lock(shard.mutex);
  size_ -= shard.pins.erase(key);
  shard.earlier_last.erase(key);
}

std::vector<ProviderKey> Pins::earliest(
    size_t count, const std::function<bool(const ProviderKey&)>& may_go) const {
  using Pin = std::pair<int64_t, ProviderKey>;
  const auto earlier = [](const Pin& a, const Pin& b) { return a.first < b.first; };
  std::vector<Pin> found;  // a heap, the latest in front
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    for (const auto& [key, time_ms] : shard.pins) {
      const bool is_full = found.size() == count;
      if ((is_full && time_ms >= found.front().first) || !may_go(key)) continue;
      if (is_full) {
        std::ranges::pop_heap(found, earlier);
        found.pop_back();
      }
      found.emplace_back(time_ms, key);
      std::ranges::push_heap(found, earlier);
    }
  }
  std::vector<ProviderKey> keys;
  keys.reserve(found.size());
  for (const Pin& pin : found) keys.push_back(pin.second);
  return keys;
}

}  // namespace discovery

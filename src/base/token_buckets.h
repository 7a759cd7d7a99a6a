// Tokens per key: a full bucket at first, and from then on one token more at even distances.
#pragma once

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/lru_map.h"

namespace discovery {

/// What becomes of a call for a token.
struct TokenGrant {
  bool taken = false;
  Duration wait{};        // until the token is, or would be, there; 0: now
  uint32_t left = 0;      // tokens now
  Duration until_full{};  // more than a window where some have been taken ahead
};

/// For keys of LruMap. A bucket is one time, at which it will be full again (the generic cell
/// rate algorithm): each token taken moves that by one distance. A token may be taken before it is
/// there, by a caller that then waits for it; tokens are handed out in the order of the calls.
/// Not synchronised.
template <class Key>
class TokenBuckets {
 public:
  /// `quota` tokens, of which each comes back within `window` / `quota`. Of more than `keys_max`
  /// keys the least recently seen is forgotten, also while calls wait for its tokens: the key
  /// then has a full bucket again.
  TokenBuckets(uint32_t quota, Duration window, size_t keys_max, uint64_t seed)
      : quota_(std::max(1U, quota)), distance_(Fine{window} / quota_), entries_(keys_max, seed) {
    assert(distance_ > Fine::zero());
  }

  /// How far ahead a token may be taken.
  struct Ahead {
    Duration time{};
    uint32_t tokens = 0;  // so many at once at most
  };
  TokenGrant take(const Key& key, const Ahead& ahead, BootTime now) {
    Entry& entry = entries_.touch(key, [&](const Entry& other) { return other.full_at <= now; });
    const Fine wait = until_next(entry, now);
    const bool taken = wait <= std::min(Fine{ahead.time}, distance_ * ahead.tokens);
    if (taken) entry.full_at = std::max(entry.full_at, FineTime{now}) + distance_;
    return grant(entry, taken, wait, now);
  }

  /// Takes as many as were used, whether they are there or not: what is missing is waited for
  /// later, but no longer than a window.
  void use(const Key& key, uint32_t tokens, BootTime now) {
    Entry& entry = entries_.touch(key, [&](const Entry& other) { return other.full_at <= now; });
    const FineTime full_at = std::max(entry.full_at, FineTime{now}) + distance_ * tokens;
    entry.full_at = std::min(full_at, FineTime{now} + 2 * distance_ * quota_);
  }

  /// Without taking one.
  TokenGrant look(const Key& key, BootTime now) const {
    const Entry* found = entries_.find(key);
    const Entry& entry = found == nullptr ? Entry{} : *found;
    return grant(entry, false, until_next(entry, now), now);
  }

  size_t size() const { return entries_.size(); }

 private:
  using Fine = std::chrono::nanoseconds;  // for quotas that are no divisors of a window
  using FineTime = std::chrono::time_point<BootClock, Fine>;
  struct Entry {
    FineTime full_at{};
  };

  static Fine until_full(const Entry& entry, BootTime now) {
    return std::max(Fine{}, entry.full_at - now);
  }
  Fine until_next(const Entry& entry, BootTime now) const {
    return std::max(Fine{}, until_full(entry, now) - distance_ * (quota_ - 1));
  }
  TokenGrant grant(const Entry& entry, bool taken, Fine wait, BootTime now) const {
    const Fine until_full = TokenBuckets::until_full(entry, now);
    const auto away = (until_full + distance_ - Fine{1}) / distance_;
    return {taken, std::chrono::ceil<Duration>(wait),
            static_cast<uint32_t>(std::max<int64_t>(0, quota_ - away)),
            std::chrono::ceil<Duration>(until_full)};
  }

  uint32_t quota_;
  Fine distance_;
  LruMap<Key, Entry> entries_;
};

}  // namespace discovery

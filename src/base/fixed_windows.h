// Counts per key in windows of time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/lru_map.h"

namespace discovery {

/// For keys of LruMap. Each key's window begins with the first count after its last one ended.
/// Not synchronised.
template <class Key>
class FixedWindows {
 public:
  /// Of more than `keys_max` keys the least recently seen is forgotten.
  FixedWindows(Duration length, size_t keys_max, uint64_t seed)
      : length_(length), entries_(keys_max, seed) {}

  struct Count {
    uint32_t count = 0;     // in the present window
    BootTime window_end{};  // when the next begins
  };

  /// Counts once more, unless `quota` is reached; `counted` says which.
  struct Charged : Count {
    bool counted = false;
  };
  Charged count(const Key& key, uint32_t quota, BootTime now) {
    const auto has_ended = [&](const Entry& entry) { return entry.begin + length_ <= now; };
    Entry& entry = entries_.touch(key, has_ended);
    if (entry.count == 0 || has_ended(entry)) entry = {now, 0};
    Charged charged;
    charged.counted = entry.count < quota;
    if (charged.counted) ++entry.count;
    charged.count = entry.count;
    charged.window_end = entry.begin + length_;
    return charged;
  }

  /// Without counting.
  Count look(const Key& key, BootTime now) const {
    const Entry* entry = entries_.find(key);
    if (entry == nullptr || entry->begin + length_ <= now) return {0, now + length_};
    return {entry->count, entry->begin + length_};
  }

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    BootTime begin{};
    uint32_t count = 0;
  };

  Duration length_;
  LruMap<Key, Entry> entries_;
};

}  // namespace discovery

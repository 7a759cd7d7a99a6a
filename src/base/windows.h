// Counts per key in windows of time, for at most so many keys at once: what rate limits are made
// of.
#pragma once

#include <algorithm>
#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"
#include "base/ip_address.h"

namespace discovery {

inline std::string_view key_bytes(const std::string& key) { return key; }
inline std::string_view key_bytes(const IpAddress& key) {
  const auto& bytes = key.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// For keys that key_bytes() knows. Each key's window begins with the first count after its last
/// one ended. Not synchronised.
template <class Key>
class Windows {
 public:
  /// Of more than `keys_max` keys the least recently seen is forgotten.
  Windows(Duration length, size_t keys_max, uint64_t seed)
      : length_(length),
        keys_max_(std::max<size_t>(1, keys_max)),
        table_({typename Table::template nth_index<0>::type::ctor_args(),
                typename Table::template nth_index<1>::type::ctor_args(0, {}, Hash{seed}, {})}) {}

  struct Count {
    uint32_t count = 0;     // in the present window
    BootTime window_end{};  // when the next begins
  };

  /// Counts once more, unless `quota` is reached; `counted` says which.
  struct Verdict : Count {
    bool counted = false;
  };
  Verdict count(const Key& key, uint32_t quota, BootTime now) {
    forget_some(now);
    auto& by_key = table_.template get<1>();
    auto found = by_key.find(key);
    if (found == by_key.end()) {
      if (table_.size() >= keys_max_) table_.pop_front();
      found = by_key.insert({key, now, 0}).first;
    }
    table_.relocate(table_.end(), table_.template project<0>(found));
    Verdict verdict;
    by_key.modify(found, [&](Entry& entry) {
      if (entry.count == 0 || entry.begin + length_ <= now) entry = {entry.key, now, 0};
      verdict.counted = entry.count < quota;
      if (verdict.counted) ++entry.count;
      verdict.count = entry.count;
      verdict.window_end = entry.begin + length_;
    });
    return verdict;
  }

  /// Without counting.
  Count look(const Key& key, BootTime now) const {
    const auto& by_key = table_.template get<1>();
    const auto found = by_key.find(key);
    if (found == by_key.end() || found->begin + length_ <= now) return {0, now + length_};
    return {found->count, found->begin + length_};
  }

  size_t size() const { return table_.size(); }

 private:
  struct Entry {
    Key key;
    BootTime begin{};
    uint32_t count = 0;
  };
  struct Hash {
    uint64_t seed;
    size_t operator()(const Key& key) const { return keyed_hash(key_bytes(key), seed); }
  };
  using Table = boost::multi_index_container<
      Entry, boost::multi_index::indexed_by<
                 boost::multi_index::sequenced<>,
                 boost::multi_index::hashed_unique<
                     boost::multi_index::member<Entry, Key, &Entry::key>, Hash>>>;

  // Who has not been seen for a window is as good as new. Two at a time are forgotten faster than
  // one is added, and nobody waits while a whole crowd is.
  void forget_some(BootTime now) {
    for (int i = 0; i < 2 && !table_.empty() && table_.front().begin + length_ <= now; ++i) {
      table_.pop_front();
    }
  }

  Duration length_;
  size_t keys_max_;
  Table table_;  // least recently seen first
};

}  // namespace discovery

// A value for each of at most so many keys, the least recently seen forgotten first: what rate
// limits are kept in.
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

#include "base/hash.h"
#include "base/ip_address.h"

namespace discovery {

inline std::string_view key_bytes(const std::string& key) { return key; }
inline std::string_view key_bytes(const IpAddress& key) {
  const auto& bytes = key.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// For keys that key_bytes() knows. Not synchronised.
template <class Key, class Value>
class LruMap {
 public:
  LruMap(size_t keys_max, uint64_t seed)
      : keys_max_(std::max<size_t>(1, keys_max)),
        table_({typename Table::template nth_index<0>::type::ctor_args(),
                typename Table::template nth_index<1>::type::ctor_args(0, {}, Hash{seed}, {})}) {}

  /// The key's value, which is a new one where there is none; now it is the most recently seen.
  /// First forgets up to two keys that have not been seen for longest, where `is_expendable`
  /// says that nothing is lost: faster than keys are added, and a bounded number for each call.
  template <class IsExpendable>
  Value& touch(const Key& key, IsExpendable&& is_expendable) {
    for (int i = 0; i < 2 && !table_.empty() && is_expendable(table_.front().value); ++i) {
      table_.pop_front();
    }
    auto& by_key = table_.template get<1>();
    auto found = by_key.find(key);
    if (found == by_key.end()) {
      if (table_.size() >= keys_max_) table_.pop_front();
      found = by_key.insert({key, {}}).first;
    }
    table_.relocate(table_.end(), table_.template project<0>(found));
    return found->value;
  }

  /// Without seeing it; null where there is none.
  const Value* find(const Key& key) const {
    const auto& by_key = table_.template get<1>();
    const auto found = by_key.find(key);
    return found == by_key.end() ? nullptr : &found->value;
  }

  size_t size() const { return table_.size(); }

 private:
  struct Entry {
    Key key;
    mutable Value value;  // no index depends on it
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

  size_t keys_max_;
  Table table_;  // least recently seen first
};

}  // namespace discovery

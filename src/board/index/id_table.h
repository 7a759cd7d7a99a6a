// The hash table from provider ids to rows.
//
// Holds row numbers and half of each id's hash; the ids themselves are read in the row table.
// Not synchronised.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "board/index/row_number.h"
#include "board/index/row_table.h"

namespace discovery {

class IdTable {
 public:
  /// `rows` outlives this; `seed` keys the hash of ids, which are untrusted input.
  IdTable(const RowTable& rows, uint64_t seed);

  std::optional<RowNumber> find(std::string_view provider_id) const;
  /// A row whose id no other has.
  void insert(RowNumber row);
  /// While the row is still there.
  void erase(RowNumber row);
  /// After the rows have moved.
  void relocate(const Relocations& relocations);

  size_t size() const { return size_; }

 private:
  struct Entry {
    RowNumber row;
    uint32_t hash;
  };
  struct Key {
    std::string_view id;
    uint32_t hash;
    const RowTable* rows;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Entry& entry) const { return entry.hash; }
    size_t operator()(const Key& key) const { return key.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Entry& a, const Entry& b) const { return a.row == b.row; }
    bool operator()(const Key& key, const Entry& entry) const;
    bool operator()(const Entry& entry, const Key& key) const { return (*this)(key, entry); }
  };
  using Map = boost::unordered_flat_set<Entry, Hash, Equal>;
  // Cut into many maps, so that no growth holds up the writer for long, and a small board touches
  // little memory. Bits that the maps themselves do not look at choose among them.
  static constexpr size_t kMaps = 256;

  uint64_t hash_of(std::string_view provider_id) const;
  static Entry entry_of(RowNumber row, uint64_t hash) { return {row, static_cast<uint32_t>(hash)}; }
  Map& map_of(uint64_t hash) { return maps_[hash >> 32 & (kMaps - 1)]; }
  const Map& map_of(uint64_t hash) const { return maps_[hash >> 32 & (kMaps - 1)]; }

  const RowTable& rows_;
  const uint64_t seed_;
  std::vector<Map> maps_;
  size_t size_ = 0;
};

}  // namespace discovery

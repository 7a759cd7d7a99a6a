// The rows once more, put together by what they cost in USD, so that what a question asks for lies
// in few row groups: the leaves of a k-d tree.
//
// Each country has leaves of its own, and unknown prices are kept apart. A leaf that is full
// is split at the median of the price that spreads widest, on a logarithmic scale; where all cost
// the same, by creation. Rows have no order, and no holes.
//
// Not synchronised.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "advertisement/countries.h"
#include "board/index/columns.h"
#include "board/index/row_number.h"
#include "board/index/zone_map.h"

namespace discovery {

struct PriceLeaf {
  Columns columns;
  std::array<RowNumber, kGroupRows> rows{};
  std::array<uint32_t, kGroupRows> created{};  // seconds_code()
  uint32_t used = 0;
  uint32_t changes_since_redraw = 0;
  uint32_t number = 0;
  uint32_t position = 0;  // in its partition
  uint32_t partition = 0;
};

class PriceTree {
 public:
  struct Member {
    RowCodes codes;
    uint32_t created = 0;
    RowNumber row;
  };
  void insert(Country country, const Member& member);
  /// The row has other codes now.
  void replace(const Member& member);
  void remove(RowNumber row);

  /// After the rows have moved in their table.
  void relocate(const Relocations& relocations);

  /// Zone maps lie apart from the leaves, so that all are run over in one sweep.
  struct Partition {
    std::vector<ZoneMap> zone_maps;
    std::vector<uint32_t> numbers;
  };
  /// All of a country, but for unknown prices.
  const Partition& of(Country country) const { return partitions_[country]; }
  const Partition& unpriced(Country country) const { return partitions_[kCountryCount + country]; }
  const PriceLeaf& numbered(uint32_t number) const { return *leaves_[number]; }

 private:
  static Member member_at(const PriceLeaf& leaf, uint32_t slot);
  ZoneMap& zone_map_of(const PriceLeaf& leaf) {
    return partitions_[leaf.partition].zone_maps[leaf.position];
  }
  void insert(uint32_t partition, const Member& member);
  void set_row(uint32_t location, RowNumber row);
  PriceLeaf& add_leaf(uint32_t partition);
  void drop_leaf(const PriceLeaf& leaf);
  PriceLeaf& best_leaf(uint32_t partition, const Member& member);
  void put(PriceLeaf& leaf, const Member& member);
  void set(PriceLeaf& leaf, uint32_t slot, const Member& member);
  void take(PriceLeaf& leaf, uint32_t slot);
  void split(PriceLeaf& leaf);
  void dissolve(const PriceLeaf& leaf);
  void redraw(PriceLeaf& leaf);

  std::array<Partition, size_t{2} * kCountryCount> partitions_;
  std::vector<std::unique_ptr<PriceLeaf>> leaves_;  // by number
  std::vector<uint32_t> free_numbers_;
  std::vector<uint32_t> locations_;  // of each row: its leaf's number and its slot
};

}  // namespace discovery

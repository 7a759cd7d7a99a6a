// All listings in the board's order: each country's row groups, one behind the other.
//
// A row keeps its number until it is removed or makes room for others. Not synchronised.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "advertisement/countries.h"
#include "base/clock.h"
#include "board/index/row_group.h"
#include "board/index/row_number.h"
#include "board/index/zone.h"
#include "listing/listing.h"

namespace discovery {

class RowTable {
 public:
  /// Zones lie apart from the row groups, so that a search runs over them without a miss for each.
  struct Entry {
    Zone zone;
    Block* block;
  };
  using Partition = std::vector<Entry>;  // one country's, in order

  RowTable() = default;
  RowTable(const RowTable&) = delete;
  RowTable& operator=(const RowTable&) = delete;

  /// A new row. Appends to `moves` the rows that made room for it: their numbers hold from now on,
  /// all at once, and may be those that others of them had.
  RowNumber insert(ListingPtr listing, const RowCodes& codes, RowMoves& moves);
  /// Of the same country and creation as the row's former listing.
  void replace(RowNumber row, ListingPtr listing, const RowCodes& codes);
  /// Likewise; rows move where thin row groups are joined.
  void remove(RowNumber row, RowMoves& moves);
  /// Draws the zones anew whose first expiry has passed. After the expired were removed.
  void tighten(BootTime now);

  const ListingPtr& at(RowNumber row) const { return blocks_[row.group()]->row(row.slot()); }
  void prefetch(RowNumber row) const { blocks_[row.group()]->prefetch(row.slot()); }
  const Partition& of(Country country) const { return partitions_[country]; }
  const std::array<Partition, kCountryCount>& partitions() const { return partitions_; }
  const Block& block(uint32_t number) const { return *blocks_[number]; }
  const Zone& zone_of(const Block& block) const {
    return partitions_[block.country()][block.position()].zone;
  }

 private:
  // A listing on its way into a row.
  struct Arrival {
    ListingPtr listing;
    RowNumber from;
    bool is_new = false;
  };

  Zone& zone_of(const Block& block) { return partitions_[block.country()][block.position()].zone; }
  Block& add_block(Country country, size_t position);
  void drop_block(const Block& block);
  RowNumber append(Partition& partition, ListingPtr listing, const RowCodes& codes);
  RowNumber insert_between(Partition& partition, ListingPtr listing, RowMoves& moves);
  void merge(Block& first, Block& second, RowMoves& moves);
  static void collect(const Block& block, std::vector<Arrival>& arrivals);
  void empty(Block& block);
  RowNumber put_last(Block& block, ListingPtr listing, const RowCodes& codes);

  std::vector<std::unique_ptr<Block>> blocks_;  // by number
  std::vector<uint32_t> free_numbers_;
  std::array<Partition, kCountryCount> partitions_;
};

}  // namespace discovery

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
#include "board/index/zone_map.h"
#include "listing/listing.h"

namespace discovery {

class RowTable {
 public:
  /// Zone maps lie apart from the row groups, so that a search runs over them without a miss for
  /// each.
  struct Entry {
    ZoneMap zone_map;
    RowGroup* group;
  };
  using Partition = std::vector<Entry>;  // one country's, in order

  RowTable() = default;
  RowTable(const RowTable&) = delete;
  RowTable& operator=(const RowTable&) = delete;

  /// A new row. Appends to `relocations` the rows that made room for it: their numbers hold from
  /// now on, all at once, and may be those that others of them had.
  RowNumber insert(ListingPtr listing, const RowCodes& codes, Relocations& relocations);
  /// Of the same country and creation as the row's former listing.
  void replace(RowNumber row, ListingPtr listing, const RowCodes& codes);
  /// Likewise; rows move where thin row groups are joined.
  void remove(RowNumber row, Relocations& relocations);
  /// Draws the zone maps anew whose first expiry has passed. After the expired were removed.
  void refresh_zone_maps(BootTime now);

  const ListingPtr& at(RowNumber row) const { return groups_[row.group()]->row(row.slot()); }
  void prefetch(RowNumber row) const { groups_[row.group()]->prefetch(row.slot()); }
  const Partition& of(Country country) const { return partitions_[country]; }
  const std::array<Partition, kCountryCount>& partitions() const { return partitions_; }
  const RowGroup& group(uint32_t number) const { return *groups_[number]; }
  const ZoneMap& zone_map_of(const RowGroup& group) const {
    return partitions_[group.country()][group.position()].zone_map;
  }

 private:
  // A listing on its way into a row.
  struct Arrival {
    ListingPtr listing;
    RowNumber from;
    bool is_new = false;
  };

  ZoneMap& zone_map_of(const RowGroup& group) {
    return partitions_[group.country()][group.position()].zone_map;
  }
  RowGroup& add_group(Country country, size_t position);
  void drop_group(const RowGroup& group);
  RowNumber append(Partition& partition, ListingPtr listing, const RowCodes& codes);
  RowNumber insert_between(Partition& partition, ListingPtr listing, Relocations& relocations);
  void merge(RowGroup& first, RowGroup& second, Relocations& relocations);
  static void collect(const RowGroup& group, std::vector<Arrival>& arrivals);
  void empty(RowGroup& group);
  RowNumber put_last(RowGroup& group, ListingPtr listing, const RowCodes& codes);

  std::vector<std::unique_ptr<RowGroup>> groups_;  // by number
  std::vector<uint32_t> free_numbers_;
  std::array<Partition, kCountryCount> partitions_;
};

}  // namespace discovery

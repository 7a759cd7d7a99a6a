// Up to 512 listings of one country, by column, with what lets a search pass them by.
//
// Rows lie in the order (created, provider id). A row is taken out by leaving a hole, so that the
// slots of the others stay; holes go when row groups are merged or rewritten.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "board/index/columns.h"
#include "board/index/compiled_filter.h"
#include "listing/listing.h"

namespace discovery {

class RowGroup {
 public:
  static constexpr uint32_t kRows = kGroupRows;

  RowGroup(uint32_t number, Country country) : number_(number), country_(country) {}

  uint32_t number() const { return number_; }
  Country country() const { return country_; }
  /// Where the row group stands among its country's; kept by the index.
  uint32_t position() const { return position_; }
  void set_position(size_t position) { position_ = static_cast<uint32_t>(position); }
  uint32_t used() const { return used_; }  // rows and holes
  uint32_t live() const { return live_; }
  bool full() const { return used_ == kRows; }
  const ListingPtr& row(uint32_t slot) const { return rows_[slot]; }
  /// Of a row group that is not empty.
  const Listing& first() const;
  const Listing& last() const;
  const Columns& columns() const { return columns_; }
  /// When the row was last updated, in whole seconds.
  uint32_t updated(uint32_t slot) const { return updated_[slot]; }
  /// Takes away the flags of rows that were updated before or after these seconds; of what is no
  /// row some may stay.
  void compare_updated(uint32_t least, uint32_t most, SelectionVector& candidates) const;
  /// Whether the listing sorts behind everything that was ever appended here.
  bool ends_before(const Listing& listing) const;

  /// Behind all others; its slot. Not when full.
  uint32_t append(ListingPtr listing, const RowCodes& codes);
  void replace(uint32_t slot, ListingPtr listing, const RowCodes& codes);
  void remove(uint32_t slot);
  void clear();

  ZoneMap zone_map() const;

  void scan(const CompiledFilter& compiled, const ZoneMap& zone_map, ScanResult& result) const;
  uint32_t count(const CompiledFilter& compiled, const ZoneMap& zone_map) const;
  /// What sizes and prices say nothing about: whether the row lives and its tags and its being
  /// verified are what is asked for.
  bool fits(const CompiledFilter& compiled, uint32_t slot) const;
  /// Asks the processor for where the row's listing is.
  void prefetch(uint32_t slot) const { __builtin_prefetch(&rows_[slot]); }
  /// Appends what has expired to `out` until it holds `limit`.
  void find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const;

 private:
  void set(uint32_t slot, ListingPtr listing, const RowCodes& codes);
  bool has_expired(uint32_t slot, BootTime now, uint32_t now_code) const;
  bool has_names(const CompiledFilter& compiled, uint32_t slot) const;
  void deselect_others(const CompiledFilter& compiled, bool some_expired,
                       SelectionVector& candidates) const;

  Columns columns_;
  std::array<uint8_t, kRows> platform_{};  // tags, as the next two
  std::array<uint8_t, kRows> network_{};
  std::array<uint8_t, kRows> payments_network_{};
  std::array<uint8_t, kRows> verified_{};
  std::array<uint32_t, kRows> expires_{};
  std::array<uint32_t, kRows> updated_{};
  std::array<ListingPtr, kRows> rows_{};
  WallTime last_created_{};
  uint32_t used_ = 0;
  uint32_t live_ = 0;
  uint32_t position_ = 0;
  const uint32_t number_;
  const Country country_;
};

}  // namespace discovery

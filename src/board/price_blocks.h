// The listings once more, put together by what they cost in USD, so that the cheapest for any size
// are found in few blocks.
//
// Each country has two groups of blocks: of known prices and of unknown ones. A block that is full
// is split at the median of the unit price that spreads widest, on a logarithmic scale; where all
// cost the same, by provider id. Rows have no order, and no holes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "advertisement/listing.h"
#include "board/columns.h"
#include "board/id_scale.h"

namespace discovery {

/// What all rows of a price block have in common; never narrower than the rows.
struct PriceZone {
  PriceZone();
  void widen(const std::optional<UnitPrices>& usd, const RowCodes& codes);

  UnitPrices least;  // to the last bit: they bound prices that are computed from them
  UnitPrices most;
  std::array<uint16_t, kDimensions> size_most{};
  uint16_t id_least = UINT16_MAX;
};

struct PriceBlock {
  /// The three price codes and, for the least, the id's: where a listing lies among others.
  static constexpr size_t kAxes = kDimensions + 1;
  using Point = std::array<uint16_t, kAxes>;
  /// From the least to the most of each.
  struct Box {
    Point least{UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX};
    Point most{};
  };

  Columns columns;
  std::array<const Listing*, kBlockRows> rows{};
  uint32_t used = 0;
  uint32_t taken = 0;  // since the zone was drawn
  uint32_t number = 0;
  uint32_t position = 0;  // in its group
  uint32_t group = 0;
};

class PriceBlocks {
 public:
  /// Told whenever a listing comes to stand elsewhere.
  using Moved = std::function<void(const Listing&, uint32_t place)>;
  explicit PriceBlocks(Moved moved) : moved_(std::move(moved)) {}

  /// The listing must stay as long as it is here, at whatever place. Tells where it stands.
  void insert(const Listing& listing, uint16_t id_code);
  /// A listing that comes with many others; `row` is the caller's.
  struct Offer {
    const Listing* listing;
    RowCodes codes;
    std::optional<UnitPrices> usd;
    uint32_t row;
  };
  /// Inserts all of a country that has none yet, at far less cost, and calls `placed(row, place)`
  /// for each.
  void fill(Country country, std::span<Offer> offers,
            const std::function<void(uint32_t row, uint32_t place)>& placed);
  /// Puts `listing` into a place whose listing is of the same provider and country; tells if that
  /// moves it.
  void replace(uint32_t place, const Listing& listing, uint16_t id_code);
  /// Likewise, where both show the same content: never moves it.
  void renew(uint32_t place, const Listing& listing) {
    by_number_[place / kBlockRows]->rows[place % kBlockRows] = &listing;
  }
  void remove(uint32_t place);
  /// Follows a new scale.
  void recode(const IdScale& scale);

  /// Boxes and zones lie apart from the blocks that they are of, so that all are run over in one
  /// sweep.
  struct Group {
    std::vector<PriceBlock::Box> boxes;
    std::vector<PriceZone> zones;
    std::vector<std::unique_ptr<PriceBlock>> blocks;
  };
  const Group& known(Country country) const { return groups_[country]; }
  const Group& unknown(Country country) const { return groups_[kCountryCount + country]; }

 private:
  PriceBlock& add_block(uint32_t group);
  void drop_block(PriceBlock& block);
  PriceZone& zone_of(const PriceBlock& block) { return groups_[block.group].zones[block.position]; }
  PriceBlock::Box& box_of(const PriceBlock& block) {
    return groups_[block.group].boxes[block.position];
  }
  PriceBlock& best_block(uint32_t group, const PriceBlock::Point& point);
  uint32_t put(PriceBlock& block, const Listing& listing, const RowCodes& codes,
               const std::optional<UnitPrices>& usd);
  void take(PriceBlock& block, uint32_t slot);
  void split(PriceBlock& block);
  void dissolve(PriceBlock& block);
  void redraw(PriceBlock& block);

  const Moved moved_;
  std::array<Group, size_t{2} * kCountryCount> groups_;
  std::vector<PriceBlock*> by_number_;
  std::vector<uint32_t> free_numbers_;
};

}  // namespace discovery

// The order of listings, and bounds of a row's rank in it that need no listing.
#pragma once

#include <optional>
#include <string_view>

#include "board/index/price_tree.h"
#include "board/index/row_group.h"
#include "board/index/zone_map.h"
#include "listing/listing.h"
#include "query/query.h"

namespace discovery {

/// A sort key: the least comes first.
struct Rank {
  double value = 0;              // of the sort key, turned so that the least comes first
  WallTime created{};            // breaks ties
  std::string_view provider_id;  // breaks the ties that are left
};

/// Within which a rank lies, but for provider ids.
struct RankBounds {
  double least;
  double most;
  WallTime created_least;
  WallTime created_most;
};

/// The size by which is sorted, if it is one.
std::optional<Dimension> size_of(SortKey key);

class Ranking {
 public:
  Ranking(const Order& order, const AskedSize& size) : order_(order), size_(size) {}

  SortKey key() const { return order_.key; }
  Rank rank(const Listing& listing) const;
  Rank rank(const Position& position) const;
  bool before(const Rank& a, const Rank& b) const;

  /// Of all rows of a group with this zone map.
  RankBounds bounds(const ZoneMap& zone_map) const;
  /// Of one row of a group whose bounds are `of_group`.
  RankBounds bounds(const RowGroup& group, uint32_t slot, const RankBounds& of_group) const;
  RankBounds bounds(const PriceLeaf& leaf, uint32_t slot) const;

  /// A value turned as those of ranks are, or back.
  double turned(double value) const { return order_.descending ? -value : value; }

 private:
  struct Range {
    double least;
    double most;
  };
  double value(const Listing& listing) const;
  double price(const Listing& listing, Currency currency) const;
  Range turned(Range range) const;
  Range sizes(uint16_t least, uint16_t most) const;
  Range prices(const PriceCodes& least, const PriceCodes& most) const;

  const Order order_;
  const AskedSize size_;
};

}  // namespace discovery

#include "board/index/ranking.h"

#include <limits>
#include <tuple>

namespace discovery {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUnknownLast = kInfinity;

double micros(WallTime time) { return static_cast<double>(time.time_since_epoch().count()); }

WallTime first_of(uint32_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

// The first and last times that have no code of their own share the codes at the ends.
WallTime least_time(uint32_t seconds) { return seconds == 0 ? WallTime::min() : first_of(seconds); }
WallTime most_time(uint32_t seconds) {
  return seconds == UINT32_MAX ? WallTime::max() : first_of(seconds) + std::chrono::seconds(1);
}

UnitPrices least_of(const PriceCodes& codes) {
  return {least_of_price_code(codes[0]), least_of_price_code(codes[1]),
          least_of_price_code(codes[2])};
}

UnitPrices most_of(const PriceCodes& codes) {
  return {most_of_price_code(codes[0]), most_of_price_code(codes[1]), most_of_price_code(codes[2])};
}

}  // namespace

std::optional<Dimension> size_of(SortKey key) {
  switch (key) {
    case SortKey::cpu:
      return kCpu;
    case SortKey::memory:
      return kMemory;
    case SortKey::storage:
      return kStorage;
    default:
      return std::nullopt;
  }
}

double Ranking::value(const Listing& listing) const {
  switch (order_.key) {
    case SortKey::board:
      return listing.country();
    case SortKey::price:
      return price(listing, Currency::usd);
    case SortKey::glm_price:
      return price(listing, Currency::glm);
    case SortKey::cpu:
      return turned(listing.sizes().cpu);
    case SortKey::memory:
      return turned(listing.sizes().memory);
    case SortKey::storage:
      return turned(listing.sizes().storage);
    case SortKey::created_at:
      return turned(micros(listing.created()));
    case SortKey::updated_at:
      return turned(micros(listing.updated()));
    case SortKey::provider_id:
      return 0;
  }
  return 0;
}

double Ranking::price(const Listing& listing, Currency currency) const {
  const auto known = listing.price_per_month(currency, size_);
  return known ? turned(*known) : kUnknownLast;
}

Rank Ranking::rank(const Listing& listing) const {
  const bool is_by_id = order_.key == SortKey::provider_id;
  return {value(listing), is_by_id ? WallTime{} : listing.created(), listing.provider_id()};
}

Rank Ranking::rank(const Position& position) const {
  switch (order_.key) {
    case SortKey::board:
      return {static_cast<double>(position.country), position.created, position.provider_id};
    case SortKey::provider_id:
      return {0, WallTime{}, position.provider_id};
    default:
      return {position.value ? turned(*position.value) : kUnknownLast, position.created,
              position.provider_id};
  }
}

bool Ranking::before(const Rank& a, const Rank& b) const {
  if (a.value != b.value) return a.value < b.value;
  if (a.created != b.created) return a.created < b.created;
  const bool ids_descend = order_.key == SortKey::provider_id && order_.descending;
  return ids_descend ? b.provider_id < a.provider_id : a.provider_id < b.provider_id;
}

Ranking::Range Ranking::turned(Range range) const {
  return order_.descending ? Range{-range.most, -range.least} : range;
}

Ranking::Range Ranking::sizes(uint16_t least, uint16_t most) const {
  return turned(
      {static_cast<double>(least_of_code(least)), static_cast<double>(most_of_code(most))});
}

// Unit prices bound what is computed from them by the same function, to the last bit.
Ranking::Range Ranking::prices(const PriceCodes& least, const PriceCodes& most) const {
  if (least[0] == kUnknownPrice) return {kUnknownLast, kUnknownLast};
  return turned({least_of(least).per_month(size_), most_of(most).per_month(size_)});
}

RankBounds Ranking::bounds(const ZoneMap& zone_map) const {
  const WallTime created_least = least_time(zone_map.created_least);
  const WallTime created_most = most_time(zone_map.created_most);
  Range range{-kInfinity, kInfinity};
  if (order_.key == SortKey::price) {
    range = prices(zone_map.price_least, zone_map.price_most);
  } else if (order_.key == SortKey::created_at) {
    range = turned({micros(created_least), micros(created_most)});
  } else if (const auto size = size_of(order_.key)) {
    range = sizes(zone_map.size_least[*size], zone_map.size_most[*size]);
  }
  return {range.least, range.most, created_least, created_most};
}

RankBounds Ranking::bounds(const RowGroup& group, uint32_t slot, const RankBounds& of_group) const {
  RankBounds bounds = of_group;
  if (order_.key == SortKey::updated_at) {
    const uint32_t updated = group.updated(slot);
    const Range range = turned({micros(least_time(updated)), micros(most_time(updated))});
    std::tie(bounds.least, bounds.most) = std::tie(range.least, range.most);
  } else if (const auto size = size_of(order_.key)) {
    const uint16_t code = group.columns().size(*size, slot);
    const Range range = sizes(code, code);
    std::tie(bounds.least, bounds.most) = std::tie(range.least, range.most);
  }
  return bounds;
}

RankBounds Ranking::bounds(const PriceLeaf& leaf, uint32_t slot) const {
  const PriceCodes codes = leaf.columns.prices(slot);
  const Range range = prices(codes, codes);
  const uint32_t created = leaf.created[slot];
  return {range.least, range.most, least_time(created), most_time(created)};
}

}  // namespace discovery

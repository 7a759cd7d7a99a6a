// A filter as row groups see it.
#pragma once

#include <array>
#include <bit>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "board/index/columns.h"
#include "board/index/zone_map.h"
#include "query/filter.h"

namespace discovery {

/// The names a search accepts, as a set of one-byte tags. A tag can be shared by several names, so
/// what passes is looked at again.
class NameTags {
 public:
  static uint8_t tag(std::string_view name);

  void set(const std::vector<std::string>& names);
  bool accepts(uint8_t tag) const { return any_ || accepted_[tag]; }

 private:
  bool any_ = true;
  std::bitset<256> accepted_;
};

/// Which rows may match, and which surely do: a candidate that is not `certain` must still be
/// accepted by the filter.
struct ScanResult {
  SelectionVector candidates;
  SelectionVector certain;
};

/// A bit for each country, the first one lowest.
using CountryBits = std::array<uint64_t, (kCountryCount + 63) / 64>;

/// Built once per search; refers to the filter, which must outlive it.
struct CompiledFilter {
  CompiledFilter(const Filter& filter, BootTime now);

  /// The first country asked for from this one on; kCountryCount: there is none.
  unsigned next_country(unsigned from) const {
    uint64_t mask = ~uint64_t{0} << from % 64;
    for (size_t word = from / 64; word < countries.size(); ++word, mask = ~uint64_t{0}) {
      const uint64_t asked = countries[word] & mask;
      if (asked != 0)
        return static_cast<unsigned>(word * 64) + static_cast<unsigned>(std::countr_zero(asked));
    }
    return kCountryCount;
  }
  bool may_match(const ZoneMap& zone_map) const;
  /// The zone map of what may match of its group.
  ZoneMap narrow(ZoneMap zone_map) const;
  /// By sizes and prices alone.
  void scan(const Columns& columns, ScanResult& result) const;
  /// Whether a listing fits, by its own values alone.
  bool matches(const Listing& listing) const;
  /// The same, without asking whether it has expired.
  bool accepts(const Listing& listing) const;

  const Filter& filter;
  const BootTime now;
  const uint32_t now_code;
  CountryBits countries;
  SizeCodes sizes;
  PriceWindow price;         // USD
  bool possible = true;      // false: no listing can match
  bool names_asked = false;  // any of the tags below
  bool verified_asked = false;
  uint8_t verified_wanted = 0;  // where it is asked
  bool codes_decide = true;     // but for the price, what passes windows and tags matches
  NameTags platforms, networks, payments_networks;
};

}  // namespace discovery

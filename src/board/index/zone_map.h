// What all rows of a group (a row group, or a leaf of the price tree) have in common, by which
// whole groups are ruled out.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "board/index/columns.h"

namespace discovery {

/// Bounds may be wider than the rows need, never narrower.
struct ZoneMap {
  ZoneMap();
  /// `created` as seconds_code() has it.
  void widen(const RowCodes& codes, uint32_t created);
  void widen(BootTime expires) { first_expiry = std::min(first_expiry, expires); }

  BootTime first_expiry = BootTime::max();
  SizeCodes size_least;
  SizeCodes size_most;
  PriceCodes price_least;
  PriceCodes price_most;
  uint32_t created_least = UINT32_MAX;
  uint32_t created_most = 0;
};

}  // namespace discovery

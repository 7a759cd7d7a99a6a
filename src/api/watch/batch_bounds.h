// Rules out filters for a whole batch of changes, so that their groups of streams are skipped.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "board/change_feed.h"
#include "query/filter.h"

namespace discovery {

/// Names as a set of 64 bits, which several names may share.
using NameBits = std::array<uint64_t, 4>;  // ids, platforms, networks, payments networks

/// The least that a filter asks for.
struct FilterBounds {
  explicit FilterBounds(const Filter& filter);

  uint64_t fingerprint;  // the filter's
  Sizes least;
  std::optional<Country> country;  // the only one
  NameBits names;                  // one of each kind
  AskedSize size;                  // of which a month costs
  double usd_most;                 // so much, in USD
};

/// The most that the listings of a batch have together, as they were and as they are.
class BatchBounds {
 public:
  explicit BatchBounds(const EventBatch& batch);

  /// False: no change of the batch concerns a stream with this filter.
  bool passes(const FilterBounds& asked) const;

 private:
  void extend(const Listing& listing);

  Sizes most_;
  std::bitset<kCountryCount> countries_;
  NameBits names_{};
  UnitPrices usd_least_;
  bool is_certain_ = true;  // false: concerns every filter
};

}  // namespace discovery

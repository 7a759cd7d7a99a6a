// Rows that may make a page sorted by price, while it is not known yet which do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "board/least_first.h"

namespace discovery {

/// A row with its place when sorted by price and then by the code of its id: the lesser, the
/// better. A price is the bits of a double that is never negative, or what they lack of infinity's
/// where the dearest are first.
class RankedRow {
 public:
  // Both are compared at once, since a branch would be foreseen wrongly half of the time.
  struct Rank {
    uint64_t price = 0;
    uint64_t id = 0;

    bool operator==(const Rank&) const = default;
    bool operator<(const Rank& other) const {
      return ((price < other.price) | ((price == other.price) & (id < other.id))) != 0;
    }
  };
  static constexpr uint64_t kUnknown = std::numeric_limits<uint64_t>::max();
  static constexpr Rank kNone{kUnknown, std::numeric_limits<uint32_t>::max()};

  RankedRow(const Rank& rank, uint32_t row) : value_{rank.price, rank.id << 32 | row} {}
  Rank rank() const { return {value_.price, value_.id >> 32}; }
  uint32_t row() const { return static_cast<uint32_t>(value_.id); }
  bool operator<(const RankedRow& other) const { return value_ < other.value_; }

 private:
  Rank value_;
};

/// As many of the best as are wanted, some more, and those that tie with the last.
class KeptRows {
 public:
  using Rank = RankedRow::Rank;

  explicit KeptRows(size_t wanted) : wanted_(wanted), full_(wanted) {}

  void keep(const Rank& rank, uint32_t row) { rows_.emplace_back(rank, row); }
  /// Drops the worst where so many have come that it pays.
  void drop_if_crowded() {
    if (rows_.size() >= full_ + std::max(kExcess, full_ / 4)) drop();
  }
  /// What is worse than the best `wanted`.
  void drop() {
    if (rows_.size() < wanted_) return;
    put_least_first(std::span(rows_), wanted_);
    const auto rest = rows_.begin() + static_cast<ptrdiff_t>(wanted_);
    worst_ = std::max_element(rows_.begin(), rest)->rank();
    const auto is_worse = [this](const RankedRow& one) { return worst_ < one.rank(); };
    rows_.erase(std::remove_if(rest, rows_.end(), is_worse), rows_.end());
    full_ = rows_.size();
  }

  /// Whether anybody was dropped, or may have been.
  bool full() const { return !(worst_ == RankedRow::kNone); }
  /// Nobody behind can make the page.
  const Rank& worst() const { return worst_; }
  const std::vector<RankedRow>& rows() const { return rows_; }

 private:
  // A long page would be gone through again and again.
  static constexpr size_t kExcess = 32;

  const size_t wanted_;
  size_t full_;  // kept when last some were dropped
  Rank worst_ = RankedRow::kNone;
  std::vector<RankedRow> rows_;
};

}  // namespace discovery

// Who comes first on a page, and who is behind a place.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "advertisement/listing.h"
#include "board/columns.h"
#include "query/query.h"

namespace discovery {

/// A listing with the figure it is sorted by, so turned that the least comes first.
struct Ranked {
  double value = 0;
  Country country = 0;
  WallTime created{};
  std::string_view provider_id;
  const Listing* listing = nullptr;  // none: a place behind which a page begins
};

/// The size by which is sorted, if it is one.
std::optional<Dimension> size_of(SortKey key);

/// A time as a figure.
inline double micros(WallTime time) { return static_cast<double>(time.time_since_epoch().count()); }

class Ranking {
 public:
  Ranking(const Order& order, const AskedSize& size) : order_(order), size_(size) {}

  SortKey key() const { return order_.key; }
  bool descending() const { return order_.descending; }
  Ranked rank(const Listing& listing) const;
  Ranked rank(const Position& position) const;
  bool before(const Ranked& a, const Ranked& b) const;
  /// A figure turned as those of Ranked are.
  double turned(double value) const { return order_.descending ? -value : value; }

 private:
  double value(const Listing& listing) const;

  const Order order_;
  const AskedSize size_;
};

/// The best of all that were offered, at most `limit` of them.
class Best {
 public:
  Best(const Ranking& ranking, size_t limit) : ranking_(ranking), limit_(limit) {}

  bool full() const { return heap_.size() >= limit_; }
  /// When full: who must be beaten.
  const Ranked& worst() const { return heap_.front(); }
  void offer(const Ranked& candidate);
  /// Leaves nothing behind.
  std::vector<Ranked> take_sorted();

 private:
  const Ranking& ranking_;
  const size_t limit_;
  std::vector<Ranked> heap_;  // the worst in front
};

}  // namespace discovery

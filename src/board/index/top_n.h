// The first rows of an order behind a position, of all that are offered: the one way to sort.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "board/index/ranking.h"

namespace discovery {

/// Not synchronised; refers to the query, and to listings while the index is not changed.
class TopN {
 public:
  /// The first `limit` behind the query's position.
  TopN(const Query& query, size_t limit);

  const Ranking& ranking() const { return ranking_; }
  /// Whether a listing whose rank lies within these bounds may be among the first.
  bool admits(const RankBounds& bounds) const;
  /// Between which values all lie that may still be among the first.
  struct Window {
    double least;
    double most;
  };
  Window window() const;
  void offer(const Listing& listing);
  /// In order; leaves nothing behind.
  std::vector<const Listing*> take();

 private:
  struct Entry {
    Rank rank;
    const Listing* listing;
  };
  bool is_full() const { return heap_.size() >= limit_; }

  const Ranking ranking_;
  const size_t limit_;
  std::optional<Rank> after_;
  std::vector<Entry> heap_;  // the last in front
};

}  // namespace discovery

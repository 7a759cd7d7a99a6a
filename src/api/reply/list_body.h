// The bodies of long lists: JSON arrays, rendered as their readers take them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/reply/selection.h"
#include "base/clock.h"
#include "board/board.h"
#include "listing/listing.h"
#include "net/http1/exchange.h"
#include "query/query.h"

namespace discovery {

/// Where a page that follows this listing begins.
Position position_of(const Listing& listing, const Query& query);

/// Listings that are held, and then, of a walk, those that are found behind them when the held ones
/// have been taken. A walk holds `query.limit` listings at a time and its position. It shows
/// exactly once what lives, matches and keeps its sort key and creation throughout.
class ListBody final : public BodySource {
 public:
  struct Walk {
    const Board& board;  // outlives this, as the clock
    const Clock& clock;
    Query query;  // goes on behind `query.after`
  };

  /// Inside Board::read(), or while something else holds `listings`.
  ListBody(std::span<const Listing* const> listings, const Selection& selection,
           std::optional<Walk> walk = std::nullopt);

  Progress take(std::string& out) override;
  size_t bytes() const override { return held_.capacity() * sizeof(ListingPtr); }

 private:
  void append_held(std::string& out);
  void find_more();

  const Selection selection_;
  std::vector<ListingPtr> held_;
  size_t taken_ = 0;          // of these
  std::optional<Walk> walk_;  // none: nothing follows the held ones
  char separator_ = '[';
  int failures_ = 0;  // of searches that ran out of time, one after another
};

}  // namespace discovery

// How the index is searched: types over a const view of its parts. Whatever the order, the path is
// the same: row groups that may hold a match by their zone maps, rows that may be one by their
// codes, and the listing itself only where these do not decide.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "board/index/compiled_filter.h"
#include "board/index/id_table.h"
#include "board/index/price_tree.h"
#include "board/index/row_table.h"
#include "board/index/scan_limit.h"
#include "listing/listing.h"
#include "query/query.h"

namespace discovery {

/// What a query finds. Listings are good as long as the index is not changed.
struct Page {
  std::vector<const Listing*> listings;
  bool more = false;  // there may be further matches behind these
  /// Set where the time was up and the order is the board's: the search has come so far, and goes
  /// on from there.
  std::optional<Position> reached;
};

/// Good as long as the index is not changed.
struct IndexView {
  const RowTable& rows;
  const IdTable& ids;
  const PriceTree& prices;

  const Listing* find(std::string_view provider_id) const {
    const auto row = ids.find(provider_id);
    return row ? rows.at(*row).get() : nullptr;
  }
};

/// Replaces what `page` holds with the query's matches, in its order and behind its position.
void find_page(const IndexView& index, const Query& query, BootTime now, ScanLimit& limit,
               Page& page);

uint64_t count_matches(const IndexView& index, const Filter& filter, BootTime now,
                       ScanLimit& limit);

/// How many rows lie in row groups that may hold a match.
uint64_t count_candidates(const IndexView& index, const Filter& filter);

}  // namespace discovery

// A board's first state, from the rows of its store.
#pragma once

#include <string>
#include <vector>

#include "advertisement/validation.h"
#include "base/clock.h"
#include "base/result.h"
#include "board/index/index.h"
#include "board/lease_credit.h"
#include "board/providers/listed_hours.h"
#include "board/providers/pins.h"
#include "board/unlisted_rows.h"
#include "store/store.h"

namespace discovery {

/// What stands in the log line of a start.
struct LoadReport {
  size_t listed = 0;
  size_t expired = 0;
  size_t refused = 0;     // by the contract's rules: kept in the file until expired, not listed
  size_t superseded = 0;  // older rows of a provider under another spelling of its id
};

struct LoadedBoard {
  std::vector<ListingPtr> listings;        // one per provider, in the board's own order
  std::vector<UnlistedRow> unlisted_rows;  // last due first
  std::vector<Change> repairs;  // put ids that were spelled otherwise into their canonical form
  Outages outages;              // when the board was down
  LoadReport report;
};

/// Reads and checks every row. What remains of a lease is min(lease, updated_at + lease - now) and
/// what `credit`, to which the outages are added, gives it. Every key that has ever signed is
/// pinned in `pins`.
Result<LoadedBoard> load_board(Store& store, Pins& pins, const ValidationOptions& validation,
                               LeaseCredit& credit, Now now);

}  // namespace discovery

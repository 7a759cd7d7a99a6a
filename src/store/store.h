// Where the board is kept: durable, all or nothing, without an opinion on what a change means.
//
// Called by the writer thread only (and by the loading thread before there is a writer).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "advertisement/listing.h"
#include "base/result.h"

namespace discovery {

/// Puts `listing` in place of whatever its provider has, or, where that is null, removes the row of
/// `provider_id` (as it stands in the file, canonical or not). Removing what is not there is no
/// error.
struct Change {
  ListingPtr listing;
  std::string provider_id;
};

/// One row as found. Views hold for the call only. NULL columns are empty.
struct StoredRow {
  std::string_view provider_id, provider_name, ip_address, country, platform, network,
      payments_network, resources, pricing;
  std::optional<WallTime> created_at, updated_at;  // empty: not a time
};

class Store {
 public:
  virtual ~Store() = default;

  /// Shows every row once, in no order; from up to `threads` threads at a time, each naming itself
  /// by a number from 0 to `threads` - 1.
  using RowSink = std::function<void(unsigned thread, const StoredRow& row)>;
  virtual Status load(unsigned threads, const RowSink& sink) = 0;

  /// Makes all changes, in their order, durable as one: on success they survive kill -9 and power
  /// loss, on failure nothing has changed. Code::busy: worth trying again; Code::internal: a fault.
  /// None at all only tells whether the store takes writes.
  virtual Status apply(std::span<const Change> changes) = 0;

  /// What stands in the log line of a start: "sqlite /path/discovery.db".
  virtual std::string description() const = 0;
};

/// Opens or creates the database at `path` (":memory:" for one that dies with the process), adds
/// the columns that are missing, and holds the file against a second server until destroyed.
/// Code::conflict: another server holds it; Code::invalid: not such a database; other codes: it
/// cannot be opened. The message names the path.
Result<std::unique_ptr<Store>> open_sqlite(const std::string& path);

}  // namespace discovery

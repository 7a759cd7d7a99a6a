// What is on the board and how it is found. A plain, deterministic class: no lock, clock, random
// number or I/O.
//
// Composed of a table of rows, a table of their ids, the rows by price, and sums over all of them;
// README.md has the picture. Not synchronised; the board keeps two (base/left_right.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "advertisement/countries.h"
#include "base/clock.h"
#include "base/revision.h"
#include "board/index/census.h"
#include "board/index/id_table.h"
#include "board/index/index_view.h"
#include "board/index/price_tree.h"
#include "board/index/row_table.h"
#include "board/index/scan_limit.h"
#include "listing/listing.h"
#include "query/query.h"

namespace discovery {

class Index {
 public:
  /// `seed` keys the hash of provider ids.
  explicit Index(uint64_t seed) : ids_(rows_, seed) {}
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// Lists `listing`, in place of its provider's former one if there is any.
  void put(ListingPtr listing);
  /// Puts all that `other` holds, and takes over its last batch and revision.
  void copy(const Index& other);
  /// Takes a provider's listing out; nothing happens where there is none.
  void remove(std::string_view provider_id);
  /// Draws zone maps anew whose first expiry has passed. After the expired were removed.
  void refresh_zone_maps(BootTime now) { rows_.refresh_zone_maps(now); }

  // Of searches with a limit that was over the results are not whole.

  /// What stands under a canonical provider id, expired or not; nullptr where there is nothing.
  const Listing* find(std::string_view provider_id) const { return view().find(provider_id); }
  /// Replaces what `page` holds with the query's matches, in its order and behind its position.
  void page(const Query& query, BootTime now, ScanLimit& limit, Page& page) const {
    find_page(view(), query, now, limit, page);
  }
  void page(const Query& query, BootTime now, Page& page) const {
    ScanLimit none;
    this->page(query, now, none, page);
  }
  /// How many match.
  uint64_t count(const Filter& filter, BootTime now, ScanLimit& limit) const {
    return count_matches(view(), filter, now, limit);
  }
  uint64_t count(const Filter& filter, BootTime now) const {
    ScanLimit none;
    return count(filter, now, none);
  }
  /// How many rows lie in row groups that may hold a match: at most so many listings are looked at.
  uint64_t candidates(const Filter& filter) const { return count_candidates(view(), filter); }
  /// All that match, in the board's own order. Slow where many do.
  std::vector<const Listing*> matches(const Filter& filter, BootTime now, ScanLimit& limit) const;
  /// Sums over all that is held, expired listings that were not removed yet included.
  Stats stats() const { return census_.stats(); }
  /// Up to `limit` listings that have expired.
  void find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const;
  /// Listings held, expired ones that were not removed yet included.
  size_t size() const { return ids_.size(); }

  /// The last batch, of this process, and the last change that are in it.
  uint64_t batch() const { return batch_; }
  Revision revision() const { return revision_; }
  void set_last(uint64_t batch, Revision revision) {
    batch_ = batch;
    revision_ = revision;
  }

 private:
  IndexView view() const { return {rows_, ids_, prices_}; }
  void add(ListingPtr listing, const RowCodes& codes);
  void replace(RowNumber row, ListingPtr listing, const RowCodes& codes);
  void remove(RowNumber row);
  void relocate(const Relocations& relocations);

  RowTable rows_;
  IdTable ids_;
  PriceTree prices_;
  Census census_;
  uint64_t batch_ = 0;
  Revision revision_ = 0;
};

}  // namespace discovery

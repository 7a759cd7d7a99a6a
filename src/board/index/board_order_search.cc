#include "board/index/board_order_search.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace discovery {

void BoardOrderSearch::find(const Query& query, Page& page) {
  const size_t wanted = query.limit + 1;
  const unsigned first_country = query.after ? query.after->country : 0;
  for (unsigned country = compiled_.next_country(first_country); country < kCountryCount;
       country = compiled_.next_country(country + 1)) {
    const Position* const after = query.after && country == first_country ? &*query.after : nullptr;
    if (!find_in(static_cast<Country>(country), after, wanted, page)) break;
  }
  if (!limit_.was_over() || last_ == nullptr) return;
  const Listing& last = last_->last();
  page.reached = Position{last.country(), last.created(), {}, std::string(last.provider_id())};
}

// Appends the country's matches behind `after` (null: all). False: there are as many as are wanted,
// or the time is up.
bool BoardOrderSearch::find_in(Country country, const Position* after, size_t wanted, Page& page) {
  const auto is_behind = [after](const Listing& listing) {
    return std::pair(after->created, std::string_view(after->provider_id)) <
           std::pair(listing.created(), listing.provider_id());
  };
  const RowTable::Partition& partition = rows_.of(country);
  auto entry = partition.begin();
  if (after != nullptr) {
    entry = std::ranges::partition_point(
        partition, [&](const RowTable::Entry& one) { return !is_behind(one.group->first()); });
    if (entry != partition.begin()) --entry;
  }
  ScanResult result;
  for (bool is_first = after != nullptr; entry != partition.end(); ++entry, is_first = false) {
    if (!compiled_.may_match(entry->zone_map)) continue;
    // Else a search that goes on would come no further where its time is up after one group.
    if (is_first && !is_behind(entry->group->last())) continue;
    if (limit_.is_over()) return false;
    entry->group->scan(compiled_, entry->zone_map, result);
    const bool more = for_each_selected(result.candidates, [&](uint32_t slot) {
      const Listing& listing = *entry->group->row(slot);
      if (result.certain.rows[slot] == 0 && !compiled_.accepts(listing)) return true;
      if (is_first && !is_behind(listing)) return true;
      listing.prefetch_head();
      page.listings.push_back(&listing);
      return page.listings.size() < wanted;
    });
    if (!more) return false;
    last_ = entry->group;
  }
  return true;
}

}  // namespace discovery

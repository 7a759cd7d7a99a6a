// How the index is searched in the board's own order, and counted. Whatever the order, the path is
// the same: blocks that may hold a match by their zones, rows that may be one by their codes, and
// the listing itself only where these do not decide.
#include <algorithm>
#include <string_view>
#include <utility>

#include "board/index/index.h"

namespace discovery {

std::vector<const Listing*> Index::named(const Search& search) const {
  std::vector<const Listing*> out;
  for (const std::string& id : search.filter.bounds().provider_ids) {
    const Listing* listing = find(id);
    if (listing != nullptr && search.matches(*listing)) out.push_back(listing);
  }
  return out;
}

void Index::page(const Query& query, BootTime now, Page& page) const {
  page.listings.clear();
  page.more = false;
  const Search search(query.filter, now);
  if (!search.possible) return;
  const bool names_providers = !query.filter.bounds().provider_ids.empty();
  if (query.order.key == SortKey::board && !names_providers) {
    page_in_board_order(search, query, page);
  } else {
    TopN top(query, query.limit + 1);
    if (names_providers) {
      for (const Listing* listing : named(search)) top.offer(*listing);
    } else {
      query.order.key == SortKey::price ? visit_clusters(search, top) : visit_blocks(search, top);
    }
    page.listings = top.take();
  }
  page.more = page.listings.size() > query.limit;
  if (page.more) page.listings.resize(query.limit);
}

void Index::page_in_board_order(const Search& search, const Query& query, Page& page) const {
  const size_t wanted = query.limit + 1;
  const unsigned first_country = query.after ? query.after->country : 0;
  for (unsigned country = search.next_country(first_country); country < kCountryCount;
       country = search.next_country(country + 1)) {
    const Position* const after = query.after && country == first_country ? &*query.after : nullptr;
    page_of_country(search, static_cast<Country>(country), after, wanted, page);
    if (page.listings.size() == wanted) return;
  }
}

// Appends the country's matches behind `after` (null: all) until there are as many as are wanted.
void Index::page_of_country(const Search& search, Country country, const Position* after,
                            size_t wanted, Page& page) const {
  const auto is_behind = [after](const Listing& listing) {
    return std::pair(after->created, std::string_view(after->provider_id)) <
           std::pair(listing.created(), listing.provider_id());
  };
  const Partition& partition = partitions_[country];
  auto entry = partition.begin();
  if (after != nullptr) {
    entry = std::ranges::partition_point(
        partition, [&](const Entry& one) { return !is_behind(one.block->first()); });
    if (entry != partition.begin()) --entry;
  }
  Verdict verdict;
  for (bool is_first = after != nullptr; entry != partition.end(); ++entry, is_first = false) {
    if (!search.may_match(entry->zone)) continue;
    entry->block->judge(search, entry->zone, verdict);
    const bool more = each_flagged(verdict.within, [&](uint32_t slot) {
      const Listing& listing = *entry->block->row(slot);
      if (verdict.surely.rows[slot] == 0 && !search.accepts(listing)) return true;
      if (is_first && !is_behind(listing)) return true;
      listing.prefetch_head();
      page.listings.push_back(&listing);
      return page.listings.size() < wanted;
    });
    if (!more) return;
  }
}

uint64_t Index::count(const Filter& filter, BootTime now) const {
  const Search search(filter, now);
  if (!search.possible) return 0;
  if (!filter.bounds().provider_ids.empty()) return named(search).size();
  uint64_t count = 0;
  for (unsigned country = search.next_country(0); country < kCountryCount;
       country = search.next_country(country + 1)) {
    for (const Entry& entry : partitions_[country]) {
      if (search.may_match(entry.zone)) count += entry.block->count(search, entry.zone);
    }
  }
  return count;
}

uint64_t Index::candidates(const Filter& filter) const {
  const Search search(filter, BootTime{});
  if (!search.possible || !filter.bounds().provider_ids.empty()) return 0;
  uint64_t rows = 0;
  for (unsigned country = search.next_country(0); country < kCountryCount;
       country = search.next_country(country + 1)) {
    for (const Entry& entry : partitions_[country]) {
      if (search.may_match(entry.zone)) rows += entry.block->live();
    }
  }
  return rows;
}

std::vector<const Listing*> Index::matches(const Filter& filter, BootTime now) const {
  Query all;
  all.filter = filter;
  all.limit = size_;
  Page page;
  this->page(all, now, page);
  return std::move(page.listings);
}

}  // namespace discovery

#include "board/index/index_view.h"

#include <string>

#include "board/index/board_order_search.h"
#include "board/index/sorted_search.h"

namespace discovery {

namespace {

std::vector<const Listing*> named(const IndexView& index, const CompiledFilter& compiled) {
  std::vector<const Listing*> out;
  for (const std::string& id : compiled.filter.bounds().provider_ids) {
    const Listing* listing = index.find(id);
    if (listing != nullptr && compiled.matches(*listing)) out.push_back(listing);
  }
  return out;
}

bool names_providers(const Filter& filter) { return !filter.bounds().provider_ids.empty(); }

/// Calls `visit(entry)` for each row group that may hold a match, until the time is up.
template <class F>
void each_candidate(const RowTable& rows, const CompiledFilter& compiled, ScanLimit& limit,
                    F&& visit) {
  for (unsigned country = compiled.next_country(0); country < kCountryCount;
       country = compiled.next_country(country + 1)) {
    for (const RowTable::Entry& entry : rows.of(static_cast<Country>(country))) {
      if (!compiled.may_match(entry.zone_map)) continue;
      if (limit.is_over()) return;
      visit(entry);
    }
  }
}

}  // namespace

void find_page(const IndexView& index, const Query& query, BootTime now, ScanLimit& limit,
               Page& page) {
  page.listings.clear();
  page.more = false;
  page.reached.reset();
  const CompiledFilter compiled(query.filter, now);
  if (!compiled.possible) return;
  if (names_providers(query.filter)) {
    TopN top(query, query.limit + 1);
    for (const Listing* listing : named(index, compiled)) top.offer(*listing);
    page.listings = top.take();
  } else if (query.order.key == SortKey::board) {
    BoardOrderSearch(index.rows, compiled, limit).find(query, page);
  } else {
    page.listings = SortedSearch(index, compiled, limit).find(query);
  }
  page.more = page.listings.size() > query.limit || page.reached;
  if (page.listings.size() > query.limit) page.listings.resize(query.limit);
}

uint64_t count_matches(const IndexView& index, const Filter& filter, BootTime now,
                       ScanLimit& limit) {
  const CompiledFilter compiled(filter, now);
  if (!compiled.possible) return 0;
  if (names_providers(filter)) return named(index, compiled).size();
  uint64_t count = 0;
  each_candidate(index.rows, compiled, limit, [&](const RowTable::Entry& entry) {
    count += entry.group->count(compiled, entry.zone_map);
  });
  return count;
}

uint64_t count_candidates(const IndexView& index, const Filter& filter) {
  const CompiledFilter compiled(filter, BootTime{});
  if (!compiled.possible || names_providers(filter)) return 0;
  uint64_t rows = 0;
  ScanLimit none;  // only zone maps are read
  each_candidate(index.rows, compiled, none,
                 [&](const RowTable::Entry& entry) { rows += entry.group->live(); });
  return rows;
}

}  // namespace discovery

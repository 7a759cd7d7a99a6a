// How the index is searched. Whatever the order, the path is the same: blocks that may hold a match
// by their zones, rows that may be one by their codes, and the listing itself only where these
// do not decide.
#include <algorithm>
#include <functional>

#include "board/index.h"

namespace discovery {

namespace {

// So many blocks are judged before it is asked whether what fits is so rare that it is found sooner
// by its sizes.
constexpr size_t kTrial = 8;
// More are not put in order.
constexpr size_t kFewRowsMax = 2'048;

}  // namespace

// One country's part of a page in the board's own order.
struct Index::Walk {
  const Search& search;
  Country country;
  size_t wanted;                                  // of the whole page
  size_t first;                                   // the block in which this part begins
  std::function<bool(const Listing&)> is_behind;  // who of that block is behind the place before
};

// Where rare matches are found sooner: by price where that is bounded, else by a size.
struct Index::Rest {
  std::vector<const Cluster*> clusters;
  std::span<const SizeList::Part> parts;
  size_t size() const { return clusters.size() + parts.size(); }
};

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
  const SortKey key = query.order.key;
  const bool names_providers = !query.filter.bounds().provider_ids.empty();
  if (!names_providers && key == SortKey::board && !query.order.descending) {
    page_in_board_order(search, query, page);
  } else if (!names_providers && key == SortKey::price) {
    page_by_price(search, query, page);
  } else if (!names_providers && size_of(key)) {
    page_by_size(search, query, page);
  } else {
    page_sorted(search, query, page);
  }
  page.more = page.listings.size() > query.limit;
  if (page.more) page.listings.resize(query.limit);
}

void Index::page_in_board_order(const Search& search, const Query& query, Page& page) const {
  const Ranking ranking(query.order, query.filter.size());
  std::optional<Ranked> after;
  if (query.after) after = ranking.rank(*query.after);
  for (unsigned country = search.next_country(after ? after->country : 0); country < kCountryCount;
       country = search.next_country(country + 1)) {
    Walk walk{search, static_cast<Country>(country), query.limit + 1, 0, {}};
    if (after && country == after->country) {
      const Partition& partition = partitions_[country];
      const auto behind = std::upper_bound(
          partition.begin(), partition.end(), *after, [&](const Ranked& place, const Entry& entry) {
            return ranking.before(place, ranking.rank(entry.block->first()));
          });
      walk.first = static_cast<size_t>(std::max<ptrdiff_t>(behind - partition.begin() - 1, 0));
      walk.is_behind = [&](const Listing& one) {
        return ranking.before(*after, ranking.rank(one));
      };
    }
    walk_country(walk, page);
    if (page.listings.size() == walk.wanted) return;
  }
}

void Index::walk_country(const Walk& walk, Page& page) const {
  const Search& search = walk.search;
  const Partition& partition = partitions_[walk.country];
  const size_t held = page.listings.size();
  size_t judged = 0;
  Verdict verdict;
  for (size_t i = walk.first; i < partition.size(); ++i) {
    const Block& block = *partition[i].block;
    if (!search.may_match(partition[i].zone)) continue;
    if (judged++ == kTrial) {
      const size_t found = page.listings.size() - held;
      const size_t missing = walk.wanted - page.listings.size();
      const size_t expected = found == 0 ? partition.size() : kTrial * missing / found;
      const Rest rest = rest_of(search, walk.country);
      if (rest.size() < std::min(expected, partition.size() - i) &&
          page_of_few(walk, rest, i, page)) {
        return;
      }
    }
    block.judge(search, partition[i].zone, verdict);
    const bool more = each_flagged(verdict.within, [&](uint32_t slot) {
      const Listing& listing = *block.row(slot);
      if (verdict.surely.rows[slot] == 0 && !search.accepts(listing)) return true;
      if (walk.is_behind && i == walk.first && !walk.is_behind(listing)) return true;
      listing.prefetch_head();
      page.listings.push_back(&listing);
      return page.listings.size() < walk.wanted;
    });
    if (!more) return;
  }
}

Index::Rest Index::rest_of(const Search& search, Country country) const {
  if (search.price.bounded()) return {cheap_clusters(search, country), {}};
  const SizeList& list = size_lists_.narrowest(country, search.sizes);
  return {{}, list.parts_from(search.sizes[list.dimension()])};
}

// Those in which somebody may be large and, for a search that bounds the price, cheap enough.
std::vector<const Cluster*> Index::cheap_clusters(const Search& search, Country country) const {
  const Clusters::Group& group = clusters_.of(country);
  const double most = *search.filter.bounds().usd_per_month;
  std::vector<const Cluster*> clusters;
  for (size_t i = 0; i < group.zones.size(); ++i) {
    const bool may_hold = search.may_hold(group.zones[i].size_most) &&
                          group.prices[i].least.per_month(search.filter.size()) <= most;
    if (may_hold) clusters.push_back(group.clusters[i].get());
  }
  return clusters;
}

// The rows of the rest that stand in a block from `first` on, put in order. Nothing is done, and
// false, where they are too many for that.
bool Index::page_of_few(const Walk& walk, const Rest& rest, size_t first, Page& page) const {
  struct Found {
    uint32_t order;  // the block's position and the slot
    Place place;
    bool surely;
    bool operator<(const Found& other) const { return order > other.order; }  // least on top
  };
  std::vector<Found> found;
  Verdict verdict;
  const auto collect = [&](const std::array<uint32_t, kBlockRows>& rows) {
    each_flagged(verdict.within, [&](uint32_t slot) {
      const Place at{rows[slot]};
      const uint32_t position = blocks_[at.block()]->position();
      if (position < first) return true;
      found.push_back({position * Block::kRows + at.slot(), at, verdict.surely.rows[slot] != 0});
      return true;
    });
    return found.size() <= kFewRowsMax;
  };
  for (const Cluster* cluster : rest.clusters) {
    walk.search.judge(cluster->columns, verdict);
    if (!collect(cluster->rows)) return false;
  }
  for (const SizeList::Part& part : rest.parts) {
    walk.search.judge_sizes(part.run->sizes, verdict);
    if (!collect(part.run->rows)) return false;
  }
  std::make_heap(found.begin(), found.end());
  while (!found.empty() && page.listings.size() < walk.wanted) {
    const size_t next = std::min(found.size(), walk.wanted - page.listings.size());
    for (size_t i = 0; i < next; ++i) {
      std::pop_heap(found.begin(), found.end() - static_cast<ptrdiff_t>(i));
      const Place at = found[found.size() - i - 1].place;
      prefetch_row(at.value);
    }
    for (size_t i = 0; i < next; ++i, found.pop_back()) {
      const Place at = found.back().place;
      if (!blocks_[at.block()]->fits(walk.search, at.slot())) continue;
      const Listing& listing = *row(at);
      listing.prefetch_head();
      if (found.back().surely || walk.search.accepts(listing)) page.listings.push_back(&listing);
    }
  }
  return true;
}

uint64_t Index::count(const Filter& filter, BootTime now) const {
  const Search search(filter, now);
  if (!search.possible) return 0;
  if (!filter.bounds().provider_ids.empty()) return named(search).size();
  uint64_t count = 0;
  for (unsigned country = search.next_country(0); country < kCountryCount;
       country = search.next_country(country + 1)) {
    if (search.sizes_decide()) count += count_sizes(search, static_cast<Country>(country));
    for (const Entry& entry : partitions_[country]) {
      if (!search.may_match(entry.zone)) continue;
      if (!search.sizes_decide()) {
        count += entry.block->count(search, entry.zone);
      } else if (entry.zone.first_expiry <= now) {
        count -= entry.block->count_expired(search);
      }
    }
  }
  return count;
}

// Expired ones included.
uint64_t Index::count_sizes(const Search& search, Country country) const {
  const SizeList& list = size_lists_.narrowest(country, search.sizes);
  const Dimension own = list.dimension();
  const auto is_asked = [&](size_t i) { return i != own && search.sizes[i] > size_code(1); };
  const bool others_asked = is_asked(kCpu) || is_asked(kMemory) || is_asked(kStorage);
  SizeCodes others = search.sizes;
  others[own] = size_code(1);
  uint64_t count = 0;
  for (const SizeList::Part& part : list.parts_from(search.sizes[own])) {
    const bool begins_within = code_of_rank(part.rank) >= search.sizes[own];
    if (begins_within && !others_asked) {
      count += part.run->used;
      continue;
    }
    Flags within;
    within.rows.fill(1);
    part.run->sizes.compare(begins_within ? others : search.sizes, within);
    count += within.count();
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

void Index::each(const Filter& filter, BootTime now,
                 const std::function<void(const Listing&)>& visit) const {
  Query all;
  all.filter = filter;
  all.limit = size_;
  Page matches;
  page(all, now, matches);
  for (const Listing* listing : matches.listings) visit(*listing);
}

}  // namespace discovery

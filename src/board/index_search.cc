// How the index is searched. Whatever the order, the path is the same: blocks that may hold a match
// by their zones, rows that may be one by their codes, and the listing itself only where these
// do not decide.
#include <algorithm>
#include <limits>

#include "board/candidates.h"
#include "board/index.h"

namespace discovery {

namespace {

size_t dimension_of(SortKey key) {
  return key == SortKey::cpu ? kCpu : key == SortKey::memory ? kMemory : kStorage;
}

bool is_size(SortKey key) {
  return key == SortKey::cpu || key == SortKey::memory || key == SortKey::storage;
}

Direction direction_of(const Ranking& ranking) {
  return ranking.descending() ? Direction::descending : Direction::ascending;
}

Rough rough_size(const Ranking& ranking, uint16_t code, uint16_t id) {
  return {static_cast<double>(size_rank(direction_of(ranking), code, id)), 0};
}

Rough rough_id(const Ranking& ranking, uint16_t id) { return {ranking.turned(id), 0}; }

Rough rough_time(const Ranking& ranking, WallTime time) {
  return {ranking.turned(static_cast<double>(time.time_since_epoch().count())), 0};
}

// The same figures of a row, without its listing.
Rough rough_row(const Ranking& ranking, const Block& block, uint32_t slot) {
  const Columns& columns = block.columns();
  if (is_size(ranking.key())) {
    return rough_size(ranking, columns.size(dimension_of(ranking.key()), slot), columns.id(slot));
  }
  if (ranking.key() == SortKey::provider_id) return rough_id(ranking, columns.id(slot));
  if (ranking.key() == SortKey::updated_at) return {ranking.turned(block.updated(slot)), 0};
  if (ranking.key() != SortKey::created_at) return {};
  return rough_time(ranking, block.row(slot)->created());
}

// And of a place among the rows.
Rough rough_place(const Ranking& ranking, const IdScale& scale, const Ranked& place) {
  const uint16_t id = scale.code(place.provider_id);
  if (is_size(ranking.key())) {
    const double size = std::clamp(ranking.turned(place.value), 0.0, double{INT32_MAX});
    return rough_size(ranking, size_code(static_cast<uint32_t>(size)), id);
  }
  if (ranking.key() == SortKey::provider_id) return rough_id(ranking, id);
  if (ranking.key() == SortKey::price) return {place.value, id};
  if (ranking.key() == SortKey::updated_at) {
    const WallTime time{Duration{static_cast<int64_t>(ranking.turned(place.value))}};
    return {ranking.turned(seconds_code(time)), 0};
  }
  return {place.value, 0};
}

Rough block_bound(const Ranking& ranking, const LeastSizes& least, const Zone& zone,
                  const Block& block) {
  if (is_size(ranking.key())) {
    const size_t i = dimension_of(ranking.key());
    return {static_cast<double>(zone.best_rank(direction_of(ranking), i, least[i])), 0};
  }
  if (ranking.key() == SortKey::created_at) {
    return rough_time(ranking, ranking.descending() ? block.last_created() : block.first_created());
  }
  return {-std::numeric_limits<double>::infinity(), 0};
}

// The least that any row's figure can be: unit prices and sizes are never negative.
double price_bound(const Ranking& ranking, const PriceZone& zone, const AskedSize& size) {
  return ranking.turned((ranking.descending() ? zone.most : zone.least).per_month(size));
}

}  // namespace

struct Index::Sorted {
  Sorted(const Search& asked, const Query& query, const IdScale& ids)
      : search(asked),
        scale(ids),
        ranking(query.order, query.filter.size()),
        wanted(query.limit + 1),
        best(ranking, wanted) {
    if (!query.after) return;
    after = ranking.rank(*query.after);
    rough_after = rough_place(ranking, scale, *after);
  }

  bool is_beaten(const Rough& rough) const { return worst && *worst < rough; }
  bool is_passed(const Rough& rough) const { return after && rough < rough_after; }
  bool is_behind(const Ranked& place) const { return !after || ranking.before(*after, place); }

  /// A match, to be read at once.
  void offer(const Listing& listing) {
    const Ranked place = ranking.rank(listing);
    if (is_behind(place)) best.offer(place);
  }
  /// After offers: what follows must be better than the worst so far.
  void tighten() {
    if (best.full()) worst = rough_place(ranking, scale, best.worst());
  }
  /// A match that lies behind the position, to be read only if its rough place is good enough in
  /// the end: most are not.
  void keep(const Rough& rough, const ListingPtr& row) {
    kept.push_back({rough, &row});
    roughs.push_back(rough);
    std::push_heap(roughs.begin(), roughs.end());
    if (roughs.size() > wanted) {
      std::pop_heap(roughs.begin(), roughs.end());
      roughs.pop_back();
    }
    if (roughs.size() == wanted) worst = roughs.front();
    if (kept.size() >= kKeptMax) read_kept();
  }
  void read_kept() {
    std::erase_if(kept, [&](const auto& one) { return is_beaten(one.bound); });
    for (const auto& one : kept) __builtin_prefetch(one.of);
    for (const auto& one : kept) __builtin_prefetch(one.of->get());
    for (const auto& one : kept) best.offer(ranking.rank(**one.of));
    kept.clear();
  }
  /// What will be looked at first.
  void prefetch(const Columns& columns) const {
    if (is_size(ranking.key())) return columns.prefetch(dimension_of(ranking.key()));
    for (size_t i = 0; i < kDimensions; ++i) columns.prefetch(i);
  }
  std::optional<SizeLimit> size_limit() const {
    if (!worst || !is_size(ranking.key())) return std::nullopt;
    const auto rank = static_cast<SizeRank>(worst->value);
    const auto turned = static_cast<uint16_t>(rank >> 12);
    const uint16_t code = ranking.descending() ? static_cast<uint16_t>(~turned) : turned;
    const auto id = static_cast<uint16_t>(is_single(code) ? rank & 0xfff : UINT16_MAX);
    return SizeLimit{dimension_of(ranking.key()), direction_of(ranking), code, id};
  }

  static constexpr size_t kKeptMax = 16'384;
  const Search& search;
  const IdScale& scale;
  const Ranking ranking;
  const size_t wanted;
  std::optional<Ranked> after;
  Rough rough_after;
  Best best;
  std::vector<Rough> roughs;                // the best `wanted` so far, the worst in front
  std::vector<Candidate<ListingPtr>> kept;  // where they stand: most are not even looked up
  std::optional<Rough> worst;               // of as many as are wanted
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
  const bool in_board_order = query.order.key == SortKey::board && !query.order.descending;
  if (in_board_order && query.filter.bounds().provider_ids.empty()) {
    page_in_board_order(search, query, page);
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
  Block::Verdict verdict;
  for (size_t country = after ? after->country : 0; country < kCountryCount; ++country) {
    if (!search.asks_country(country)) continue;
    const Partition& partition = partitions_[country];
    const bool within = after && country == after->country;
    size_t first = 0;
    if (within) {
      const auto behind = std::upper_bound(
          partition.begin(), partition.end(), *after, [&](const Ranked& place, const Entry& entry) {
            return ranking.before(place, ranking.rank(entry.block->first()));
          });
      first = static_cast<size_t>(std::max<ptrdiff_t>(behind - partition.begin() - 1, 0));
    }
    for (size_t i = first; i < partition.size(); ++i) {
      const Block& block = *partition[i].block;
      if (!search.may_match(partition[i].zone)) continue;
      block.judge(search, partition[i].zone, verdict);
      const bool more = each_flagged(verdict.within, [&](uint32_t slot) {
        const Listing& listing = *block.row(slot);
        if (verdict.surely.rows[slot] == 0 && !search.accepts(listing)) return true;
        if (within && i == first && !ranking.before(*after, ranking.rank(listing))) return true;
        page.listings.push_back(&listing);
        return page.listings.size() <= query.limit;
      });
      if (!more) return;
    }
  }
}

void Index::page_sorted(const Search& search, const Query& query, Page& page) const {
  Sorted sorted(search, query, scale_);
  if (!query.filter.bounds().provider_ids.empty()) {
    for (const Listing* listing : named(search)) sorted.offer(*listing);
  } else if (query.order.key == SortKey::price) {
    visit_price_blocks(sorted);
  } else {
    visit_blocks(sorted);
    sorted.read_kept();
  }
  for (const Ranked& ranked : sorted.best.take_sorted()) page.listings.push_back(ranked.listing);
}

void Index::visit_blocks(Sorted& sorted) const {
  std::vector<Candidate<Entry>> candidates;
  for (size_t country = 0; country < kCountryCount; ++country) {
    if (!sorted.search.asks_country(country)) continue;
    for (const Entry& entry : partitions_[country]) {
      if (!sorted.search.may_match(entry.zone)) continue;
      candidates.push_back(
          {block_bound(sorted.ranking, sorted.search.sizes, entry.zone, *entry.block), &entry});
    }
  }
  const auto expect = [&](const Entry& entry) { sorted.prefetch(entry.block->columns()); };
  visit_by_bound(candidates, expect, [&](const Candidate<Entry>& candidate) {
    if (sorted.is_beaten(candidate.bound)) return false;
    visit_block(sorted, *candidate.of);
    return true;
  });
}

void Index::visit_block(Sorted& sorted, const Entry& entry) const {
  const Block& block = *entry.block;
  Block::Verdict verdict;
  if (!block.judge(sorted.search, entry.zone, sorted.size_limit(), verdict)) return;
  Chosen doubtful;
  each_flagged(verdict.within, [&](uint32_t slot) {
    const Rough rough = rough_row(sorted.ranking, block, slot);
    if (sorted.is_passed(rough) || sorted.is_beaten(rough)) return true;
    if (verdict.surely.rows[slot] != 0 && (!sorted.after || sorted.rough_after < rough)) {
      sorted.keep(rough, block.row(slot));
    } else {
      doubtful.add(slot, block.row(slot).get());
    }
    return true;
  });
  for (const uint16_t slot : doubtful) {
    const Listing& listing = *block.row(slot);
    if (verdict.surely.rows[slot] == 0 && !sorted.search.accepts(listing)) continue;
    if (!sorted.is_behind(sorted.ranking.rank(listing))) continue;
    sorted.keep(rough_row(sorted.ranking, block, slot), block.row(slot));
  }
}

void Index::visit_price_blocks(Sorted& sorted) const {
  const Search& search = sorted.search;
  std::vector<Candidate<PriceBlock>> candidates;
  const auto collect = [&](const PriceBlocks::Group& group, auto&& bound_of) {
    for (size_t i = 0; i < group.zones.size(); ++i) {
      const PriceZone& zone = group.zones[i];
      if (!search.may_hold(zone.size_most)) continue;
      candidates.push_back({{bound_of(zone), zone.id_least}, group.blocks[i].get()});
    }
  };
  for (unsigned country = 0; country < kCountryCount; ++country) {
    if (!search.asks_country(country)) continue;
    collect(prices_.known(static_cast<Country>(country)), [&](const PriceZone& zone) {
      return price_bound(sorted.ranking, zone, search.filter.size());
    });
    if (search.price.bounded()) continue;
    collect(prices_.unknown(static_cast<Country>(country)),
            [](const PriceZone&) { return std::numeric_limits<double>::infinity(); });
  }
  const auto expect = [&](const PriceBlock& block) { sorted.prefetch(block.columns); };
  visit_by_bound(candidates, expect, [&](const Candidate<PriceBlock>& candidate) {
    if (sorted.is_beaten(candidate.bound)) return false;
    visit_price_block(sorted, *candidate.of, candidate.bound.value);
    return true;
  });
}

void Index::visit_price_block(Sorted& sorted, const PriceBlock& block, double bound) {
  Flags within;
  within.rows.fill(1);
  block.columns.compare(sorted.search.sizes, within);
  PriceWindow window = sorted.search.price;
  const Ranking& ranking = sorted.ranking;
  const bool known = bound != std::numeric_limits<double>::infinity();
  if (known && sorted.worst && !std::isinf(sorted.worst->value)) {
    const double worst = ranking.turned(sorted.worst->value);
    ranking.descending() ? window.set_least(worst) : window.set_most(worst);
  }
  if (known && sorted.after) {
    const double passed = ranking.turned(sorted.after->value);
    ranking.descending() ? window.set_most(passed) : window.set_least(passed);
  }
  if (window.bounded()) block.columns.compare(window, within);
  Chosen chosen;
  each_flagged(within, [&](uint32_t slot) {
    // No row is better than the block's bound: one that only equals the worst needs a better id.
    if (!sorted.is_beaten({bound, block.columns.id(slot)})) chosen.add(slot, block.rows[slot]);
    return true;
  });
  for (const uint16_t slot : chosen) {
    if (sorted.search.matches(*block.rows[slot])) sorted.offer(*block.rows[slot]);
  }
  sorted.tighten();
}

uint64_t Index::count(const Filter& filter, BootTime now) const {
  const Search search(filter, now);
  if (!search.possible) return 0;
  if (!filter.bounds().provider_ids.empty()) return named(search).size();
  uint64_t count = 0;
  for (size_t country = 0; country < kCountryCount; ++country) {
    if (!search.asks_country(country)) continue;
    for (const Entry& entry : partitions_[country]) {
      if (!search.may_match(entry.zone)) continue;
      count +=
          search.covers(entry.zone) ? entry.block->live() : entry.block->count(search, entry.zone);
    }
  }
  return count;
}

uint64_t Index::candidates(const Filter& filter) const {
  const Search search(filter, BootTime{});
  if (!search.possible || !filter.bounds().provider_ids.empty()) return 0;
  uint64_t rows = 0;
  for (size_t country = 0; country < kCountryCount; ++country) {
    if (!search.asks_country(country)) continue;
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

// Sorted pages: blocks or clusters in the order of the best that they can hold, until nothing
// better can follow.
#include <algorithm>
#include <limits>

#include "board/candidates.h"
#include "board/index.h"

namespace discovery {

namespace {

Rough rough_id(const Ranking& ranking, uint16_t id) { return {ranking.turned(id), 0}; }

Rough rough_time(const Ranking& ranking, WallTime time) {
  return {ranking.turned(static_cast<double>(time.time_since_epoch().count())), 0};
}

// The same figures of a row, without its listing.
Rough rough_row(const Ranking& ranking, const Block& block, uint32_t slot) {
  if (ranking.key() == SortKey::provider_id) return rough_id(ranking, block.columns().id(slot));
  if (ranking.key() == SortKey::updated_at) return {ranking.turned(block.updated(slot)), 0};
  if (ranking.key() != SortKey::created_at) return {};
  return rough_time(ranking, block.row(slot)->created());
}

// And of a place among the rows.
Rough rough_place(const Ranking& ranking, const IdScale& scale, const Ranked& place) {
  const uint16_t id = scale.code(place.provider_id);
  if (ranking.key() == SortKey::provider_id) return rough_id(ranking, id);
  if (ranking.key() == SortKey::price) return {place.value, id};
  if (ranking.key() == SortKey::updated_at) {
    const WallTime time{Duration{static_cast<int64_t>(ranking.turned(place.value))}};
    return {ranking.turned(seconds_code(time)), 0};
  }
  return {place.value, 0};
}

Rough block_bound(const Ranking& ranking, const Block& block) {
  if (ranking.key() == SortKey::created_at) {
    return rough_time(ranking, ranking.descending() ? block.last_created() : block.first_created());
  }
  return {-std::numeric_limits<double>::infinity(), 0};
}

// The least that any row's figure can be: unit prices and sizes are never negative.
double price_bound(const Ranking& ranking, const PriceBounds& bounds, const AskedSize& size) {
  return ranking.turned((ranking.descending() ? bounds.most : bounds.least).per_month(size));
}

}  // namespace

struct Index::Sorted {
  Sorted(const Search& asked, const Query& query, const IdScale& scale)
      : search(asked),
        ranking(query.order, query.filter.size()),
        wanted(query.limit + 1),
        best(ranking, wanted) {
    if (!query.after) return;
    after = ranking.rank(*query.after);
    rough_after = rough_place(ranking, scale, *after);
    if (query.order.key == SortKey::price) after->id_code = rough_after.id;
  }

  bool is_beaten(const Rough& rough) const { return worst && *worst < rough; }
  bool is_passed(const Rough& rough) const { return after && rough < rough_after; }
  bool is_behind(const Ranked& place) const { return !after || ranking.before(*after, place); }

  /// A match, to be read at once. By price, most that tie are told apart by the codes of their ids.
  void offer(const Listing& listing, uint16_t id_code) {
    Ranked place = ranking.rank(listing);
    if (ranking.key() == SortKey::price) place.id_code = id_code;
    if (is_behind(place)) best.offer(place);
  }
  /// After offers by price: what follows must be better than the worst so far.
  void tighten() {
    if (best.full()) worst = {best.worst().value, best.worst().id_code};
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
    for (const auto& one : kept) (*one.of)->prefetch_head();
    for (const auto& one : kept) best.offer(ranking.rank(**one.of));
    kept.clear();
  }

  static constexpr size_t kKeptMax = 16'384;
  const Search& search;
  const Ranking ranking;
  const size_t wanted;
  std::optional<Ranked> after;
  Rough rough_after;
  Best best;
  std::vector<Rough> roughs;                // the best `wanted` so far, the worst in front
  std::vector<Candidate<ListingPtr>> kept;  // where they stand: most are not even looked up
  std::optional<Rough> worst;               // of as many as are wanted
};

void Index::page_sorted(const Search& search, const Query& query, Page& page) const {
  Sorted sorted(search, query, scale_);
  if (!query.filter.bounds().provider_ids.empty()) {
    for (const Listing* listing : named(search)) {
      sorted.offer(*listing, scale_.code(listing->provider_id()));
    }
  } else if (query.order.key == SortKey::price) {
    visit_by_price(sorted);
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
      candidates.push_back({block_bound(sorted.ranking, *entry.block), &entry});
    }
  }
  const auto expect = [](const Entry& entry) { entry.block->columns().prefetch(); };
  visit_by_bound(candidates, expect, [&](const Candidate<Entry>& candidate) {
    if (sorted.is_beaten(candidate.bound)) return false;
    visit_block(sorted, *candidate.of);
    return true;
  });
}

void Index::visit_block(Sorted& sorted, const Entry& entry) const {
  const Block& block = *entry.block;
  Verdict verdict;
  block.judge(sorted.search, entry.zone, verdict);
  Chosen<uint32_t> doubtful;
  each_flagged(verdict.within, [&](uint32_t slot) {
    const Rough rough = rough_row(sorted.ranking, block, slot);
    if (sorted.is_passed(rough) || sorted.is_beaten(rough)) return true;
    if (verdict.surely.rows[slot] != 0 && (!sorted.after || sorted.rough_after < rough)) {
      sorted.keep(rough, block.row(slot));
    } else {
      block.row(slot)->prefetch_head();
      doubtful.add(slot);
    }
    return true;
  });
  for (const uint32_t slot : doubtful) {
    const Listing& listing = *block.row(slot);
    if (verdict.surely.rows[slot] == 0 && !sorted.search.accepts(listing)) continue;
    if (!sorted.is_behind(sorted.ranking.rank(listing))) continue;
    sorted.keep(rough_row(sorted.ranking, block, slot), block.row(slot));
  }
}

void Index::visit_by_price(Sorted& sorted) const {
  const Search& search = sorted.search;
  std::vector<Candidate<Cluster>> candidates;
  const auto collect = [&](const Clusters::Group& group, auto&& bound_of) {
    for (size_t i = 0; i < group.zones.size(); ++i) {
      const ClusterZone& zone = group.zones[i];
      if (!search.may_hold(zone.size_most)) continue;
      candidates.push_back({{bound_of(group.prices[i]), zone.id_least}, group.clusters[i].get()});
    }
  };
  for (unsigned country = 0; country < kCountryCount; ++country) {
    if (!search.asks_country(country)) continue;
    const Clusters& clusters = clusters_[kPrices];
    collect(clusters.of(static_cast<Country>(country)), [&](const PriceBounds& bounds) {
      return price_bound(sorted.ranking, bounds, search.filter.size());
    });
    if (search.price.bounded()) continue;
    collect(clusters.unpriced(static_cast<Country>(country)),
            [](const PriceBounds&) { return std::numeric_limits<double>::infinity(); });
  }
  const auto expect = [](const Cluster& cluster) { cluster.columns.prefetch(); };
  visit_by_bound(candidates, expect, [&](const Candidate<Cluster>& candidate) {
    if (sorted.is_beaten(candidate.bound)) return false;
    visit_prices(sorted, *candidate.of, candidate.bound.value);
    return true;
  });
}

void Index::visit_prices(Sorted& sorted, const Cluster& cluster, double bound) const {
  const Search& search = sorted.search;
  Flags within;
  within.rows.fill(1);
  cluster.columns.compare(search.sizes, within);
  PriceWindow window = search.price;
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
  if (window.bounded()) cluster.columns.compare(window, within);
  if (known && !sorted.worst && !sorted.after && search.sizes_decide()) {
    // As many as are wanted, by their codes, and those that may be as good: enough if all live.
    Flags best = within;
    cluster.columns.keep_best(window, ranking.descending(), sorted.wanted, best);
    if (offer_rows(sorted, cluster, bound, best)) return sorted.tighten();
    for (uint32_t slot = 0; slot < kBlockRows; ++slot) {
      within.rows[slot] &= uint8_t{best.rows[slot] == 0};
    }
  }
  offer_rows(sorted, cluster, bound, within);
  sorted.tighten();
}

// Whether all matched.
bool Index::offer_rows(Sorted& sorted, const Cluster& cluster, double bound,
                       const Flags& rows) const {
  Chosen<uint32_t> chosen;
  each_flagged(rows, [&](uint32_t slot) {
    // No row is better than the bound of all: one that only equals the worst needs a better id.
    if (sorted.is_beaten({bound, cluster.columns.id(slot)})) return true;
    prefetch_row(cluster.rows[slot]);
    chosen.add(slot);
    return true;
  });
  const Search& search = sorted.search;
  const bool surely = search.sizes_decide();
  bool all_match = true;
  for (const uint32_t slot : chosen) row({cluster.rows[slot]})->prefetch_head();
  for (const uint32_t slot : chosen) {
    const Listing& listing = *row({cluster.rows[slot]});
    const bool matches = surely ? listing.expires() > search.now : search.matches(listing);
    if (matches) sorted.offer(listing, cluster.columns.id(slot));
    all_match &= matches;
  }
  return all_match;
}

}  // namespace discovery

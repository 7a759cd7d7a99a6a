// Pages sorted by creation, by update or by id; by a size, where too few of those that come first
// match. By creation, blocks are visited in the order of the best that they can hold, until nothing
// better can follow; else all are, and their columns tell which of their rows may make the page. By
// a size and a price, clusters of who may be cheap enough are.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "board/candidates.h"
#include "board/index.h"

namespace discovery {

namespace {

// By a size; all are alike where it is none.
double rough_size(const Ranking& ranking, const Columns& columns, uint32_t slot) {
  const auto size = size_of(ranking.key());
  if (!size) return 0;
  return size_rank(columns.size(*size, slot), columns.id(slot), ranking.descending());
}

// The figure that a row is sorted by, as far as it is known without its listing.
double rough_row(const Ranking& ranking, const Block& block, uint32_t slot) {
  switch (ranking.key()) {
    case SortKey::provider_id:
      return ranking.turned(block.columns().id(slot));
    case SortKey::updated_at:
      return ranking.turned(block.updated(slot));
    case SortKey::created_at:
      return ranking.turned(micros(block.row(slot)->created()));
    default:
      return rough_size(ranking, block.columns(), slot);
  }
}

// What a column can hold of a figure.
template <class Code>
Code code_at(double figure) {
  return static_cast<Code>(std::clamp(figure, 0.0, double{std::numeric_limits<Code>::max()}));
}

// And of a place among the rows.
double rough_place(const Ranking& ranking, const IdScale& scale, const Ranked& place) {
  if (ranking.key() == SortKey::provider_id) return ranking.turned(scale.code(place.provider_id));
  if (ranking.key() == SortKey::updated_at) {
    return ranking.turned(code_at<uint32_t>(std::floor(ranking.turned(place.value) / 1e6)));
  }
  if (size_of(ranking.key())) {
    const SizePlace at(ranking.turned(place.value), {}, scale.code(place.provider_id));
    return size_rank(at.size_code, at.id_code, ranking.descending());
  }
  return place.value;
}

// The best that a block can hold.
double created_bound(const Ranking& ranking, const Block& block) {
  return ranking.turned(
      micros(ranking.descending() ? block.last_created() : block.first_created()));
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
  }

  bool is_beaten(double rough) const { return worst && *worst < rough; }
  bool is_passed(double rough) const { return after && rough < rough_after; }
  /// Flags those who are neither, as far as that is in columns, and others; false: there is nobody.
  bool find_near(const Block& block, Flags& near) const {
    near.rows.fill(1);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    double least = after ? rough_after : -kInfinity;
    double most = worst.value_or(kInfinity);
    if (ranking.descending()) std::tie(least, most) = std::pair(-most, -least);
    if (ranking.key() == SortKey::provider_id) {
      block.columns().compare_ids(code_at<uint16_t>(least), code_at<uint16_t>(most), near);
    } else if (ranking.key() == SortKey::updated_at) {
      block.compare_updated(code_at<uint32_t>(least), code_at<uint32_t>(most), near);
    }
    return near.count() != 0;
  }
  bool is_behind(const Ranked& place) const { return !after || ranking.before(*after, place); }

  /// A match, to be read at once.
  void offer(const Listing& listing) {
    const Ranked place = ranking.rank(listing);
    if (is_behind(place)) best.offer(place);
  }
  /// A match that lies behind the position, to be read only if its rough place is good enough in
  /// the end: most are not.
  void keep(double rough, const ListingPtr& row) {
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
  double rough_after = 0;
  Best best;
  std::vector<double> roughs;               // the best `wanted` so far, the worst in front
  std::vector<Candidate<ListingPtr>> kept;  // where they stand: most are not even looked up
  std::optional<double> worst;              // of as many as are wanted
};

void Index::page_sorted(const Search& search, const Query& query, Page& page) const {
  Sorted sorted(search, query, scale_);
  if (!query.filter.bounds().provider_ids.empty()) {
    for (const Listing* listing : named(search)) sorted.offer(*listing);
  } else {
    const bool by_cluster = search.price.bounded() && size_of(query.order.key);
    by_cluster ? visit_clusters(sorted) : visit_blocks(sorted);
    sorted.read_kept();
  }
  for (const Ranked& ranked : sorted.best.take_sorted()) page.listings.push_back(ranked.listing);
}

void Index::visit_blocks(Sorted& sorted) const {
  const bool is_bounded = sorted.ranking.key() == SortKey::created_at;
  std::vector<Candidate<Entry>> candidates;
  for (unsigned country = sorted.search.next_country(0); country < kCountryCount;
       country = sorted.search.next_country(country + 1)) {
    for (const Entry& entry : partitions_[country]) {
      if (!sorted.search.may_match(entry.zone)) continue;
      candidates.push_back(
          {is_bounded ? created_bound(sorted.ranking, *entry.block) : 0.0, &entry});
    }
  }
  if (!is_bounded) {
    each_spread(candidates, [&](const Candidate<Entry>& one) { visit_block(sorted, *one.of); });
    return;
  }
  const auto expect = [](const Candidate<Entry>& next) { next.of->block->columns().prefetch(); };
  visit_least_first(candidates, expect, [&](const Candidate<Entry>& candidate) {
    if (sorted.is_beaten(candidate.bound)) return false;
    visit_block(sorted, *candidate.of);
    return true;
  });
}

// Those in which somebody may be cheap enough.
void Index::visit_clusters(Sorted& sorted) const {
  const Search& search = sorted.search;
  for (unsigned country = search.next_country(0); country < kCountryCount;
       country = search.next_country(country + 1)) {
    for (const Cluster* cluster : cheap_clusters(search, static_cast<Country>(country))) {
      visit_cluster(sorted, *cluster);
    }
  }
}

void Index::visit_cluster(Sorted& sorted, const Cluster& cluster) const {
  const Search& search = sorted.search;
  Verdict verdict;
  search.judge(cluster.columns, verdict);
  Chosen<uint32_t> near;
  each_flagged(verdict.within, [&](uint32_t slot) {
    const double rough = rough_size(sorted.ranking, cluster.columns, slot);
    if (sorted.is_passed(rough) || sorted.is_beaten(rough)) return true;
    prefetch_row(cluster.rows[slot]);
    near.add(slot);
    return true;
  });
  for (const uint32_t slot : near) {
    const Place at{cluster.rows[slot]};
    if (!blocks_[at.block()]->fits(search, at.slot())) continue;
    const ListingPtr& listing = row(at);
    if (verdict.surely.rows[slot] == 0 && !search.accepts(*listing)) continue;
    const double rough = rough_size(sorted.ranking, cluster.columns, slot);
    const bool may_tie = sorted.after && !(sorted.rough_after < rough);
    if (may_tie && !sorted.is_behind(sorted.ranking.rank(*listing))) continue;
    sorted.keep(rough, listing);
  }
}

void Index::visit_block(Sorted& sorted, const Entry& entry) const {
  const Block& block = *entry.block;
  Flags near;
  if (!sorted.find_near(block, near)) return;
  Verdict verdict;
  block.judge(sorted.search, entry.zone, verdict);
  verdict.within.keep(near);
  Chosen<uint32_t> doubtful;
  each_flagged(verdict.within, [&](uint32_t slot) {
    const double rough = rough_row(sorted.ranking, block, slot);
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

}  // namespace discovery

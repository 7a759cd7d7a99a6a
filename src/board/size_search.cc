// Pages sorted by a size: clusters by size, in the order of the best that they can hold, until
// nothing better can follow. Rows are told apart by their codes as far as these go; listings are
// read only of those that make the page, or may.
#include <algorithm>
#include <limits>

#include "board/candidates.h"
#include "board/index.h"
#include "board/least_first.h"

namespace discovery {

namespace {

size_t dimension_of(SortKey key) {
  return key == SortKey::cpu ? kCpu : key == SortKey::memory ? kMemory : kStorage;
}

constexpr SizeRank kNoRank = std::numeric_limits<SizeRank>::max();
// So many more than are wanted are kept before the worst are dropped, and a quarter of these at
// least: a long page would be gone through again and again.
constexpr size_t kExcess = 32;

}  // namespace

struct Index::BySize {
  BySize(const Search& asked, const Query& query, const IdScale& scale, bool looks_first)
      : search(asked),
        ranking(query.order, query.filter.size()),
        dimension(dimension_of(query.order.key)),
        direction(query.order.descending ? Direction::descending : Direction::ascending),
        wanted(query.limit + 1),
        is_careful(looks_first) {
    if (!query.after) return;
    after = ranking.rank(*query.after);
    const double size = std::clamp(ranking.turned(after->value), 0.0, double{INT32_MAX});
    rank_after = rank(size_code(static_cast<uint32_t>(size)), scale.code(after->provider_id));
  }

  SizeRank rank(uint16_t code, uint16_t id) const { return size_rank(direction, code, id); }
  SizeRank rank(const Columns& columns, uint32_t slot) const {
    return rank(columns.size(dimension, slot), columns.id(slot));
  }
  /// The best that anybody can be there.
  SizeRank bound(const ClusterZone& zone) const {
    const uint16_t code = direction == Direction::descending
                              ? zone.size_most[dimension]
                              : std::max(zone.size_least[dimension], search.sizes[dimension]);
    return rank(code, zone.id_least);
  }
  SizeLimit limit() const {
    const auto turned = static_cast<uint16_t>(worst >> 12);
    const uint16_t code =
        direction == Direction::descending ? static_cast<uint16_t>(~turned) : turned;
    const auto id = static_cast<uint16_t>(is_single(code) ? worst & 0xfff : UINT16_MAX);
    return {dimension, direction, code, id};
  }
  bool is_behind(const Listing& listing) const {
    return !after || ranking.before(*after, ranking.rank(listing));
  }

  void keep(SizeRank its_rank, uint32_t row) { kept.push_back(uint64_t{its_rank} << 32 | row); }
  /// What is worse than the best `wanted`; all of those that tie with the worst of these stay.
  void drop() {
    if (kept.size() < wanted) return;
    put_least_first(kept, wanted);
    const auto rest = kept.begin() + static_cast<ptrdiff_t>(wanted);
    worst = static_cast<SizeRank>(*std::max_element(kept.begin(), rest) >> 32);
    const auto is_worse = [&](uint64_t one) { return one >> 32 > worst; };
    kept.erase(std::remove_if(rest, kept.end(), is_worse), kept.end());
    full = kept.size();
  }

  const Search& search;
  const Ranking ranking;
  const size_t dimension;
  const Direction direction;
  const size_t wanted;
  const bool is_careful;  // looks at all rows, whether they live, before they are kept
  std::optional<Ranked> after;
  SizeRank rank_after = 0;
  SizeRank worst = kNoRank;    // nobody behind can make the page
  std::vector<uint64_t> kept;  // rank and row
  size_t full = wanted;        // kept when last some were dropped
};

void Index::page_by_size(const Search& search, const Query& query, Page& page) const {
  // Hardly ever has any row expired that is not removed yet: that is looked at in the end, and if
  // too few are left, all is done again.
  const bool must_look_first = search.names_asked || search.verified_asked;
  for (const bool looks_first : {must_look_first, true}) {
    BySize sorted(search, query, scale_, looks_first);
    visit_by_size(sorted);
    list_kept(sorted, page);
    if (sorted.is_careful || sorted.worst == kNoRank || page.listings.size() >= sorted.wanted)
      break;
    page.listings.clear();
  }
}

void Index::visit_by_size(BySize& sorted) const {
  std::vector<uint64_t> candidates;  // bound and number; the best on top
  for (unsigned country = 0; country < kCountryCount; ++country) {
    if (!sorted.search.asks_country(country)) continue;
    const Clusters::Group& group = clusters_[kSizes].of(static_cast<Country>(country));
    for (size_t i = 0; i < group.zones.size(); ++i) {
      const ClusterZone& zone = group.zones[i];
      if (!sorted.search.may_hold(zone.size_most)) continue;
      candidates.push_back(uint64_t{sorted.bound(zone)} << 32 | group.numbers[i]);
    }
  }
  const auto cluster_of = [&](uint64_t candidate) -> const Cluster& {
    return clusters_[kSizes].numbered(static_cast<uint32_t>(candidate));
  };
  std::ranges::make_heap(candidates, std::greater<>());
  for (auto end = candidates.end(); end != candidates.begin();) {
    std::pop_heap(candidates.begin(), end, std::greater<>());
    cluster_of(candidates.front()).columns.prefetch(sorted.dimension);
    const uint64_t best = *--end;
    if (best >> 32 > sorted.worst) return;
    visit_sizes(sorted, cluster_of(best));
  }
}

void Index::visit_sizes(BySize& sorted, const Cluster& cluster) const {
  const Search& search = sorted.search;
  const Columns& columns = cluster.columns;
  Verdict verdict;
  Flags& within = verdict.within;
  within.rows.fill(1);
  if (sorted.worst != kNoRank) columns.compare(sorted.limit(), within);
  if (within.count() <= kFewRows) {
    columns.check(search.sizes, within);
  } else {
    columns.compare(search.sizes, within);
  }
  search.judge_prices(columns, verdict);
  Chosen<uint32_t> doubtful;
  each_flagged(within, [&](uint32_t slot) {
    const SizeRank rank = sorted.rank(columns, slot);
    if (rank > sorted.worst || (sorted.after && rank < sorted.rank_after)) return true;
    const bool is_behind = !sorted.after || rank > sorted.rank_after;
    if (!sorted.is_careful && is_behind && verdict.surely.rows[slot] != 0) {
      sorted.keep(rank, cluster.rows[slot]);
    } else {
      prefetch_row(cluster.rows[slot]);
      doubtful.add(slot);
    }
    return true;
  });
  for (const uint32_t slot : doubtful) row({cluster.rows[slot]})->prefetch_head();
  for (const uint32_t slot : doubtful) {
    const Place at{cluster.rows[slot]};
    if (!blocks_[at.block()]->fits(search, at.slot())) continue;
    const Listing& listing = *row(at);
    if (verdict.surely.rows[slot] == 0 && !search.accepts(listing)) continue;
    if (sorted.is_behind(listing)) sorted.keep(sorted.rank(columns, slot), at.value);
  }
  if (sorted.kept.size() >= sorted.full + std::max(kExcess, sorted.full / 4)) sorted.drop();
}

// In order: exactly so where ranks tie.
void Index::list_kept(BySize& sorted, Page& page) const {
  sorted.drop();
  std::ranges::sort(sorted.kept);
  for (const uint64_t one : sorted.kept) prefetch_row(static_cast<uint32_t>(one));
  std::vector<std::pair<SizeRank, const Listing*>> live;
  live.reserve(sorted.kept.size());
  for (const uint64_t one : sorted.kept) {
    live.emplace_back(static_cast<SizeRank>(one >> 32), row({static_cast<uint32_t>(one)}).get());
    live.back().second->prefetch_head();
  }
  std::erase_if(live, [&](const auto& one) { return one.second->expires() <= sorted.search.now; });
  for (auto tied = live.begin(); tied != live.end();) {
    const auto end = std::find_if(
        tied, live.end(), [rank = tied->first](const auto& one) { return one.first != rank; });
    std::sort(tied, end, [&](const auto& a, const auto& b) {
      return sorted.ranking.before(sorted.ranking.rank(*a.second), sorted.ranking.rank(*b.second));
    });
    tied = end;
  }
  live.resize(std::min(live.size(), sorted.wanted));
  for (const auto& [rank, listing] : live) page.listings.push_back(listing);
}

}  // namespace discovery

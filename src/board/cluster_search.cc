// Pages sorted by price or by a size: clusters in the order of the best that they can hold, until
// nothing better can follow. Rows are told apart by what their clusters say, as far as that goes;
// listings are read only of those that make the page, or may.
#include <algorithm>
#include <bit>
#include <functional>
#include <limits>

#include "board/candidates.h"
#include "board/index.h"
#include "board/kept_rows.h"

namespace discovery {

namespace {

// So many are computed sooner than they are passed by with the help of their codes.
constexpr size_t kFewPrices = 64;

size_t dimension_of(SortKey key) {
  return key == SortKey::cpu ? kCpu : key == SortKey::memory ? kMemory : kStorage;
}

}  // namespace

/// What a search holds, whatever it is sorted by.
template <class Row>
struct Index::ClusterOrder {
  using Kept = Row;
  using Rank = typename Kept::Rank;

  ClusterOrder(const Search& asked, const Query& query, bool looks_first)
      : search(asked),
        ranking(query.order, query.filter.size()),
        wanted(query.limit + 1),
        is_careful(looks_first),
        kept(wanted) {
    if (query.after) after = ranking.rank(*query.after);
  }

  bool is_behind(const Listing& listing) const {
    return !after || ranking.before(*after, ranking.rank(listing));
  }

  const Search& search;
  const Ranking ranking;
  const size_t wanted;
  const bool is_careful;        // looks at all rows, whether they live, before they are kept
  std::optional<Ranked> after;  // the place behind which the page begins
  Rank rank_after{};            // who has the same may be behind
  KeptRows<Kept> kept;
};

struct Index::SizeOrder : ClusterOrder<RankedBySize> {
  static constexpr Axes kAxes = kSizes;

  SizeOrder(const Search& asked, const Query& query, const IdScale& scale, bool looks_first)
      : ClusterOrder(asked, query, looks_first),
        dimension_(dimension_of(query.order.key)),
        direction_(query.order.descending ? Direction::descending : Direction::ascending) {
    if (!after) return;
    const double size = std::clamp(ranking.turned(after->value), 0.0, double{INT32_MAX});
    rank_after = rank(size_code(static_cast<uint32_t>(size)), scale.code(after->provider_id));
  }

  template <class Visit>
  void each_group(const Clusters& clusters, Country country, Visit&& visit) const {
    visit(clusters.of(country));
  }
  Rank bound(const Clusters::Group& group, size_t position) const {
    const ClusterZone& zone = group.zones[position];
    const uint16_t code = direction_ == Direction::descending
                              ? zone.size_most[dimension_]
                              : std::max(zone.size_least[dimension_], search.sizes[dimension_]);
    return rank(code, zone.id_least);
  }
  void expect(const Cluster& cluster) const { cluster.columns.prefetch(dimension_); }
  void judge(const Cluster& cluster, Verdict& verdict) const {
    const Columns& columns = cluster.columns;
    verdict.within.rows.fill(1);
    if (kept.full()) columns.compare(limit(), verdict.within);
    if (verdict.within.count() <= kFewRows) {
      columns.check(search.sizes, verdict.within);
    } else {
      columns.compare(search.sizes, verdict.within);
    }
    search.judge_prices(columns, verdict);
  }
  Rank rank(const Cluster& cluster, uint32_t slot) const {
    return rank(cluster.columns.size(dimension_, slot), cluster.columns.id(slot));
  }

 private:
  Rank rank(uint16_t code, uint16_t id) const {
    const auto turned = direction_ == Direction::ascending ? code : static_cast<uint16_t>(~code);
    return Rank{turned} << 12 | (is_single(code) ? id : 0U);
  }
  SizeLimit limit() const {
    const Rank worst = kept.worst();
    const auto turned = static_cast<uint16_t>(worst >> 12);
    const uint16_t code =
        direction_ == Direction::descending ? static_cast<uint16_t>(~turned) : turned;
    const auto id = static_cast<uint16_t>(is_single(code) ? worst & 0xfff : UINT16_MAX);
    return {dimension_, direction_, code, id};
  }

  const size_t dimension_;
  const Direction direction_;
};

struct Index::PriceOrder : ClusterOrder<RankedByPrice> {
  static constexpr Axes kAxes = kPrices;

  PriceOrder(const Search& asked, const Query& query, const IdScale& scale, bool looks_first)
      : ClusterOrder(asked, query, looks_first), descending_(query.order.descending) {
    if (!after) return;
    const uint16_t id = scale.code(after->provider_id);
    rank_after = query.after->value ? rank(*query.after->value, id) : Rank{Kept::kUnknown, id};
  }

  template <class Visit>
  void each_group(const Clusters& clusters, Country country, Visit&& visit) const {
    if (rank_after.price != Kept::kUnknown) visit(clusters.of(country));
    if (!search.price.bounded()) visit(clusters.unpriced(country));
  }
  Rank bound(const Clusters::Group& group, size_t position) const {
    const PriceBounds& prices = group.prices[position];
    const uint16_t id = group.zones[position].id_least;
    if (prices.unknown()) return {Kept::kUnknown, id};
    return rank(price(descending_ ? prices.most : prices.least), id);
  }
  void expect(const Cluster& cluster) const { cluster.columns.prefetch(); }
  void judge(const Cluster& cluster, Verdict& verdict) const {
    verdict.within.rows.fill(1);
    cluster.columns.compare(search.sizes, verdict.within);
    if (kept.full() && cluster.prices.size() > kFewPrices) {
      cluster.columns.compare(limit(), verdict.within);
    }
    search.judge_prices(cluster.columns, verdict);
  }
  Rank rank(const Cluster& cluster, uint32_t slot) const {
    const uint16_t id = cluster.columns.id(slot);
    if (cluster.price_of.empty()) return {Kept::kUnknown, id};
    return rank(price(cluster.prices[cluster.price_of[slot]].usd), id);
  }

 private:
  double price(const UnitPrices& prices) const { return prices.per_month(search.filter.size()); }
  uint64_t turned(uint64_t price) const {
    constexpr auto kInfinity = std::bit_cast<uint64_t>(std::numeric_limits<double>::infinity());
    return descending_ ? kInfinity - price : price;
  }
  Rank rank(double price, uint16_t id) const {
    return {turned(std::bit_cast<uint64_t>(price)), id};
  }

  PriceWindow limit() const {
    PriceWindow window(search.filter.size());
    const auto price = std::bit_cast<double>(turned(kept.worst().price));
    descending_ ? window.set_least(price) : window.set_most(price);
    return window;
  }

  const bool descending_;
};

template <class Order>
void Index::page_by_cluster(const Search& search, const Query& query, Page& page) const {
  // Hardly ever has any row expired that is not removed yet: that is looked at in the end, and if
  // too few are left, all is done again.
  const bool must_look_first = search.names_asked || search.verified_asked;
  for (const bool looks_first : {must_look_first, true}) {
    Order order(search, query, scale_, looks_first);
    visit_clusters(order);
    list_kept(order, page);
    if (order.is_careful || !order.kept.full() || page.listings.size() >= order.wanted) break;
    page.listings.clear();
  }
}

void Index::page_by_price(const Search& search, const Query& query, Page& page) const {
  page_by_cluster<PriceOrder>(search, query, page);
}

void Index::page_by_size(const Search& search, const Query& query, Page& page) const {
  page_by_cluster<SizeOrder>(search, query, page);
}

template <class Order>
void Index::visit_clusters(Order& order) const {
  using Candidate = typename Order::Kept;  // a cluster by its number and bound
  const Clusters& clusters = clusters_[Order::kAxes];
  std::vector<Candidate> candidates;
  const auto collect = [&](const Clusters::Group& group) {
    for (size_t i = 0; i < group.zones.size(); ++i) {
      if (!order.search.may_hold(group.zones[i].size_most)) continue;
      candidates.emplace_back(order.bound(group, i), group.numbers[i]);
    }
  };
  for (unsigned country = order.search.next_country(0); country < kCountryCount;
       country = order.search.next_country(country + 1)) {
    order.each_group(clusters, static_cast<Country>(country), collect);
  }
  const auto cluster_of = [&](const Candidate& candidate) -> const Cluster& {
    return clusters.numbered(candidate.row());
  };
  visit_least_first(
      candidates, [&](const Candidate& next) { order.expect(cluster_of(next)); },
      [&](const Candidate& best) {
        if (order.kept.worst() < best.rank()) return false;
        visit_cluster(order, cluster_of(best));
        return true;
      });
}

template <class Order>
void Index::visit_cluster(Order& order, const Cluster& cluster) const {
  const Search& search = order.search;
  Verdict verdict;
  order.judge(cluster, verdict);
  Chosen<uint32_t> doubtful;
  each_flagged(verdict.within, [&](uint32_t slot) {
    const auto rank = order.rank(cluster, slot);
    if (order.kept.worst() < rank || (order.after && rank < order.rank_after)) return true;
    const bool is_behind = !order.after || order.rank_after < rank;
    if (!order.is_careful && is_behind && verdict.surely.rows[slot] != 0) {
      order.kept.keep(rank, cluster.rows[slot]);
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
    if (order.is_behind(listing)) order.kept.keep(order.rank(cluster, slot), at.value);
  }
  order.kept.drop_if_crowded();
}

// In order: exactly so where ranks tie.
template <class Order>
void Index::list_kept(Order& order, Page& page) const {
  order.kept.drop();
  const auto& rows = order.kept.rows();
  for (const auto& one : rows) prefetch_row(one.row());
  std::vector<std::pair<typename Order::Kept, const Listing*>> live;
  live.reserve(rows.size());
  for (const auto& one : rows) {
    live.emplace_back(one, row({one.row()}).get());
    live.back().second->prefetch_head();
  }
  std::sort(live.begin(), live.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::erase_if(live, [&](const auto& one) { return one.second->expires() <= order.search.now; });
  for (auto tied = live.begin(); tied != live.end();) {
    const auto end = std::find_if(tied, live.end(), [rank = tied->first.rank()](const auto& one) {
      return !(one.first.rank() == rank);
    });
    std::sort(tied, end, [&](const auto& a, const auto& b) {
      return order.ranking.before(order.ranking.rank(*a.second), order.ranking.rank(*b.second));
    });
    tied = end;
  }
  const size_t listed = std::min(live.size(), order.wanted);
  for (size_t i = 0; i < listed; ++i) page.listings.push_back(live[i].second);
}

}  // namespace discovery

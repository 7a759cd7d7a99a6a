// Pages sorted by price: clusters in the order of the best that they can hold, until nothing better
// can follow. Rows are told apart by what their clusters say, as far as that goes; listings are
// read only of those that make the page, or may.
#include <algorithm>
#include <bit>
#include <limits>

#include "board/candidates.h"
#include "board/index.h"
#include "board/kept_rows.h"

namespace discovery {

namespace {

// So many are computed sooner than they are passed by with the help of their codes.
constexpr size_t kFewPrices = 64;

}  // namespace

struct Index::Priced {
  using Rank = RankedRow::Rank;

  Priced(const Search& asked, const Query& query, const IdScale& scale, bool looks_first)
      : search(asked),
        ranking(query.order, query.filter.size()),
        wanted(query.limit + 1),
        descending(query.order.descending),
        is_careful(looks_first),
        kept(wanted) {
    if (!query.after) return;
    after = ranking.rank(*query.after);
    const uint16_t id = scale.code(after->provider_id);
    rank_after = query.after->value ? rank(*query.after->value, id) : Rank{RankedRow::kUnknown, id};
  }

  bool is_behind(const Listing& listing) const {
    return !after || ranking.before(*after, ranking.rank(listing));
  }
  /// The best that a cluster can hold.
  Rank bound(const Clusters::Group& group, size_t position) const {
    const PriceBounds& prices = group.prices[position];
    const uint16_t id = group.zones[position].id_least;
    if (prices.unknown()) return {RankedRow::kUnknown, id};
    return rank(price(descending ? prices.most : prices.least), id);
  }
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
    if (cluster.price_of.empty()) return {RankedRow::kUnknown, id};
    return rank(price(cluster.prices[cluster.price_of[slot]].usd), id);
  }

  const Search& search;
  const Ranking ranking;
  const size_t wanted;
  const bool descending;
  const bool is_careful;        // looks at all rows, whether they live, before they are kept
  std::optional<Ranked> after;  // the place behind which the page begins
  Rank rank_after{};            // who has the same may be behind
  KeptRows kept;

 private:
  double price(const UnitPrices& prices) const { return prices.per_month(search.filter.size()); }
  uint64_t turned(uint64_t price) const {
    constexpr auto kInfinity = std::bit_cast<uint64_t>(std::numeric_limits<double>::infinity());
    return descending ? kInfinity - price : price;
  }
  Rank rank(double price, uint16_t id) const {
    return {turned(std::bit_cast<uint64_t>(price)), id};
  }

  PriceWindow limit() const {
    PriceWindow window(search.filter.size());
    const auto price = std::bit_cast<double>(turned(kept.worst().price));
    descending ? window.set_least(price) : window.set_most(price);
    return window;
  }
};

void Index::page_by_price(const Search& search, const Query& query, Page& page) const {
  // Hardly ever has any row expired that is not removed yet: that is looked at in the end, and if
  // too few are left, all is done again.
  const bool must_look_first = search.names_asked || search.verified_asked;
  for (const bool looks_first : {must_look_first, true}) {
    Priced priced(search, query, scale_, looks_first);
    visit_clusters(priced);
    list_kept(priced, page);
    if (priced.is_careful || !priced.kept.full() || page.listings.size() >= priced.wanted) break;
    page.listings.clear();
  }
}

void Index::visit_clusters(Priced& priced) const {
  const Search& search = priced.search;
  std::vector<RankedRow> candidates;  // clusters by their numbers and bounds
  const auto collect = [&](const Clusters::Group& group) {
    for (size_t i = 0; i < group.zones.size(); ++i) {
      if (!search.may_hold(group.zones[i].size_most)) continue;
      candidates.emplace_back(priced.bound(group, i), group.numbers[i]);
    }
  };
  for (unsigned country = search.next_country(0); country < kCountryCount;
       country = search.next_country(country + 1)) {
    if (priced.rank_after.price != RankedRow::kUnknown) {
      collect(clusters_.of(static_cast<Country>(country)));
    }
    if (!search.price.bounded()) collect(clusters_.unpriced(static_cast<Country>(country)));
  }
  const auto cluster_of = [&](const RankedRow& candidate) -> const Cluster& {
    return clusters_.numbered(candidate.row());
  };
  visit_least_first(
      candidates, [&](const RankedRow& next) { cluster_of(next).columns.prefetch(); },
      [&](const RankedRow& best) {
        if (priced.kept.worst() < best.rank()) return false;
        visit_cluster(priced, cluster_of(best));
        return true;
      });
}

void Index::visit_cluster(Priced& priced, const Cluster& cluster) const {
  const Search& search = priced.search;
  Verdict verdict;
  priced.judge(cluster, verdict);
  Chosen<uint32_t> doubtful;
  each_flagged(verdict.within, [&](uint32_t slot) {
    const auto rank = priced.rank(cluster, slot);
    if (priced.kept.worst() < rank || (priced.after && rank < priced.rank_after)) return true;
    const bool is_behind = !priced.after || priced.rank_after < rank;
    if (!priced.is_careful && is_behind && verdict.surely.rows[slot] != 0) {
      priced.kept.keep(rank, cluster.rows[slot]);
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
    if (priced.is_behind(listing)) priced.kept.keep(priced.rank(cluster, slot), at.value);
  }
  priced.kept.drop_if_crowded();
}

// In order: exactly so where ranks tie.
void Index::list_kept(Priced& priced, Page& page) const {
  priced.kept.drop();
  const auto& rows = priced.kept.rows();
  for (const auto& one : rows) prefetch_row(one.row());
  std::vector<std::pair<RankedRow, const Listing*>> live;
  live.reserve(rows.size());
  for (const auto& one : rows) {
    live.emplace_back(one, row({one.row()}).get());
    live.back().second->prefetch_head();
  }
  std::sort(live.begin(), live.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::erase_if(live, [&](const auto& one) { return one.second->expires() <= priced.search.now; });
  for (auto tied = live.begin(); tied != live.end();) {
    const auto end = std::find_if(tied, live.end(), [rank = tied->first.rank()](const auto& one) {
      return !(one.first.rank() == rank);
    });
    std::sort(tied, end, [&](const auto& a, const auto& b) {
      return priced.ranking.before(priced.ranking.rank(*a.second), priced.ranking.rank(*b.second));
    });
    tied = end;
  }
  const size_t listed = std::min(live.size(), priced.wanted);
  for (size_t i = 0; i < listed; ++i) page.listings.push_back(live[i].second);
}

}  // namespace discovery

// Pages sorted by a size: the lists of the countries asked for are gone through side by side, each
// from where it begins.
#include <algorithm>
#include <optional>
#include <vector>

#include "board/index.h"
#include "board/size_walk.h"

namespace discovery {

namespace {

// So many that are large enough may prove not to match. More, and the rest is sooner found by the
// blocks, which know more of each; or, where it is the price, by the clusters.
constexpr size_t kPatience = 4'096;
constexpr size_t kPatienceWithPrices = 128;
// So many are looked up side by side, though fewer may be missing.
constexpr size_t kAtOnce = 32;

}  // namespace

/// The walks of several countries as one.
struct Index::SizeMerge {
  /// Who comes next of a country.
  struct Head {
    uint32_t rank;
    uint32_t row;
    SizeWalk* walk;
  };

  // By listings where codes tie.
  auto later() const {
    return [this](const Head& a, const Head& b) {
      if (a.rank != b.rank) return b.rank < a.rank;
      return ranking.before(ranking.rank(index.listing(b.row)), ranking.rank(index.listing(a.row)));
    };
  }

  SizeMerge(const Index& searched, const Search& search, const Query& query)
      : index(searched),
        ranking(query.order, query.filter.size()),
        dimension(*size_of(query.order.key)),
        descending(query.order.descending) {
    std::optional<SizePlace> after;
    if (query.after) {
      const Ranked place = ranking.rank(*query.after);
      after.emplace(ranking.turned(place.value), place.provider_id,
                    index.scale_.code(place.provider_id));
    }
    for (unsigned country = search.next_country(0); country < kCountryCount;
         country = search.next_country(country + 1)) {
      const SizeList& list = index.size_lists_.of(static_cast<Country>(country))[dimension];
      if (list.parts().empty()) continue;
      walks.emplace_back(list, descending ? Direction::descending : Direction::ascending,
                         search.sizes, after ? &*after : nullptr);
    }
    if (walks.size() == 1) return;  // nobody is compared
    heads.reserve(walks.size());
    for (SizeWalk& walk : walks) push(walk);
  }

  /// The next of all, if any is left.
  std::optional<uint32_t> next() {
    if (walks.size() == 1) {
      return walks.front().next() ? std::optional(walks.front().row()) : std::nullopt;
    }
    if (heads.empty()) return std::nullopt;
    std::ranges::pop_heap(heads, later());
    const Head head = heads.back();
    heads.pop_back();
    push(*head.walk);
    return head.row;
  }

  void push(SizeWalk& walk) {
    if (!walk.next()) return;
    const uint32_t row = walk.row();
    heads.push_back(
        {size_rank(walk.size_code(), index.rows_.id_code(row), descending), row, &walk});
    std::ranges::push_heap(heads, later());
  }

  const Index& index;
  const Ranking ranking;
  const Dimension dimension;
  const bool descending;
  std::vector<SizeWalk> walks;
  std::vector<Head> heads;  // the best in front
};

void Index::page_by_size(const Search& search, const Query& query, Page& page) const {
  SizeMerge merge(*this, search, query);
  const size_t wanted = query.limit + 1;
  const bool is_sure = search.codes_decide && !search.verified_asked && !search.price.bounded();
  std::vector<uint32_t> rows;
  const size_t patience = search.price.bounded() ? kPatienceWithPrices : kPatience;
  size_t in_vain = 0;
  do {
    rows.clear();
    const size_t most = std::max(wanted - page.listings.size(), kAtOnce);
    for (std::optional<uint32_t> row; rows.size() < most && (row = merge.next());) {
      prefetch_row(*row);
      rows.push_back(*row);
    }
    for (const uint32_t row : rows) listing(row).prefetch_head();
    for (const uint32_t row : rows) {
      const Listing& one = listing(row);
      if (is_sure ? one.expires() > search.now : search.matches(one)) {
        page.listings.push_back(&one);
      } else {
        ++in_vain;
      }
    }
    if (in_vain > patience && page.listings.size() < wanted) {
      page.listings.clear();
      return page_sorted(search, query, page);
    }
  } while (!rows.empty() && page.listings.size() < wanted);
  if (page.listings.size() > wanted) page.listings.resize(wanted);
}

}  // namespace discovery

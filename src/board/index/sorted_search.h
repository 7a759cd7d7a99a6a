// Pages in any order but the board's: row groups (of the table, or by price those of the price
// tree) are visited in the order of the first row that they can hold, until none can hold a row of
// the page.
#pragma once

#include <vector>

#include "board/index/compiled_filter.h"
#include "board/index/index_view.h"
#include "board/index/ranking.h"
#include "board/index/top_n.h"
#include "listing/listing.h"
#include "query/query.h"

namespace discovery {

class SortedSearch {
 public:
  /// All outlive this.
  SortedSearch(const IndexView& index, const CompiledFilter& compiled, ScanLimit& limit)
      : index_(index), compiled_(compiled), limit_(limit) {}

  /// The first matches behind the query's position, in its order: one more than its limit, as a
  /// sign that there are more.
  std::vector<const Listing*> find(const Query& query) const;

 private:
  void visit_groups(TopN& top) const;
  void visit_group(const RowGroup& group, const RankBounds& bounds, TopN& top) const;
  void visit_leaves(TopN& top) const;
  void visit_leaf(const PriceLeaf& leaf, TopN& top) const;

  const IndexView index_;
  const CompiledFilter& compiled_;
  ScanLimit& limit_;
};

}  // namespace discovery

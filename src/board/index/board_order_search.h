// Pages in the board's own order: country, creation, provider id.
#pragma once

#include <cstddef>
#include <vector>

#include "advertisement/countries.h"
#include "board/index/compiled_filter.h"
#include "board/index/row_table.h"
#include "listing/listing.h"
#include "query/query.h"

namespace discovery {

class BoardOrderSearch {
 public:
  /// Both outlive this.
  BoardOrderSearch(const RowTable& rows, const CompiledFilter& compiled)
      : rows_(rows), compiled_(compiled) {}

  /// Appends the first matches behind the query's position: one more than its limit, as a sign that
  /// there are more.
  void find(const Query& query, std::vector<const Listing*>& out) const;

 private:
  void find_in(Country country, const Position* after, size_t wanted,
               std::vector<const Listing*>& out) const;

  const RowTable& rows_;
  const CompiledFilter& compiled_;
};

}  // namespace discovery

// Pages in the board's own order: country, creation, provider id.
#pragma once

#include <cstddef>

#include "advertisement/countries.h"
#include "board/index/compiled_filter.h"
#include "board/index/index_view.h"
#include "board/index/row_table.h"
#include "board/index/scan_limit.h"
#include "listing/listing.h"
#include "query/query.h"

namespace discovery {

class BoardOrderSearch {
 public:
  /// All outlive this.
  BoardOrderSearch(const RowTable& rows, const CompiledFilter& compiled, ScanLimit& limit)
      : rows_(rows), compiled_(compiled), limit_(limit) {}

  /// Appends the first matches behind the query's position: one more than its limit, as a sign that
  /// there are more. Says where it was when the time was up.
  void find(const Query& query, Page& page);

 private:
  bool find_in(Country country, const Position* after, size_t wanted, Page& page);

  const RowTable& rows_;
  const CompiledFilter& compiled_;
  ScanLimit& limit_;
  const RowGroup* last_ = nullptr;  // that was looked at whole
};

}  // namespace discovery

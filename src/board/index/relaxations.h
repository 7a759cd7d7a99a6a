// Why so few match: what each criterion costs, and by how much a number misses (contract, section
// 1, explain).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "board/index/index.h"
#include "query/query.h"

namespace discovery {

/// What a filter may cost to run: in steps of about 50 ns, beside what goes by codes alone.
inline uint64_t work_of(const Index& index, const Filter& filter) {
  return filter.cost() == 0 ? 0 : index.candidates(filter) * filter.cost();
}

struct Explanation {
  /// What would match if one criterion were not asked.
  struct Without {
    std::string criterion;
    uint64_t matches = 0;
    std::optional<double> nearest;  // of those matches: the number that comes closest to meeting it
  };
  uint64_t matches = 0;
  std::vector<Without> without;  // one per criterion, where nothing matches or all is asked for
};

/// What it may cost to find, as work_of(); both take `query` as parse_explain_query() leaves it.
uint64_t explain_work(const Index& index, const Query& query);

/// Of no use where `limit` was over.
Explanation explain(const Index& index, const Query& query, BootTime now, ScanLimit& limit);

}  // namespace discovery

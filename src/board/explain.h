// Why so few match: what each criterion costs, and by how much a number misses (contract, section
// 1, explain).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "board/index.h"
#include "query/query.h"

namespace discovery {

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

/// `query` as parse_explain_query() leaves it.
Explanation explain(const Index& index, const Query& query, BootTime now);

}  // namespace discovery

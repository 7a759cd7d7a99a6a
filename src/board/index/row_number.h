// Where a row stands: in which row group, and in which slot of it.
#pragma once

#include <cstdint>
#include <vector>

#include "board/index/columns.h"

namespace discovery {

struct RowNumber {
  uint32_t value = 0;

  uint32_t group() const { return value / kBlockRows; }
  uint32_t slot() const { return value % kBlockRows; }
  bool operator==(const RowNumber&) const = default;
};

/// A row that has another number now.
struct RowMove {
  RowNumber from, to;
};
using RowMoves = std::vector<RowMove>;

}  // namespace discovery

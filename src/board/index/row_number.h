// Where a row stands: in which row group, and in which slot of it.
#pragma once

#include <cstdint>
#include <vector>

#include "board/index/columns.h"

namespace discovery {

struct RowNumber {
  uint32_t value = 0;

  uint32_t group() const { return value / kGroupRows; }
  uint32_t slot() const { return value % kGroupRows; }
  bool operator==(const RowNumber&) const = default;
};

/// A row that has another number now.
struct Relocation {
  RowNumber from, to;
};
using Relocations = std::vector<Relocation>;

}  // namespace discovery

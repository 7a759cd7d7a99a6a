// What every match of an expression must meet, by interval analysis.
#pragma once

#include "query/filter.h"

namespace discovery {

struct Analysis {
  Bounds bounds;
  bool exact = true;  // what lies within the bounds matches, too
};

Analysis analyse(const Expression& expression);

}  // namespace discovery

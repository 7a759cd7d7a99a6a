// Counts the changes of what is listed.
#pragma once

#include <cstdint>

namespace discovery {

/// The number of a change, one more than that of the change before it. A renewal, which moves
/// nothing but times, has none: 0.
using Revision = uint64_t;

}  // namespace discovery

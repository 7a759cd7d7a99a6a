// Giving memory back: `container = {}` and clear() keep it.
#pragma once

namespace discovery {

/// Empties a string, vector or other container and frees what it has allocated.
template <class Container>
void release(Container& container) {
  Container().swap(container);
}

}  // namespace discovery

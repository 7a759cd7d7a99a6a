// Two things at once.
#pragma once

#include <thread>
#include <utility>

namespace discovery {

/// Calls both, one on a thread of its own, and returns when both have returned. Neither may throw.
template <class F, class G>
void do_both(F&& here, G&& elsewhere) {
  std::thread other(std::forward<G>(elsewhere));
  std::forward<F>(here)();
  other.join();
}

}  // namespace discovery

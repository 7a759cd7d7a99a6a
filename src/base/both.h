// Two things at once.
#pragma once

#include "base/start_thread.h"

namespace discovery {

/// Calls both, one on a thread of its own where that can be started, and returns when both have
/// returned. Neither may throw.
template <class F, class G>
void do_both(F&& here, G&& elsewhere) {
  auto other = start_thread("a second thread", [&elsewhere] { elsewhere(); });
  here();
  if (other) {
    other->join();
  } else {
    elsewhere();
  }
}

}  // namespace discovery

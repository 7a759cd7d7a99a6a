// Runs tasks on another thread.
#pragma once

#include <functional>
#include <utility>

#include "base/clock.h"

namespace discovery {

/// One thread, as others see it. Outlives the board's last step.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Runs `work` on its thread, when that has handled what is at hand. Any thread; must not block.
  virtual void post(std::function<void()> work) = 0;
  /// The same, `delay` later, from its own thread; an executor without a timer may do it at once.
  virtual void post_after(Duration /*delay*/, std::function<void()> work) { post(std::move(work)); }
};

}  // namespace discovery

// What a thread is to do besides its sockets: what other threads post to it, and what is due at
// some time.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "base/mutex.h"

namespace discovery {

/// Belongs to one thread; only post() may be called on others.
class TaskQueue {
 public:
  using Task = std::function<void()>;
  using Time = std::chrono::steady_clock::time_point;

  /// True, once for each sleep: the owner sleeps and has to be woken.
  [[nodiscard]] bool post(Task task);

  /// To be run then, or as soon as possible after.
  void post_at(Time time, Task task);

  /// The owner goes to sleep. How long there will be nothing to do, rounded up; none at all while
  /// something is posted, and ever (-1) while nothing has a time.
  std::chrono::milliseconds sleep(Time now);
  void awake() { asleep_ = false; }

  /// Runs what has been posted, in that order, and what is due. What these add waits for the next
  /// call, and so does the rest where one throws.
  void run(Time now);

 private:
  std::atomic<bool> asleep_ = false;
  Mutex mutex_;
  std::vector<Task> posted_ GUARDED_BY(mutex_);
  std::deque<Task> ready_;
  std::multimap<Time, Task> timed_;
};

}  // namespace discovery

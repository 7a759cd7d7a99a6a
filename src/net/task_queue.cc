#include "net/task_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace discovery {

bool TaskQueue::post(Task task) {
  {
    const MutexLock lock(mutex_);
    posted_.push_back(std::move(task));
  }
  return asleep_.exchange(false);
}

void TaskQueue::post_at(Time time, Task task) { timed_.emplace(time, std::move(task)); }

std::chrono::milliseconds TaskQueue::sleep(Time now) {
  using std::chrono::milliseconds;
  // Before the look: a task posted from here on either is seen, or its poster sees the flag.
  asleep_ = true;
  const MutexLock lock(mutex_);
  if (!posted_.empty() || !ready_.empty()) return {};
  if (timed_.empty()) return milliseconds{-1};
  return std::max(std::chrono::ceil<milliseconds>(timed_.begin()->first - now), milliseconds{});
}

void TaskQueue::run(Time now) {
  {
    const MutexLock lock(mutex_);
    std::move(posted_.begin(), posted_.end(), std::back_inserter(ready_));
    posted_.clear();
  }
  while (!timed_.empty() && timed_.begin()->first <= now) {
    ready_.push_back(std::move(timed_.extract(timed_.begin()).mapped()));
  }
  while (!ready_.empty()) {
    const Task task = std::move(ready_.front());
    ready_.pop_front();
    task();
  }
}

}  // namespace discovery

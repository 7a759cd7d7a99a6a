// std::mutex with clang's thread-safety annotations, which the standard library's own lacks here.
//
// State what a mutex guards with GUARDED_BY; clang builds check it (-Wthread-safety).
#pragma once

#include <mutex>

#if defined(__clang__)
#define DISCOVERY_ANNOTATE(x) __attribute__((x))
#else
#define DISCOVERY_ANNOTATE(x)
#endif

#define GUARDED_BY(mutex) DISCOVERY_ANNOTATE(guarded_by(mutex))
#define REQUIRES(mutex) DISCOVERY_ANNOTATE(requires_capability(mutex))

namespace discovery {

class DISCOVERY_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() DISCOVERY_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() DISCOVERY_ANNOTATE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class DISCOVERY_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) DISCOVERY_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() DISCOVERY_ANNOTATE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace discovery

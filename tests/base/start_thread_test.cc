#include "base/start_thread.h"

#include <gmock/gmock.h>
#include <pthread.h>

namespace discovery {
namespace {

/// While it lives no thread can be started: their stacks would be larger than memory can be.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&former_);
    pthread_attr_t attributes = former_;
    pthread_attr_setstacksize(&attributes, size_t{1} << 47);
    pthread_setattr_default_np(&attributes);
  }
  ~NoThreads() { pthread_setattr_default_np(&former_); }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t former_;
};

TEST(StartThread, SaysWhichThreadCannotBeStartedAndWhy) {
  const NoThreads no_threads;
  const auto thread = start_thread("the writer thread", [] {});
  ASSERT_FALSE(thread);
  EXPECT_THAT(
      thread.error().message,
      testing::StartsWith("cannot start the writer thread: Resource temporarily unavailable"));
}

}  // namespace
}  // namespace discovery

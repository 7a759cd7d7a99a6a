#include "server/process_setup.h"

#include <fcntl.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <string>
#include <system_error>

namespace discovery {
namespace {

// Standard files, database, archive; a thread has its listening socket, an epoll set and a waker.
constexpr rlim_t kOwnDescriptors = 32;
constexpr rlim_t kThreadDescriptors = 3;

/// The limit of open files, raised to `wanted` or as close as it may be.
rlim_t raise_descriptor_limit(rlim_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  const rlim_t allowed = limit.rlim_max;
  limit = {wanted, std::max(wanted, allowed)};
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
    return wanted;  // above the hard limit: privileged only
  limit = {allowed, allowed};
  setrlimit(RLIMIT_NOFILE, &limit);
  return allowed;
}

}  // namespace

Status open_standard_files() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (fcntl(number, F_GETFD) >= 0) continue;
    const int opened = open("/dev/null", number == STDIN_FILENO ? O_RDONLY : O_WRONLY);
    if (opened < 0) {
      return fail(Code::internal, "descriptor " + std::to_string(number) +
                                      " is closed, and /dev/null cannot be opened in its place: " +
                                      std::generic_category().message(errno));
    }
    assert(opened == number);  // the lowest that is free
  }
  return {};
}

// What one thread has listed another frees, and in a heap of its own none would use that space
// again: the board would grow with every renewal. Answers and events come and go, and each page
// that is given back is cleared by the kernel when it returns.
void set_up_heap() {
  constexpr int kMebibyte = 1024 * 1024;
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, kMebibyte);
  mallopt(M_MMAP_THRESHOLD, kMebibyte);
  mallopt(M_TRIM_THRESHOLD, 16 * kMebibyte);
}

Status provide_descriptors(size_t connections_max, unsigned threads) {
  const rlim_t own = kOwnDescriptors + kThreadDescriptors * threads;
  const rlim_t allowed = raise_descriptor_limit(own + connections_max);
  if (allowed <= own) {
    return fail(Code::internal, "only " + std::to_string(allowed) +
                                    " files may be open: raise that limit (ulimit " +
                                    "-n, LimitNOFILE) to " + std::to_string(own) +
                                    " and one for each connection");
  }
  if (allowed - own < connections_max) {
    spdlog::warn(
        "only {} files may be open (ulimit -n, LimitNOFILE): {} connections can be served, fewer "
        "than MAX_CONNECTIONS={}",
        allowed, allowed - own, connections_max);
  }
  return {};
}

}  // namespace discovery

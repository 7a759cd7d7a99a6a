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
#include <utility>

#include "base/limits.h"

namespace discovery {
namespace {

// Standard files, database, archive, the machine's own connections; a thread has its listening
// socket, an epoll set and a waker.
constexpr rlim_t kOwnDescriptors = 32 + limits::kOwnConnections;
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

/// How many connections there may be beside those that are refused meanwhile.
size_t most_connections(rlim_t descriptors) {
  size_t most = descriptors;
  while (most > 1 && most + limits::refused_connections(most) > descriptors) --most;
  return most;
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

Status provide_descriptors(Config& config) {
  const rlim_t own = kOwnDescriptors + kThreadDescriptors * config.threads;
  const rlim_t refused = limits::refused_connections(config.connections_max);
  const rlim_t allowed = raise_descriptor_limit(own + config.connections_max + refused);
  if (allowed <= own) {
    return fail(Code::internal, "only " + std::to_string(allowed) +
                                    " files may be open: raise that limit (ulimit " +
                                    "-n, LimitNOFILE) to " + std::to_string(own) +
                                    " and one for each connection");
  }
  if (allowed >= own + config.connections_max + refused) return {};
  const size_t asked = std::exchange(config.connections_max, most_connections(allowed - own));
  config.connections_per_address_max =
      std::min(config.connections_per_address_max, std::max<size_t>(config.connections_max / 2, 1));
  spdlog::warn(
      "only {} files may be open (ulimit -n, LimitNOFILE): {} connections can be served, fewer "
      "than MAX_CONNECTIONS={}, and {} of one address",
      allowed, config.connections_max, asked, config.connections_per_address_max);
  return {};
}

}  // namespace discovery

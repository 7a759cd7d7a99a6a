#include "process.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <system_error>

namespace discovery {

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

}  // namespace discovery

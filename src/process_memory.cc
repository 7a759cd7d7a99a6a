#include "process_memory.h"

#include <malloc.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace discovery {

namespace {

// One heap for all threads: what one of them has listed another frees, and in a heap of its own
// none would use that space again; a million providers that renew once would double the memory.
// It grows and shrinks in large steps: answers and events come and go, and each page that is given
// back is cleared by the kernel when it returns.
void set_up_heap() {
  constexpr int kMebibyte = 1024 * 1024;
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, kMebibyte);
  mallopt(M_MMAP_THRESHOLD, kMebibyte);
  mallopt(M_TRIM_THRESHOLD, 16 * kMebibyte);
}

// Huge pages: what a search reads lies all over the heap, so that with small ones the processor
// looks up an address for nearly every listing. And what a thread frees it uses again, for as much
// as a batch of posts takes: 7 pieces of each size are few.
//
// glibc takes these wishes before main() only. Where starting again is refused, or would have them
// dropped (AT_SECURE), the program goes on without.
void ask_for_heap(char** arguments) {
  constexpr const char* kVariable = "GLIBC_TUNABLES";
  constexpr std::string_view kDecided = "glibc.malloc.hugetlb=";
  const char* const present = std::getenv(kVariable);
  const std::string decided = present != nullptr ? present : "";
  if (decided.find(kDecided) != std::string::npos || getauxval(AT_SECURE) != 0) return;
  std::string wishes = std::string(kDecided) + "1:glibc.malloc.tcache_count=512";
  if (!decided.empty()) wishes += ":" + decided;  // of two of a name the later counts
  setenv(kVariable, wishes.c_str(), 1);
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (!unknown) execv(program.c_str(), arguments);
}

}  // namespace

void set_up_memory(char** arguments) {
  ask_for_heap(arguments);
  set_up_heap();
}

}  // namespace discovery

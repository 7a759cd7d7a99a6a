#include "process_memory.h"

#include <malloc.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
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

// What a search reads lies all over the heap, so that with small pages the processor looks up an
// address for nearly every listing. glibc takes this wish before main() only. Where starting again
// is refused, or would have it dropped (AT_SECURE), the program goes on without.
void ask_for_huge_pages(char** arguments) {
  constexpr const char* kVariable = "GLIBC_TUNABLES";
  const std::string wish = "glibc.malloc.hugetlb";
  const char* const present = std::getenv(kVariable);
  std::string tunables = present != nullptr ? present : "";
  if (tunables.find(wish) != std::string::npos || getauxval(AT_SECURE) != 0) return;
  if (!tunables.empty()) tunables += ':';
  setenv(kVariable, (tunables + wish + "=1").c_str(), 1);
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (!unknown) execv(program.c_str(), arguments);
}

}  // namespace

void set_up_memory(char** arguments) {
  ask_for_huge_pages(arguments);
  set_up_heap();
}

}  // namespace discovery

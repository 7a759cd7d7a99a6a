#include "process_memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace discovery {

namespace {

constexpr const char* kTunables = "GLIBC_TUNABLES";
constexpr std::string_view kHugePagesWish = "glibc.malloc.hugetlb=";
constexpr size_t kHugePage = size_t{2} * 1024 * 1024;

std::string tunables() {
  const char* const present = std::getenv(kTunables);
  return present != nullptr ? present : "";
}

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
  const std::string decided = tunables();
  if (decided.find(kHugePagesWish) != std::string::npos || getauxval(AT_SECURE) != 0) return;
  std::string wishes = std::string(kHugePagesWish) + "1:glibc.malloc.tcache_count=512";
  if (!decided.empty()) wishes += ":" + decided;  // of two of a name the later counts
  setenv(kTunables, wishes.c_str(), 1);
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (!unknown) execv(program.c_str(), arguments);
}

// The program's machine code, and what of its address space comes next.
struct Code {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  uintptr_t next = UINTPTR_MAX;
};

// For dl_iterate_phdr, which names the program before its libraries.
int find_code(dl_phdr_info* program, size_t, void* found) {
  Code& code = *static_cast<Code*>(found);
  const auto begin = [&](const ElfW(Phdr) & part) { return program->dlpi_addr + part.p_vaddr; };
  for (size_t i = 0; i < program->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = program->dlpi_phdr[i];
    if (part.p_type != PT_LOAD) continue;
    if ((part.p_flags & PF_X) != 0) {
      code.begin = begin(part);
      code.end = code.begin + part.p_memsz;
    } else if (code.end != 0) {
      code.next = std::min<uintptr_t>(code.next, begin(part));
    }
  }
  return 1;
}

// A post comes to code that the reads since the last one have pushed out of the processor's caches.
// On small pages it lies on dozens, each to be looked up anew.
//
// The kernel keeps a file's code on small pages, so a copy on huge ones takes its place, at the
// same addresses. The linker sees to it that the code has those to itself. Where memory that was
// written may not become code (systemd's MemoryDenyWriteExecute), all stays as it is.
void move_code() {
  if (tunables().find(std::string(kHugePagesWish) + "0") != std::string::npos) return;
  Code code;
  dl_iterate_phdr(find_code, &code);
  const size_t size = (code.end - code.begin + kHugePage - 1) / kHugePage * kHugePage;
  if (code.begin % kHugePage != 0 || size > code.next - code.begin) return;
  void* const room =
      mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return;
  char* const first = static_cast<char*>(room);
  char* const copy =
      first + (kHugePage - reinterpret_cast<uintptr_t>(room) % kHugePage) % kHugePage;
  madvise(copy, size, MADV_HUGEPAGE);
  void* const place = std::bit_cast<void*>(code.begin);
  std::memcpy(copy, place, code.end - code.begin);
  if (mprotect(copy, size, PROT_READ | PROT_EXEC) == 0) {
    mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  }
  munmap(room, size + kHugePage);
}

}  // namespace

void set_up_memory(char** arguments) {
  ask_for_heap(arguments);
  move_code();
  set_up_heap();
}

}  // namespace discovery

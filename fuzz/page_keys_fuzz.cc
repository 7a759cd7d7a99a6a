// Any bytes as a page of an SQLite file: no more keys than it has bytes, and all texts within it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "store/sqlite/page_keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  discovery::PageKeys keys;
  for (const size_t header_bytes : {0U, 100U}) {
    keys.read(page, header_bytes);
    bool fits = keys.rowids.size() + keys.texts.size() <= size;
    for (const std::string_view text : keys.texts) {
      fits = fits && text.data() >= page.data() && text.data() + text.size() <= page.data() + size;
    }
    if (fits) continue;
    std::fputs("keys that are not in the page\n", stderr);
    std::abort();
  }
  return 0;
}

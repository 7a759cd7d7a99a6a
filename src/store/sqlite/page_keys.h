// The keys that lie in one page of an SQLite file, as its format is documented: where SQLite cannot
// walk through a damaged table, they are what its rows are asked for by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace discovery {

struct PageKeys {
  std::vector<int64_t> rowids;          // of a leaf of a table
  std::vector<std::string_view> texts;  // first columns of an index, or of a table WITHOUT ROWID

  /// Reads `page`, any bytes at all, into which the texts lead. All rows that SQLite can find in
  /// the page are there, but for texts that do not fit into it; others may be, too. The first page
  /// of a file begins with its header, which the caller passes over by `header_bytes`.
  void read(std::string_view page, size_t header_bytes);
};

}  // namespace discovery

// Reads the whole table `advertisements`.
#pragma once

#include <string>

#include "base/result.h"
#include "store/database.h"
#include "store/store.h"

namespace discovery {

/// Shows every row, on this thread.
Status load_rows(Database& database, const Store::RowSink& sink);

/// The same for a file whose table has row numbers, on up to `threads` threads, each by a
/// connection of its own.
Status load_rows_in_parallel(Database& database, unsigned threads, const Store::RowSink& sink);

}  // namespace discovery

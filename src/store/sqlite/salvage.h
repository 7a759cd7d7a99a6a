// Copies what can be read of a damaged database.
#pragma once

#include <vector>

#include "base/result.h"
#include "store/recovery.h"
#include "store/sqlite/database.h"

namespace discovery {

/// Whether an error comes from the file's content, and not from the disk, locks or memory.
bool is_damage(const Error& error);

/// Copies each row that SQLite can read by its key from the tables of `source` into those of
/// `target`, which has them all, in one transaction. The log of changes stays behind. `source` is a
/// file without a log of its own, and of no use afterwards but to be closed.
///
/// A table is read in order as far as that goes. Where it ends at damage, each page of the file is
/// searched for keys, and the row of each is asked for: the time is bounded by the file's size,
/// whatever the damage.
Result<std::vector<RecoveryReport::Table>> salvage(Database& source, Database& target);

}  // namespace discovery

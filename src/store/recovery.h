// What saves a damaged database: `golem-discovery --recover`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace discovery {

struct RecoveryReport {
  struct Table {
    std::string name;
    uint64_t rows = 0;   // saved
    bool whole = false;  // false: some of it could not be read
  };
  std::string database;
  std::string damaged_file;   // where the damaged one lies now; empty: it was whole, and stays
  std::vector<Table> tables;  // of a damaged one
};

/// Puts a new database with all rows that can be read in place of the damaged one at `path`, which
/// is kept beside it as it was, under a name with the time `now`. Does nothing to one that is
/// whole. Power loss at any point leaves one of both in place, and the damaged one on the disk.
///
/// Code::not_found: there is no such file; Code::conflict: a server or another program is using it;
/// Code::invalid: it is whole, but no database of this server; other codes: no room, or a disk at
/// fault. After an error the damaged file is in its place. The message names the path.
Result<RecoveryReport> recover_sqlite(const std::string& path, WallTime now);

/// The report as lines for an operator.
std::string to_text(const RecoveryReport& report);

}  // namespace discovery

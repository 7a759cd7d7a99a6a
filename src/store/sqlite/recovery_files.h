// The files of a recovery: the database and what SQLite keeps beside it, copies of them, and how a
// new database takes their place.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/result.h"

namespace discovery {

/// Keeps programs that use SQLite from opening the file, as long as the descriptor is open.
/// Code::conflict: one has it open.
Result<Descriptor> exclude_programs(const std::string& path);

/// Removes the file and what SQLite keeps beside it, as far as they are there.
void remove_database(const std::string& path);

/// Copies the file, its write-ahead log and its rollback journal, which SQLite then reads as it
/// would read the originals. What the disk cannot read is zero in the copy.
Status copy_database(const std::string& from, const std::string& to);

/// Replaces the database `path` by `fresh` and returns the name under which it is kept. `copy` has
/// its content and no log. Neither `copy` nor `fresh` may be in use.
///
/// The database first gets its second name. Then the copy takes its place, to which the log and the
/// journal beside it do no harm, as they change nothing in it; then these two go, and then `fresh`
/// takes its place. Each step is durable before the next one, so that power loss leaves what was
/// there or what is new, and never one of them with the log of the other.
Result<std::string> replace_database(const std::string& path, const std::string& copy,
                                     const std::string& fresh, WallTime now);

}  // namespace discovery

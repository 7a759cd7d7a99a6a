// Single answers out of a SQLite store: what a provider's row rests on, and what is remembered of
// it.
#pragma once

#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/store.h"

namespace discovery {

/// A database in memory has one connection, which its readers share with the writer; of a file
/// each has one of its own. Either way it is used under its mutex, free in the second case.
struct SharedDatabase {
  explicit SharedDatabase(Database opened) : database(std::move(opened)) {}
  Mutex mutex;
  Database database;
};

Result<std::unique_ptr<StoreReader>> read_by(std::shared_ptr<SharedDatabase> connection);

/// By a connection of its own, which must be closed before the file's FileLock is.
Result<std::unique_ptr<StoreReader>> read_file(const std::string& path);

}  // namespace discovery

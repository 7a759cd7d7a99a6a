// A store whose file can be read but not written, until it can.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/sqlite/file_lock.h"
#include "store/store.h"

namespace discovery {

/// Opens the store for writing; the lock outlives it.
using OpenForWriting = std::function<Result<std::unique_ptr<Store>>(
    const std::string& path, std::shared_ptr<const FileLock> lock)>;

/// Shows what is in the file, and tries to open it for writing whenever it is asked to write, about
/// once a second; from then on it is that store. What another program has written meanwhile is not
/// overwritten: then it stays as it is. `why` it could not be opened is returned where it cannot be
/// read either, or lacks tables.
Result<std::unique_ptr<Store>> open_for_reading(const std::string& path,
                                                std::shared_ptr<const FileLock> lock, Error why,
                                                OpenForWriting open);

}  // namespace discovery

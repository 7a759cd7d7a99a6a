// The guard against a second server on the same database file.
#pragma once

#include <string>

#include "base/result.h"

namespace discovery {

/// Makes durable which files a directory names.
Status sync_directory(const std::string& directory);

/// Makes the directories above `path` that are missing, the last one private to the user (0700),
/// and makes them durable.
Status make_parent_directories(const std::string& path);

/// Holds an exclusive flock() on a file until destroyed; the kernel lets go of it when the process
/// dies, however it dies. SQLite locks the same file with fcntl(), and the two kinds do not meet.
///
/// Closing any descriptor of a file drops all fcntl() locks that the process has on it, so a
/// FileLock must outlive every SQLite connection to its file.
class FileLock {
 public:
  /// Creates the file where it is missing. Code::conflict: another process holds it.
  static Result<FileLock> acquire(const std::string& path);

  /// Whether `path` still leads to the file that is held. Code::unavailable: it was deleted, or
  /// another one put in its place.
  Status check(const std::string& path) const;

  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace discovery

#include "store/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace discovery {
namespace {

namespace fs = std::filesystem;

Error system_error(const std::string& doing, const std::string& path) {
  return fail(Code::internal, "cannot " + doing + " " + path + ": " + std::strerror(errno));
}

Status make_directory(const fs::path& directory, mode_t mode) {
  // It survives a power loss only once the directory that names it is on disk.
  if (::mkdir(directory.c_str(), mode) == 0) return sync_directory(directory.parent_path());
  if (errno == EEXIST) return {};
  return system_error("create directory", directory);
}

}  // namespace

Status sync_directory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error("open directory", directory);
  const int result = ::fsync(descriptor);
  const int cause = errno;
  ::close(descriptor);
  errno = cause;
  if (result != 0) return system_error("sync directory", directory);
  return {};
}

Status make_parent_directories(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  std::error_code ignored;  // what cannot be looked at cannot be made either, and mkdir says why
  fs::path made;
  for (const fs::path& part : parent) {
    made /= part;
    if (fs::is_directory(made, ignored)) continue;
    const mode_t mode = made == parent ? 0700 : 0755;
    if (auto status = make_directory(made, mode); !status) return status;
  }
  return {};
}

Result<FileLock> FileLock::acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return system_error("open", path);
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return system_error("lock", path);
  return fail(Code::conflict, "another server is using the database " + path);
}

Status FileLock::check(const std::string& path) const {
  struct stat held {};
  struct stat found {};
  if (::fstat(descriptor_, &held) != 0) return system_error("look at", path);
  if (::stat(path.c_str(), &found) != 0) {
    return fail(Code::unavailable, path + " is gone: " + std::strerror(errno));
  }
  if (held.st_dev == found.st_dev && held.st_ino == found.st_ino) return {};
  return fail(Code::unavailable, "another file is in the place of " + path);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace discovery

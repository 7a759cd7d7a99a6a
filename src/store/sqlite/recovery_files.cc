#include "store/sqlite/recovery_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/time_text.h"
#include "store/sqlite/file_lock.h"

namespace discovery {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLog = "-wal";
constexpr const char* kJournal = "-journal";
constexpr const char* kSharedMemory = "-shm";
constexpr std::array kBeside{kLog, kJournal, kSharedMemory};

constexpr size_t kBlockBytes = 1024 * 1024;
constexpr size_t kUnreadableBytes = 4096;  // at a time
constexpr off_t kSmallestPageBytes = 512;

Error system_error(const std::string& doing, const std::string& path) {
  const bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return fail(is_full ? Code::full : Code::unavailable,
              "cannot " + doing + " " + path + ": " + std::strerror(errno));
}

Status write_block(int file, std::string_view block, off_t offset, const std::string& path) {
  while (!block.empty()) {
    const ssize_t written = ::pwrite(file, block.data(), block.size(), offset);
    if (written <= 0) return system_error("write", path);
    block.remove_prefix(static_cast<size_t>(written));
    offset += written;
  }
  return {};
}

/// Copies up to `size` bytes; what the source does not have is zero.
Status copy_content(int source, int target, off_t size, const std::string& from,
                    const std::string& to) {
  if (::ftruncate(target, size) != 0) return system_error("write", to);
  std::vector<char> block(kBlockBytes);
  size_t step = kBlockBytes;
  for (off_t offset = 0; offset < size;) {
    const ssize_t read = ::pread(source, block.data(), step, offset);
    if (read < 0 && errno == EIO) {
      if (step == kUnreadableBytes) offset += static_cast<off_t>(kUnreadableBytes);
      step = kUnreadableBytes;
      continue;
    }
    if (read < 0) return system_error("read", from);
    if (read == 0) return {};
    const std::string_view content(block.data(), static_cast<size_t>(read));
    if (auto written = write_block(target, content, offset, to); !written) return written;
    offset += read;
    if (offset % static_cast<off_t>(kBlockBytes) == 0) step = kBlockBytes;
  }
  return {};
}

/// Its copy has `size_min` bytes at least.
Status copy_file(const std::string& from, const std::string& to, off_t size_min) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.is_open()) return system_error("open", from);
  const Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!target.is_open()) return system_error("create", to);
  struct stat found {};
  if (::fstat(source.number(), &found) != 0) return system_error("look at", from);
  return copy_content(source.number(), target.number(), std::max(found.st_size, size_min), from,
                      to);
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

Status sync_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() || ::fsync(file.number()) != 0) return system_error("sync", path);
  return {};
}

Status make_alike(const std::string& path, const struct stat& model) {
  // Root may be recovering what a server of another user keeps.
  if (::geteuid() == 0 && ::chown(path.c_str(), model.st_uid, model.st_gid) != 0) {
    return system_error("change the owner of", path);
  }
  if (::chmod(path.c_str(), model.st_mode & 07777) != 0) return system_error("set rights of", path);
  return {};
}

/// `2026-11-30T11:15:37.123456Z` as `20261130T111537Z`.
std::string compact_time(WallTime time) {
  char text[kRfc3339Length];
  write_rfc3339(time, text);
  std::string compact(text, text + 19);
  std::erase_if(compact, [](char c) { return c == '-' || c == ':'; });
  return compact + "Z";
}

std::string free_name(const std::string& path, WallTime now) {
  const std::string base = path + ".damaged-" + compact_time(now);
  std::string name = base;
  const auto is_taken = [&] {
    return exists(name) || std::any_of(kBeside.begin(), kBeside.end(),
                                       [&](const char* suffix) { return exists(name + suffix); });
  };
  for (int number = 2; is_taken(); ++number) name = base + "-" + std::to_string(number);
  return name;
}

/// Gives the database and what lies beside it a second name, or leaves all as it was.
Status link_all(const std::string& path, const std::string& name, const std::string& directory) {
  std::vector<std::string> made;
  Status status;
  for (const char* suffix : {"", kLog, kJournal, kSharedMemory}) {
    if (!exists(path + suffix)) continue;
    if (::link((path + suffix).c_str(), (name + suffix).c_str()) != 0) {
      status = system_error("create", name + suffix);
      break;
    }
    made.push_back(name + suffix);
  }
  if (status) status = sync_directory(directory);
  if (status) return {};
  for (const std::string& link : made) ::unlink(link.c_str());
  return status;
}

Status rename_durably(const std::string& from, const std::string& to,
                      const std::string& directory) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename " + from + " to", to);
  return sync_directory(directory);
}

}  // namespace

Result<Descriptor> exclude_programs(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return system_error("open", path);
  // The bytes that SQLite locks. The lock belongs to the open file, so that it outlives other
  // descriptors of this process that are closed.
  struct flock bytes {};
  bytes.l_type = F_WRLCK;
  bytes.l_whence = SEEK_SET;
  bytes.l_start = 0x40000000;
  bytes.l_len = 512;
  if (::fcntl(file.number(), F_OFD_SETLK, &bytes) == 0) return file;
  if (errno != EAGAIN && errno != EACCES) return system_error("lock", path);
  return fail(Code::conflict, "another program is using the database " + path);
}

void remove_database(const std::string& path) {
  for (const char* suffix : {"", kLog, kJournal, kSharedMemory}) ::unlink((path + suffix).c_str());
}

Status copy_database(const std::string& from, const std::string& to) {
  // Beside an empty file SQLite would remove the log instead of reading it.
  const off_t size_min = exists(from + kLog) ? kSmallestPageBytes : 0;
  if (auto copied = copy_file(from, to, size_min); !copied) return copied;
  for (const char* suffix : {kLog, kJournal}) {
    if (!exists(from + suffix)) continue;
    if (auto copied = copy_file(from + suffix, to + suffix, 0); !copied) return copied;
  }
  return {};
}

Result<std::string> replace_database(const std::string& path, const std::string& copy,
                                     const std::string& fresh, WallTime now) {
  struct stat model {};
  if (::stat(path.c_str(), &model) != 0) return system_error("look at", path);
  for (const std::string& file : {copy, fresh}) {
    if (auto alike = make_alike(file, model); !alike) return alike.error();
    if (auto synced = sync_file(file); !synced) return synced.error();
  }
  const std::string directory = fs::path(path).parent_path();
  std::string name = free_name(path, now);
  if (auto linked = link_all(path, name, directory); !linked) return linked.error();
  if (auto renamed = rename_durably(copy, path, directory); !renamed) return renamed.error();
  for (const char* suffix : kBeside) ::unlink((path + suffix).c_str());
  if (auto synced = sync_directory(directory); !synced) return synced.error();
  if (auto renamed = rename_durably(fresh, path, directory); !renamed) return renamed.error();
  return name;
}

}  // namespace discovery

// Disk faults for SQLite: a layer over its Unix files that fails writes or syncs on command.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>

namespace discovery {

/// Which files are at fault, and how. One for the process: SQLite's files are.
class FaultyFiles {
 public:
  enum class Fault { none, write_fails, disk_full, sync_fails, read_fails };
  enum class Kind { database, log };

  /// Makes this layer SQLite's default. Once is enough, more do no harm.
  static void install() {
    static sqlite3_vfs layer = make_layer();
    sqlite3_vfs_register(&layer, 1);
  }

  /// The next `times` operations of that sort fail.
  static void fail_next(Kind kind, Fault fault, int times) {
    kind_ = kind;
    fault_ = fault;
    times_ = times;
  }
  /// Files of that kind cannot grow beyond so many bytes.
  static void limit(Kind kind, int64_t bytes) {
    kind_ = kind;
    bytes_max_ = bytes;
  }
  /// What files say of their last failed write, whenever that was.
  static void say_errno(int number) { errno_ = number; }
  static void heal() {
    times_ = 0;
    errno_ = 0;
    bytes_max_ = INT64_MAX;
  }
  /// Of databases, by the whole process so far.
  static int database_syncs() { return database_syncs_; }

 private:
  /// What SQLite allocates for a file of this layer; the real file lies behind it.
  struct File {
    sqlite3_file base;
    Kind kind;
    bool watched;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static File* layer_of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return layer_of(file)->real(); }

  static bool strikes(sqlite3_file* file, Fault fault) {
    const File* self = layer_of(file);
    return self->watched && self->kind == kind_ && fault_ == fault && times_ > 0 && times_-- > 0;
  }

  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    if (strikes(file, Fault::write_fails)) return SQLITE_IOERR_WRITE;
    const File* self = layer_of(file);
    if (self->watched && self->kind == kind_ && offset + size > bytes_max_) return SQLITE_FULL;
    if (strikes(file, Fault::disk_full)) {
      // A real disk takes what still fits.
      real(file)->pMethods->xWrite(real(file), data, size / 2, offset);
      return SQLITE_FULL;
    }
    return real(file)->pMethods->xWrite(real(file), data, size, offset);
  }
  static int sync(sqlite3_file* file, int flags) {
    if (strikes(file, Fault::sync_fails)) return SQLITE_IOERR_FSYNC;
    if (layer_of(file)->watched && layer_of(file)->kind == Kind::database) ++database_syncs_;
    return real(file)->pMethods->xSync(real(file), flags);
  }

  static int read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
    if (strikes(file, Fault::read_fails)) return SQLITE_IOERR_READ;
    return real(file)->pMethods->xRead(real(file), data, size, offset);
  }
  static int file_control(sqlite3_file* file, int operation, void* argument) {
    if (operation == SQLITE_FCNTL_LAST_ERRNO && errno_ != 0) {
      *static_cast<int*>(argument) = errno_;
      return SQLITE_OK;
    }
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
  }

  /// A method that only passes on: forward<&sqlite3_io_methods::xLock>.
  template <auto Method, class... Arguments>
  static auto forward(sqlite3_file* file, Arguments... arguments) {
    return (real(file)->pMethods->*Method)(real(file), arguments...);
  }
  static int close(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }

  static const sqlite3_io_methods* methods() {
    using Methods = sqlite3_io_methods;
    static const Methods methods = [] {
      Methods own{};
      own.iVersion = 2;
      own.xClose = close;
      own.xRead = read;
      own.xWrite = write;
      own.xTruncate = forward<&Methods::xTruncate>;
      own.xSync = sync;
      own.xFileSize = forward<&Methods::xFileSize>;
      own.xLock = forward<&Methods::xLock>;
      own.xUnlock = forward<&Methods::xUnlock>;
      own.xCheckReservedLock = forward<&Methods::xCheckReservedLock>;
      own.xFileControl = file_control;
      own.xSectorSize = forward<&Methods::xSectorSize>;
      own.xDeviceCharacteristics = forward<&Methods::xDeviceCharacteristics>;
      own.xShmMap = forward<&Methods::xShmMap>;
      own.xShmLock = forward<&Methods::xShmLock>;
      own.xShmBarrier = forward<&Methods::xShmBarrier>;
      own.xShmUnmap = forward<&Methods::xShmUnmap>;
      return own;
    }();
    return &methods;
  }

  static int open(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* below = static_cast<sqlite3_vfs*>(layer->pAppData);
    File* self = new (file) File{};
    self->kind = (flags & SQLITE_OPEN_WAL) != 0 ? Kind::log : Kind::database;
    self->watched = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) != 0;
    const int result = below->xOpen(below, name, self->real(), flags, out);
    self->base.pMethods = self->real()->pMethods != nullptr ? methods() : nullptr;
    return result;
  }

  static sqlite3_vfs make_layer() {
    sqlite3_vfs* below = sqlite3_vfs_find("unix");
    // The other methods of the Unix files work with any sqlite3_vfs that is a copy of their own.
    sqlite3_vfs layer = *below;
    layer.zName = "faulty";
    layer.szOsFile = static_cast<int>(sizeof(File)) + below->szOsFile;
    layer.pNext = nullptr;
    layer.xOpen = open;
    layer.pAppData = below;
    return layer;
  }

  inline static std::atomic<Kind> kind_{Kind::log};
  inline static std::atomic<Fault> fault_{Fault::none};
  inline static std::atomic<int> times_{0};
  inline static std::atomic<int64_t> bytes_max_{INT64_MAX};
  inline static std::atomic<int> errno_{0};
  inline static std::atomic<int> database_syncs_{0};
};

}  // namespace discovery

#include "store/recovery.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "store/sqlite/database.h"
#include "store/sqlite/file_lock.h"
#include "store/sqlite/recovery_files.h"
#include "store/sqlite/salvage.h"
#include "store/sqlite/schema.h"
#include "store/store.h"

namespace discovery {
namespace {

/// One recovery. Whatever comes of it, its temporary files are gone when it is.
class Recovery {
 public:
  explicit Recovery(std::string path) : path_(std::move(path)) { remove_temporary_files(); }
  ~Recovery() { remove_temporary_files(); }
  Recovery(const Recovery&) = delete;
  Recovery& operator=(const Recovery&) = delete;

  Result<RecoveryReport> run(WallTime now);

 private:
  void remove_temporary_files() {
    remove_database(copy_);
    remove_database(fresh_);
  }
  Result<Database> open_copy();
  /// Whether the copy can serve as it is. Code::invalid: it is whole, and of something else.
  Result<bool> is_whole(Database& copy);
  Result<std::vector<RecoveryReport::Table>> fill_new_database(Database& copy);
  Result<std::string> replace(WallTime now);

  const std::string path_;
  // The damaged file is read by a copy alone: SQLite may write to what it opens, when it finds a
  // journal, or copies a log back.
  const std::string copy_ = path_ + ".recovering-copy";
  const std::string fresh_ = path_ + ".recovering";
};

Result<Database> Recovery::open_copy() {
  if (auto copied = copy_database(path_, copy_); !copied) return copied.error();
  auto copy = Database::open(copy_, Database::Access::read_write);
  if (!copy) return copy;
  // SQLite finds a log when it first reads. Without it the copy's pages are those that count.
  static_cast<void>(copy->query("SELECT count(*) FROM sqlite_master"));
  auto merged = copy->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!merged && !is_damage(merged.error())) return merged.error();
  return copy;
}

Result<bool> Recovery::is_whole(Database& copy) {
  const auto found = copy.query("PRAGMA integrity_check(1)");
  if (!found && !is_damage(found.error())) return found.error();
  if (!found || *found != "ok") return false;
  if (const auto known = check_version(copy); !known) {
    return fail(Code::invalid,
                path_ + " is not damaged, but made by a newer version of this server");
  }
  const auto schema = prepare_schema(copy);
  if (schema) return true;
  Error error = schema.error();
  if (error.code == Code::internal || error.code == Code::unavailable) return false;
  if (error.code == Code::invalid) {
    error.message = path_ + " is not damaged, but no database of this server: " +
                    error.message.substr(std::min(error.message.size(), copy_.size() + 2));
  }
  return error;
}

Result<std::vector<RecoveryReport::Table>> Recovery::fill_new_database(Database& copy) {
  if (auto made = open_sqlite(fresh_); !made) return std::move(made).error();
  auto fresh = Database::open(fresh_, Database::Access::read_write);
  if (!fresh) return std::move(fresh).error();
  // A part of it is of no use, so that there is nothing to undo.
  auto ready = fresh->execute(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -131072");
  if (!ready) return ready.error();
  auto saved = salvage(copy, *fresh);
  if (!saved) return saved;
  if (auto ended = fresh->execute("PRAGMA journal_mode = WAL"); !ended) return ended.error();
  return saved;
}

/// To be called when no connection to the two files is left.
Result<std::string> Recovery::replace(WallTime now) {
  // Keeps a server from starting with either before the other is in place.
  const auto copy_lock = FileLock::acquire(copy_);
  const auto fresh_lock = copy_lock ? FileLock::acquire(fresh_) : copy_lock.error();
  if (!fresh_lock) return fresh_lock.error();
  return replace_database(path_, copy_, fresh_, now);
}

Result<RecoveryReport> Recovery::run(WallTime now) {
  RecoveryReport report;
  report.database = path_;
  {
    auto copy = open_copy();
    if (!copy) return std::move(copy).error();
    const auto whole = is_whole(*copy);
    if (!whole) return whole.error();
    if (*whole) return report;
    auto tables = fill_new_database(*copy);
    if (!tables) return std::move(tables).error();
    report.tables = *std::move(tables);
  }
  auto damaged_file = replace(now);
  if (!damaged_file) return std::move(damaged_file).error();
  report.damaged_file = *std::move(damaged_file);
  return report;
}

}  // namespace

Result<RecoveryReport> recover_sqlite(const std::string& path, WallTime now) {
  if (path == ":memory:") {
    return fail(Code::invalid, "a database in memory leaves no file that could be recovered");
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  // What SQLite keeps beside a file lies where symbolic links lead to.
  const std::string file = std::filesystem::canonical(absolute, error);
  if (error) return fail(Code::not_found, "no database " + path + ": " + error.message());
  if (!std::filesystem::is_regular_file(file, error)) {
    return fail(Code::not_found, "no database " + path + ": it is not a file");
  }
  const auto lock = FileLock::acquire(file);
  if (!lock) return lock.error();
  const auto exclusion = exclude_programs(file);
  if (!exclusion) return exclusion.error();
  return Recovery(file).run(now);
}

std::string to_text(const RecoveryReport& report) {
  if (report.damaged_file.empty()) {
    return report.database + " is whole: there is nothing to recover\n";
  }
  std::string text = report.database + " was damaged; a new one holds what could be read:\n";
  bool keeps_pins = true;
  for (const RecoveryReport::Table& table : report.tables) {
    text += "  " + table.name + ": " + std::to_string(table.rows) +
            (table.rows == 1 ? " row" : " rows");
    text += table.whole ? ", all\n" : "; others could not be read\n";
    if (table.name == "provider_pins") keeps_pins = table.whole;
  }
  text += "The damaged file is now " + report.damaged_file + "\n";
  if (!keeps_pins) {
    text +=
        "Pins are lost: until such a provider signs again, others can post under its id, unless an "
        "advertisement that is saved holds its proof.\n";
  }
  return text;
}

}  // namespace discovery

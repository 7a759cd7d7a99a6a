// SQLite as two owning values: a connection and a prepared statement. Neither is synchronised.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace discovery {

/// Prepared once, run often: bind everything, step, reset.
class Statement {
 public:
  enum class Step { row, done, failed };

  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  /// Does not copy: `text` must live until the last step of this run. Empty text is bound as text.
  void bind(int parameter, std::string_view text);
  void bind(int parameter, int64_t number);
  void bind_blob(int parameter, std::string_view bytes);  // does not copy, either
  void bind_null(int parameter);
  /// A column of the present row of `from`, whatever its type. Copies.
  void bind_column(int parameter, Statement& from, int column);

  /// A parameter that could not be bound makes the step fail.
  Step step();
  /// To be called after every run: an unfinished or failed one keeps its locks.
  void reset();

  /// A column of the present row as text, whatever its type; empty for NULL. Valid until the next
  /// step, and in SQLite's own words where the column is not text.
  std::string_view text(int column);
  int64_t integer(int column);
  /// Empty for anything but an integer.
  std::optional<int64_t> integer_if_one(int column);
  /// Valid until the next step.
  std::string_view blob(int column);

 private:
  void note(int result);

  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int bind_result_ = 0;
};

class Database {
 public:
  /// `unchanging`: no other program writes the file, and there is no write-ahead log beside it.
  /// `exclusive`: no other connection reads it meanwhile, so that its log can be read without a
  /// place on the disk.
  enum class Access { read_write, read_only, unchanging, exclusive };

  /// A connection that runs no triggers: those in the file are for what other programs write. With
  /// triggers, SQLite would also keep ready to undo each statement by itself.
  static Result<Database> open(const std::string& path, Access access);

  Result<Statement> prepare(const std::string& sql);
  Status prepare(std::initializer_list<std::pair<Statement*, std::string>> statements);
  /// Runs statements whose rows are not needed.
  Status execute(const std::string& sql);
  /// The same for one that is prepared and bound, and resets it.
  Status run(Statement& statement, std::string_view doing);
  /// The first column of the first row as text.
  Result<std::string> query(const std::string& sql);

  bool in_transaction() const;
  /// Rows that the last statement inserted, updated or deleted.
  int64_t changed_rows() const;

  /// What the last failed call says, in SQLite's words, with the path in front. For what may
  /// pass by itself or by an operator's hand Code::busy (locks), Code::full (disk, quota, limit of
  /// a file's size), Code::out_of_memory or Code::unavailable (disks that are at fault or
  /// read-only); Code::invalid where the file is damaged or not a database, Code::internal for the
  /// rest.
  Error error(std::string_view doing) const;

  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };

  Database(sqlite3* handle, const std::string& path) : handle_(handle), path_(path) {}

  std::unique_ptr<sqlite3, Closer> handle_;
  std::string path_;
};

}  // namespace discovery

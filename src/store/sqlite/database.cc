#include "store/sqlite/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace discovery {
namespace {

// The old service may hold the file for a moment; a batch that waits longer is better tried again.
constexpr int kBusyTimeoutMs = 250;

/// `cause` is an errno, or 0.
Code code_of(int result, int cause) {
  if (cause == ENOSPC || cause == EDQUOT || cause == EFBIG) return Code::full;
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return Code::busy;
    case SQLITE_FULL:
      return Code::full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return Code::unavailable;
    case SQLITE_NOMEM:
      return Code::out_of_memory;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return Code::invalid;
    default:
      return Code::internal;
  }
}

int flags_of(Database::Access access) {
  switch (access) {
    case Database::Access::read_write:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Database::Access::exclusive:
      return SQLITE_OPEN_READWRITE;
    case Database::Access::read_only:
      return SQLITE_OPEN_READONLY;
    case Database::Access::unchanging:
      return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  }
  return 0;
}

std::string unchanging_uri(std::string_view path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%') {
      uri += "%25";
    } else if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

/// SQLite counts its memory under a lock at every allocation; the count is not used here.
void stop_counting_memory() {
  // Refused where something in this process has used SQLite before; it then works as well, slower.
  [[maybe_unused]] static const int result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// The errno of the last fault of the log, which SQLite keeps to itself where a commit meets it.
int log_errno(sqlite3* handle) {
  sqlite3_file* log = nullptr;
  int cause = 0;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (log == nullptr || log->pMethods == nullptr) return 0;
  log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &cause);
  return cause;
}

/// The errno behind a result, where there is one. The log's is that of its last failed write or
/// sync, however long ago, so that it says nothing of other faults. Of a commit's fault SQLite's
/// own is as old, which is why the log's comes first.
int errno_of(sqlite3* handle, int result) {
  const int primary = result & 0xff;
  const bool is_of_writing = result == SQLITE_IOERR_WRITE || result == SQLITE_IOERR_FSYNC;
  const int of_log = is_of_writing ? log_errno(handle) : 0;
  if (of_log != 0) return of_log;
  return primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ? sqlite3_system_errno(handle) : 0;
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::note(int result) {
  if (result != SQLITE_OK) bind_result_ = result;
}

void Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() != nullptr ? text.data() : "";
  note(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_STATIC,
                           SQLITE_UTF8));
}

void Statement::bind(int parameter, int64_t number) {
  note(sqlite3_bind_int64(statement_.get(), parameter, number));
}

void Statement::bind_blob(int parameter, std::string_view bytes) {
  // As with text.
  const char* data = bytes.data() != nullptr ? bytes.data() : "";
  note(sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC));
}

void Statement::bind_null(int parameter) { note(sqlite3_bind_null(statement_.get(), parameter)); }

void Statement::bind_column(int parameter, Statement& from, int column) {
  note(sqlite3_bind_value(statement_.get(), parameter,
                          sqlite3_column_value(from.statement_.get(), column)));
}

Statement::Step Statement::step() {
  if (bind_result_ != SQLITE_OK) return Step::failed;
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return Step::row;
    case SQLITE_DONE:
      return Step::done;
    default:
      return Step::failed;
  }
}

void Statement::reset() {
  // Repeats the error of the last step, which has been reported already.
  sqlite3_reset(statement_.get());
  bind_result_ = SQLITE_OK;
}

std::string_view Statement::text(int column) {
  // The order matters: asking for the text may convert the value and change its length.
  const auto* data = sqlite3_column_text(statement_.get(), column);
  if (data == nullptr) return {};
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {reinterpret_cast<const char*>(data), static_cast<size_t>(size)};
}

int64_t Statement::integer(int column) { return sqlite3_column_int64(statement_.get(), column); }

std::optional<int64_t> Statement::integer_if_one(int column) {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) return std::nullopt;
  return integer(column);
}

std::string_view Statement::blob(int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::open(const std::string& path, Access access) {
  stop_counting_memory();
  sqlite3* handle = nullptr;
  const std::string name = access == Access::unchanging ? unchanging_uri(path) : path;
  const int result =
      sqlite3_open_v2(name.c_str(), &handle, SQLITE_OPEN_NOMUTEX | flags_of(access), nullptr);
  Database database(handle, path);
  if (result != SQLITE_OK) return database.error("open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  if (access == Access::exclusive) {
    if (auto exclusive = database.execute("PRAGMA locking_mode = EXCLUSIVE"); !exclusive) {
      return exclusive.error();
    }
  }
  return database;
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(handle(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return error("prepare");
  return Statement(statement);
}

Status Database::prepare(std::initializer_list<std::pair<Statement*, std::string>> statements) {
  for (const auto& [statement, sql] : statements) {
    auto prepared = prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = *std::move(prepared);
  }
  return {};
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error(sql);
  }
  return {};
}

Status Database::run(Statement& statement, std::string_view doing) {
  // Also where the words of the error find no memory: what is not reset keeps its locks.
  struct Reset {
    ~Reset() { statement.reset(); }
    Statement& statement;
  } at_the_end{statement};
  if (statement.step() == Statement::Step::failed) return error(doing);
  return {};
}

Result<std::string> Database::query(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return std::move(statement).error();
  if (statement->step() == Statement::Step::failed) return error(sql);
  return std::string(statement->text(0));
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

int64_t Database::changed_rows() const { return sqlite3_changes64(handle()); }

Error Database::error(std::string_view doing) const {
  const int result = handle() != nullptr ? sqlite3_extended_errcode(handle()) : SQLITE_NOMEM;
  const int cause = handle() != nullptr ? errno_of(handle(), result) : 0;
  std::string message = path_ + ": ";
  message += handle() != nullptr ? sqlite3_errmsg(handle()) : sqlite3_errstr(result);
  message.append(" (").append(doing);
  if (cause != 0) message.append(", ").append(std::strerror(cause));
  const Code code = code_of(result, cause);
  message +=
      code == Code::invalid ? "); --recover sets the file aside and saves what can be read" : ")";
  return fail(code, message);
}

}  // namespace discovery

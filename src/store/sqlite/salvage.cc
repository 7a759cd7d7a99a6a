#include "store/sqlite/salvage.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/descriptor.h"
#include "store/sqlite/page_keys.h"

namespace discovery {
namespace {

constexpr std::array kTables{"advertisements", "provider_history", "provider_pins",
                             "provider_refusals", "board_runs"};
constexpr size_t kFileHeaderBytes = 100;

/// The table's columns, lower case; none where there is no table.
Result<std::vector<std::string>> columns_of(Database& database, const std::string& table) {
  auto statement =
      database.prepare("SELECT lower(name) FROM pragma_table_info('" + table + "') ORDER BY cid");
  if (!statement) return std::move(statement).error();
  std::vector<std::string> columns;
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    columns.emplace_back(statement->text(0));
  }
  if (step == Statement::Step::failed) return database.error("table_info");
  return columns;
}

/// One table on its way from a database to another. All of its calls return faults of the disk
/// alone; of damage it keeps that there is some.
class TableCopy {
 public:
  TableCopy(Database& source, Database& target, const std::string& name)
      : source_(source), target_(target) {
    table_.name = name;
  }

  /// `schema_is_whole`: a table that is not there was never there.
  Status prepare(bool schema_is_whole);
  Status read_in_order();
  Status read_by_keys(const PageKeys& keys);

  /// Some of it is to be read by keys.
  bool is_broken() const { return is_readable_ && !table_.whole; }
  RecoveryReport::Table take() { return std::move(table_); }

 private:
  Status prepare_statements(const std::vector<std::string>& columns);
  template <class Key>
  Status read_row(Key key);
  Status copy_row(Statement& from);

  Database& source_;
  Database& target_;
  RecoveryReport::Table table_;
  bool is_readable_ = false;
  bool has_rowids_ = true;
  int columns_ = 0;
  Statement scan_;
  Statement find_;
  Statement insert_;
};

Status TableCopy::prepare(bool schema_is_whole) {
  const auto found = columns_of(source_, table_.name);
  if (!found) return is_damage(found.error()) ? Status() : found.error();
  const auto wanted = columns_of(target_, table_.name);
  if (!wanted) return wanted.error();
  std::vector<std::string> columns = *wanted;
  std::erase_if(columns, [&](const std::string& column) {
    return std::find(found->begin(), found->end(), column) == found->end();
  });
  table_.whole = columns.empty() && schema_is_whole;
  return columns.empty() ? Status() : prepare_statements(columns);
}

Status TableCopy::prepare_statements(const std::vector<std::string>& columns) {
  std::string names;
  std::string values;
  for (const std::string& column : columns) {
    names.append(names.empty() ? "" : ", ").append(column);
    values.append(values.empty() ? "?" : ", ?");
  }
  columns_ = static_cast<int>(columns.size());
  auto insert = target_.prepare("INSERT OR IGNORE INTO " + table_.name + " (" + names +
                                ") VALUES (" + values + ")");
  if (!insert) return std::move(insert).error();
  insert_ = *std::move(insert);
  // An index that holds all of these columns may be as damaged, and is not searched for keys.
  const std::string select = "SELECT " + names + " FROM " + table_.name + " NOT INDEXED";
  auto scan = source_.prepare(select);
  auto find = source_.prepare(select + " WHERE rowid = ?1");
  has_rowids_ = find.has_value();
  if (!has_rowids_) {
    find = source_.prepare("SELECT " + names + " FROM " + table_.name + " WHERE provider_id = ?1");
  }
  if (!scan || !find) return {};
  scan_ = *std::move(scan);
  find_ = *std::move(find);
  is_readable_ = true;
  return {};
}

Status TableCopy::read_in_order() {
  if (!is_readable_) return {};
  Statement::Step step;
  while ((step = scan_.step()) == Statement::Step::row) {
    if (auto copied = copy_row(scan_); !copied) return copied;
  }
  table_.whole = step == Statement::Step::done;
  Status status;
  if (!table_.whole) status = source_.error("read " + table_.name);
  scan_.reset();
  return status || is_damage(status.error()) ? Status() : status;
}

Status TableCopy::read_by_keys(const PageKeys& keys) {
  if (has_rowids_) {
    for (const int64_t rowid : keys.rowids) {
      if (auto read = read_row(rowid); !read) return read;
    }
    return {};
  }
  for (const std::string_view text : keys.texts) {
    if (auto read = read_row(text); !read) return read;
  }
  return {};
}

template <class Key>
Status TableCopy::read_row(Key key) {
  find_.bind(1, key);
  Status status;
  switch (find_.step()) {
    case Statement::Step::row:
      status = copy_row(find_);
      break;
    case Statement::Step::failed:
      status = source_.error("read " + table_.name);
      if (is_damage(status.error())) status = {};
      break;
    case Statement::Step::done:
      break;
  }
  find_.reset();
  return status;
}

Status TableCopy::copy_row(Statement& from) {
  for (int i = 0; i < columns_; ++i) insert_.bind_column(i + 1, from, i);
  auto inserted = target_.run(insert_, "save a row");
  if (inserted) table_.rows += static_cast<uint64_t>(target_.changed_rows());
  return inserted;
}

/// Shows the keys of each page of the file at `path`.
template <class Sink>
Status for_each_page(const std::string& path, size_t page_bytes, Sink sink) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string page(page_bytes, '\0');
  PageKeys keys;
  for (off_t offset = 0;; offset += static_cast<off_t>(page_bytes)) {
    const ssize_t read = ::pread(file.number(), page.data(), page_bytes, offset);
    if (read < 0) return fail(Code::internal, "cannot read " + path + ": " + std::strerror(errno));
    if (read == 0) return {};
    // What is left of a page at the end of a truncated file goes on in zeros, as for SQLite.
    std::fill(page.begin() + read, page.end(), '\0');
    keys.read(page, offset == 0 ? kFileHeaderBytes : 0);
    if (auto shown = sink(keys); !shown) return shown;
  }
}

Status read_by_keys(Database& source, std::vector<TableCopy>& tables) {
  if (std::none_of(tables.begin(), tables.end(),
                   [](const TableCopy& table) { return table.is_broken(); })) {
    return {};
  }
  auto page_size = source.prepare("PRAGMA page_size");
  if (!page_size) return std::move(page_size).error();
  page_size->step();
  const auto page_bytes = static_cast<size_t>(page_size->integer(0));
  return for_each_page(source.path(), page_bytes, [&](const PageKeys& keys) -> Status {
    for (TableCopy& table : tables) {
      if (!table.is_broken()) continue;
      if (auto read = table.read_by_keys(keys); !read) return read;
    }
    return {};
  });
}

}  // namespace

bool is_damage(const Error& error) {
  return error.code == Code::invalid || error.code == Code::internal;
}

Result<std::vector<RecoveryReport::Table>> salvage(Database& source, Database& target) {
  const bool schema_is_whole = source.query("SELECT count(sql) FROM sqlite_master").has_value();
  // Makes SQLite pass over faults of the schema, and take a truncated file for what is left of it.
  const auto prepared = source.execute("PRAGMA writable_schema = ON; PRAGMA cache_size = -65536");
  if (!prepared && !is_damage(prepared.error())) return prepared.error();
  if (auto begun = target.execute("BEGIN"); !begun) return begun.error();
  std::vector<TableCopy> tables;
  tables.reserve(kTables.size());
  for (const char* name : kTables) {
    TableCopy& table = tables.emplace_back(source, target, name);
    if (auto ready = table.prepare(schema_is_whole); !ready) return ready.error();
    if (auto read = table.read_in_order(); !read) return read.error();
  }
  if (auto read = read_by_keys(source, tables); !read) return read.error();
  if (auto ended = target.execute("COMMIT"); !ended) return ended.error();
  std::vector<RecoveryReport::Table> saved;
  saved.reserve(tables.size());
  for (TableCopy& table : tables) saved.push_back(table.take());
  return saved;
}

}  // namespace discovery

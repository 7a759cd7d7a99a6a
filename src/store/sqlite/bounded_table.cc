#include "store/sqlite/bounded_table.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace discovery {

Status BoundedTable::prepare(const std::string& table, const std::vector<std::string>& columns,
                             const std::string& time_column) {
  std::string names;
  std::string values;
  std::string updates;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string parameter = "?" + std::to_string(i + 1);
    const char* separator = i == 0 ? "" : ", ";
    names += separator + columns[i];
    values += separator + parameter;
    updates += separator + columns[i] + " = " + parameter;
  }
  auto prepared = database_.prepare({
      {&update_, "UPDATE " + table + " SET " + updates + " WHERE provider_id = ?1"},
      {&insert_, "INSERT INTO " + table + " (" + names + ") VALUES (" + values + ")"},
      {&forget_, "DELETE FROM " + table + " WHERE rowid IN (SELECT rowid FROM " + table +
                     " WHERE " + time_column + " < ?1 ORDER BY " + time_column + " LIMIT ?2)"},
  });
  if (!prepared) return prepared;
  auto count = database_.prepare("SELECT count(*) FROM " + table);
  if (!count) return std::move(count).error();
  if (count->step() == Statement::Step::row) {
    rows_ = static_cast<size_t>(count->integer(0));
    return {};
  }
  Error fault = database_.error("count");
  if (fault.code != Code::invalid) return fault;
  spdlog::error("{} is damaged, and may grow beyond its bound: {}", table, fault.message);
  return {};
}

Status BoundedTable::forget(WallTime time, size_t rows) {
  forget_.bind(1, time.time_since_epoch().count());
  forget_.bind(2, static_cast<int64_t>(rows));
  auto forgotten = database_.run(forget_, "forget");
  if (forgotten) rows_ -= std::min(rows_, static_cast<size_t>(database_.changed_rows()));
  return forgotten;
}

Status BoundedTable::make_room() {
  if (rows_ < rows_max_) return {};
  return forget(WallTime::max(), 1);
}

}  // namespace discovery

// A table with one row per provider that keeps a bounded number of rows: the newest by their times.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/sqlite/database.h"

namespace discovery {

class BoundedTable {
 public:
  /// `database` must outlive this.
  BoundedTable(Database& database, size_t rows_max) : database_(database), rows_max_(rows_max) {}

  /// `columns` begin with provider_id; `time_column`, one of them, holds microseconds and has an
  /// index.
  Status prepare(const std::string& table, const std::vector<std::string>& columns,
                 const std::string& time_column);

  /// Puts a row in place of its provider's former one or, where there is none and the table is
  /// full, of the oldest. `bind` binds every column of a statement, in their order.
  template <class Bind>
  Status put(Bind bind) {
    bind(update_);
    auto updated = database_.run(update_, "remember");
    if (!updated || database_.changed_rows() > 0) return updated;
    if (auto made = make_room(); !made) return made;
    bind(insert_);
    auto inserted = database_.run(insert_, "remember");
    if (inserted) ++rows_;
    return inserted;
  }

  /// Forgets up to `rows` rows from before `time`, the oldest first.
  Status forget(WallTime time, size_t rows);

  /// Kept in memory, because counting reads the whole of a table. After a rollback it is set back.
  size_t rows() const { return rows_; }
  void set_rows(size_t rows) { rows_ = rows; }

 private:
  Status make_room();

  Database& database_;
  const size_t rows_max_;
  size_t rows_ = 0;
  Statement update_;
  Statement insert_;
  Statement forget_;
};

}  // namespace discovery

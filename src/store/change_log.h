// The table `board_log`: what changed on the board, in order, so that whoever watched before a
// restart can be told what has changed since. Its owner makes the transactions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "store/database.h"
#include "store/store.h"

namespace discovery {

class ChangeLog {
 public:
  /// `database` must outlive this.
  explicit ChangeLog(Database& database) : database_(database) {}

  /// Before anything else.
  Status prepare();

  /// See Store::open_epoch().
  Status open_epoch(uint64_t number, Marks& marks);

  /// `id` is the provider's, whose change has a revision.
  Status append(const Change& change, std::string_view id);
  /// Rows that this transaction has deleted from `advertisements`.
  void count_deleted(int64_t rows) { deleted_ += rows; }
  void forget_deleted() { deleted_ = 0; }
  /// At the end of a transaction with these changes; keeps the log within Store::kLoggedMax.
  Status finish(std::span<const Change> changes);

 private:
  Status read_epochs(Marks& marks);
  Status read_log(Marks& marks);

  Database& database_;
  int64_t deleted_ = 0;
  Statement append_;
  Statement trim_;
  Statement count_;
  Statement begin_epoch_;
};

}  // namespace discovery

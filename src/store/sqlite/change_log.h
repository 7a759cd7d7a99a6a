// The table `board_changes`: what changed on the board, in order, so that a watch can resume
// after a restart with what has changed since. A row holds all changes of a transaction, up to the
// revision `last`: a line for each, of what became of a provider and its id. The log's owner makes
// the transactions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/store.h"

namespace discovery {

class ChangeLog {
 public:
  /// `database` must outlive this.
  explicit ChangeLog(Database& database) : database_(database) {}

  /// Before anything else.
  Status prepare();

  /// See Store::open_epoch().
  Status open_epoch(uint64_t number, ChangeLogState& state);

  /// `id` is the provider's, whose change has a revision.
  void append(const Change& change, std::string_view id);
  /// Writes all this down, at the end of the transaction; of the log, rows that are not needed for
  /// the last limits::kLoggedChanges changes go.
  Status finish();
  /// The transaction has failed.
  void forget();

 private:
  Status read_epochs(ChangeLogState& state);
  Status read_log(ChangeLogState& state);

  Database& database_;
  std::string lines_;
  Revision last_ = 0;  // the revision of the last line
  Statement append_;
  Statement trim_;
  Statement begin_epoch_;
};

}  // namespace discovery

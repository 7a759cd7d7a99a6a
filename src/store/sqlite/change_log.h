// The table `board_changes`: what changed on the board, in order, so that a watch can resume
// after a restart with what has changed since. A row holds all changes of a transaction, up to the
// revision `last`: a line for each, of what became of a provider and its id. The log's owner makes
// the transactions.
#pragma once

#include <cstdint>
#include <optional>
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

  /// What the log holds of earlier epochs; what is damaged is as if it had been forgotten.
  static Result<ChangeLogState> read(Database& database);
  /// An epoch of this number is to be begun behind `state`, before anything is logged: in two
  /// transactions, first trim_epochs() and then begin_epoch().
  void open_epoch(uint64_t number, const ChangeLogState& state);
  bool has_epoch_to_begin() const { return epoch_to_begin_.has_value(); }
  Status trim_epochs();
  Status begin_epoch();
  /// Both are over.
  void end_opening() { epoch_to_begin_.reset(); }

  /// `id` is the provider's, whose change has a revision.
  void append(const Change& change, std::string_view id);
  /// Writes all this down, at the end of the transaction; of the log, rows that are not needed for
  /// the last limits::kLoggedChanges changes go.
  Status finish();
  /// Nor are this transaction's changes logged: the next start forgets what is.
  Status give_up();
  /// The transaction has failed.
  void forget();

 private:
  Database& database_;
  std::optional<Epoch> epoch_to_begin_;
  bool is_forgotten_ = false;  // what was logged before that epoch
  std::string lines_;
  Revision last_ = 0;  // the revision of the last line
  Statement append_;
  Statement trim_;
  Statement begin_epoch_;
};

}  // namespace discovery

// The tables beside `advertisements`: pins, history, refusals and runs. Their owner makes the
// transactions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "store/sqlite/bounded_table.h"
#include "store/sqlite/database.h"
#include "store/store.h"

namespace discovery {

class SideTables {
 public:
  /// `database` must outlive this.
  explicit SideTables(Database& database, size_t histories_max = limits::kHistories);

  /// Before anything else.
  Status prepare();

  /// Never takes a pin back to an earlier time.
  Status pin(std::string_view provider_id, int64_t time_ms);
  Status forget_pin(std::string_view provider_id);
  Status remember(const History& history);
  Status remember(const RefusalNote& refusal);
  Status remember(const Run& run);
  /// The oldest of what ended before `time`, up to kForgottenMax of each kind; and runs in excess
  /// of kRunsMax.
  Status forget_before(WallTime time);
  static constexpr size_t kForgottenMax = 1'000;
  static constexpr size_t kRunsMax = 10'000;

  Status load_pins(const Store::PinSink& sink);
  Result<std::vector<Run>> load_runs();

  /// What a rollback does not undo by itself.
  struct Sizes {
    size_t histories;
    size_t refusals;
  };
  Sizes sizes() const { return {histories_.rows(), refusals_.rows()}; }
  void set_sizes(const Sizes& sizes);

 private:
  Database& database_;
  BoundedTable histories_;
  BoundedTable refusals_;
  Statement pin_;
  Statement forget_pin_;
  Statement run_;
  Statement forget_runs_;
};

/// Selects the record of the provider ?1, and reads what was found.
std::string select_history();
History history_of(Statement& statement);
std::string select_refusal();
RefusalNote refusal_of(Statement& statement);

}  // namespace discovery

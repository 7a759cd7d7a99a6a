// The table `board_renewals`: renewals that are durable, but not in their rows yet.
//
// A renewal changes no more of a row than its times; but on a large board each row lies on another
// page, which is read from cold memory, logged and copied back whole. So renewals are logged, half
// a hundred bytes each, and their rows follow in rounds through the file, a stretch with each
// transaction: neighbours share a page. What waits when a round begins is in its row when that
// ends, and a round takes kRoundRenewals or kRoundTime, whichever is over sooner.
//
// A row of the table tells the renewals of a transaction: up to the renewal `last`, counted from
// when the table was last empty; a line for each, of the number of the row, the microseconds behind
// `time`, and the provider's id. The log's owner makes the transactions, and puts the rows.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "advertisement/listing.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

namespace discovery {

class RenewalLog {
 public:
  static constexpr int64_t kRoundRenewals = 131'072;
  static constexpr Duration kRoundTime = std::chrono::seconds(30);

  /// `database` must outlive this.
  explicit RenewalLog(Database& database) : database_(database) {}

  /// Before anything else.
  Status prepare();

  /// Reads what a process has left behind that was not stopped in order. After prepare().
  Status read();
  /// The last time of each provider of whom something was left behind.
  using Times = boost::unordered_flat_map<std::string_view, WallTime>;
  Times left_times() const;
  /// Brings up to `rows_max` of that into the rows, but for those written since.
  Status redo(size_t rows_max);

  /// Notes a renewal of the row listing->stored_at(). False: its row must be written at once.
  bool append(const ListingPtr& listing);
  /// The row of this number is about to be written or removed, for this provider.
  void drop(uint32_t number, std::string_view provider_id);
  /// The next whose row is due; null: none. To be put before anything else of the transaction.
  ListingPtr take_due();
  /// Makes all due that wait. Between two transactions.
  void hasten();
  /// Whether any wait, or are left.
  bool is_behind() const { return !waiting_.empty() || !left_.empty(); }
  /// Empties the table, once that is not so.
  Status clear();

  /// Writes the notes down, at the end of the transaction.
  Status finish();
  /// The transaction is committed.
  void settle() noexcept;
  /// The transaction has failed.
  void forget() noexcept;

 private:
  using Waiting = boost::unordered_flat_map<uint32_t, ListingPtr>;

  /// What a failed transaction sets back, besides who waits.
  struct Progress {
    int64_t logged = 0;   // renewals so far
    int64_t trimmed = 0;  // of these, the first so many are no longer in the table
    WallTime time{};      // of the newest
    size_t stretch = 0;   // where in round_, and at which row of that
    uint32_t row = 0;
    size_t redone = 0;  // of left_
  };
  struct Former {
    uint32_t number;
    ListingPtr listing;
  };

  struct Left {
    int64_t number;
    WallTime updated;
    std::string_view provider_id;  // in left_texts_
  };

  ListingPtr find(uint32_t number) const;
  ListingPtr replace(uint32_t number, const ListingPtr& listing);
  /// The transaction is over, and with it what is empty in waiting_.
  void clear_formers() noexcept;
  void begin_round();
  void collect_round();
  size_t stretches_due() const;

  Database& database_;
  Statement append_;
  Statement trim_;
  Statement redo_;
  Statement redo_moved_;

  // The newest renewal of each row that has not followed. What a transaction takes out stays as an
  // empty entry until its end, so that putting it back needs no memory.
  Waiting waiting_;
  // The stretches of kStretch rows in which any waited when the round began, in order.
  std::vector<uint32_t> round_;
  bool hastened_ = false;
  int64_t round_began_ = 0;  // Progress::logged at that time, and Progress::time
  WallTime round_time_{};
  int64_t in_rows_ = 0;  // the first so many renewals are in their rows

  std::vector<Left> left_;              // the last of each row, in the order of the rows
  std::deque<std::string> left_texts_;  // which stay where they are

  Progress progress_;
  Progress committed_;
  std::vector<Former> formers_;  // who waited before the transaction, in the order of its doings
  std::string lines_;
  WallTime lines_time_{};
};

}  // namespace discovery

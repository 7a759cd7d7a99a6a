// Copies the write-ahead log back into the database, so that commits rarely wait for it.
//
// SQLite starts the log over when a transaction begins while every page of it has been copied. A
// thread that copies beside a busy writer never gets there: each pass leaves the pages that were
// written meanwhile. So the thread copies a little at a time, and once the log is long enough to be
// started over, the writer copies the little that is left itself, between two transactions, in
// about the time of one sync.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "base/result.h"
#include "store/database.h"

namespace discovery {

class Checkpointer {
 public:
  /// `writer` is the connection that commits; it must outlive this and have no log hook of its own.
  static Result<std::unique_ptr<Checkpointer>> start(Database& writer);

  /// Waits for the pass under way.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// The writer's part: called on its thread, outside a transaction. Mostly does nothing. Fails
  /// only when the log is as large as it may be and cannot be copied: better no writes than a full
  /// disk.
  Status before_transaction();

 private:
  /// What became of one attempt to copy the log.
  struct Pass {
    Status status;
    bool complete = false;  // all that was in the log when the pass began
    int copied = 0;         // pages of the log that are in the database now
  };

  Checkpointer(Database& writer, Database own, int64_t page_bytes);

  void run();
  /// Marks the thread's pass as begun, and says of which round; nothing when it is time to stop.
  std::optional<unsigned> begin_pass();
  void note_size(int64_t database_pages);
  void end_pass(const Pass& pass, unsigned round);
  void committed(int logged);
  void start_round() REQUIRES(mutex_);
  static Pass copy(Database& database);

  Database& writer_;
  Database own_;
  const int pass_pages_;
  const int round_pages_;
  const int retry_pages_;
  const int64_t small_pages_max_;
  const int finish_pages_;
  const int log_pages_max_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  int logged_ GUARDED_BY(mutex_) = 0;     // pages in the log as of the last commit
  int first_pass_at_ GUARDED_BY(mutex_);  // what next_pass_at_ is when a round begins
  // As many pages in the log make the thread's next pass due, and make the writer finish.
  int next_pass_at_ GUARDED_BY(mutex_);
  int next_finish_at_ GUARDED_BY(mutex_);
  // A round lasts until the log starts over.
  unsigned rounds_ GUARDED_BY(mutex_) = 0;
  int late_passes_ GUARDED_BY(mutex_) = 0;     // of the thread, since this one should end
  bool in_pass_ GUARDED_BY(mutex_) = false;    // the thread is copying
  bool finishing_ GUARDED_BY(mutex_) = false;  // the writer is, or waits for its turn
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace discovery

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
#include <thread>

#include "base/mutex.h"
#include "base/result.h"
#include "store/sqlite/database.h"

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
  /// How much is in the database of what was in the log when the pass began.
  enum class Pass { complete, partial };

  Checkpointer(Database& writer, Database own, int64_t page_bytes);

  void run();
  /// Waits until the thread's pass is due, and marks it as begun; false when it is time to stop.
  bool begin_pass();
  /// `first_pass_at`: the pages in the log that make the first pass due once it starts over.
  void end_pass(Pass pass, int first_pass_at);
  void committed(int logged);
  void start_over() REQUIRES(mutex_);
  static Result<Pass> copy(Database& database);

  Database& writer_;
  Database own_;
  const int pass_pages_;
  const int round_pages_;
  const int log_pages_max_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  int logged_ GUARDED_BY(mutex_) = 0;  // pages in the log as of the last commit
  int first_pass_at_ GUARDED_BY(mutex_);
  // As many pages in the log make the thread's next pass due, and make the writer finish.
  int next_pass_at_ GUARDED_BY(mutex_);
  int next_finish_at_ GUARDED_BY(mutex_);
  bool in_pass_ GUARDED_BY(mutex_) = false;    // the thread is copying
  bool finishing_ GUARDED_BY(mutex_) = false;  // the writer is, or waits for its turn
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace discovery

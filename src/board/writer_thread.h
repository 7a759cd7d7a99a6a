// The thread that steps the board.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "board/board.h"

namespace discovery {

class WriterThread {
 public:
  /// Starts the thread. Both must outlive it.
  static Result<std::unique_ptr<WriterThread>> start(Board& board, const Clock& clock);

  /// Takes what is queued to the store, as long as that takes it, completes the rest as busy, and
  /// ends.
  ~WriterThread();

  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

 private:
  WriterThread(Board& board, const Clock& clock) : board_(board), clock_(clock) {}
  void run();
  void report(Board::Step step);
  void report_clock(Now now);
  void report_pins();
  void report_lone_fault(BootTime now);

  Board& board_;
  const Clock& clock_;
  bool faulty_ = false;
  bool pins_run_short_ = false;
  BootTime next_lone_fault_{};
  std::optional<Duration> clock_offset_;  // of the wall clock
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace discovery

// The thread that steps the board.
#pragma once

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "board/board.h"

namespace discovery {

/// Runs from construction to destruction. Both must outlive it.
class Writer {
 public:
  Writer(Board& board, const Clock& clock);

  /// Takes what is queued to the store, as long as that takes it, settles the rest as busy, and
  /// ends.
  ~Writer();

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
  void run();
  void report(Board::Step step);

  Board& board_;
  const Clock& clock_;
  bool faulty_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace discovery

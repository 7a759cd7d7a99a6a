// Log lines on their way to standard error.
//
// They wait in a bounded queue for a thread that writes them: a logging call never waits for a pipe
// that is not read, a terminal that is stopped or a full disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace discovery {

struct LogWriterOptions {
  int descriptor = 2;
  size_t line_bytes_max = 0;   // up to PIPE_BUF: a pipe takes so much at once
  size_t queue_bytes_max = 0;  // beyond it lines are dropped
  /// The line that says how many were dropped.
  std::function<std::string(uint64_t dropped)> notice;
};

/// Thread-safe but for start().
class LogWriter {
 public:
  explicit LogWriter(LogWriterOptions options);
  /// Does not wait for the thread, which may be stuck in a write: what is not written is lost.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Starts the thread; before it, or where it cannot be started, write() itself writes.
  Status start();

  /// `line` ends in its only newline.
  void write(const std::string& line);

  /// Waits until all lines have been written or given up, at most so long.
  void flush(std::chrono::milliseconds timeout);

 private:
  struct Shared;  // with the thread, which may outlive this

  const std::shared_ptr<Shared> shared_;
};

}  // namespace discovery

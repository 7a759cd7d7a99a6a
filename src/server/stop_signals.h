// SIGINT and SIGTERM, which end the process.
#pragma once

#include <signal.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "base/result.h"

namespace discovery {

/// Takes these signals on a thread of its own.
class StopSignals {
 public:
  /// To be called before other threads are started, which then have the signals blocked. What comes
  /// within `repeats` after the first is the same signal: supervisors send it to the process and to
  /// its group. A later one ends the process at once.
  static Result<std::unique_ptr<StopSignals>> start(std::chrono::milliseconds repeats);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Waits for the first signal. Once.
  void wait();

 private:
  explicit StopSignals(std::chrono::milliseconds repeats);

  void run();
  [[noreturn]] void end_at_once(int signal) const;

  const std::chrono::milliseconds repeats_;
  sigset_t signals_;
  std::promise<void> first_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace discovery

#include "server/stop_signals.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/start_thread.h"
#include "base/this_thread.h"
#include "server/logging/logging.h"

namespace discovery {

StopSignals::StopSignals(std::chrono::milliseconds repeats) : repeats_(repeats) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
}

Result<std::unique_ptr<StopSignals>> StopSignals::start(std::chrono::milliseconds repeats) {
  std::unique_ptr<StopSignals> stop(new StopSignals(repeats));
  pthread_sigmask(SIG_BLOCK, &stop->signals_, nullptr);
  auto thread = start_thread("the signals' thread", [raw = stop.get()] { raw->run(); });
  if (!thread) return thread.error();
  stop->thread_ = *std::move(thread);
  return stop;
}

StopSignals::~StopSignals() {
  if (!thread_.joinable()) return;
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGINT);
  thread_.join();
}

void StopSignals::wait() { first_.get_future().wait(); }

void StopSignals::run() {
  name_this_thread("signals");
  std::optional<std::chrono::steady_clock::time_point> first;
  for (;;) {
    int signal = 0;
    sigwait(&signals_, &signal);
    if (ending_) return;
    if (!first) {
      first = std::chrono::steady_clock::now();
      spdlog::info("{} received: finishing what is in flight", sigdescr_np(signal));
      first_.set_value();
    } else if (std::chrono::steady_clock::now() - *first >= repeats_) {
      end_at_once(signal);
    }
  }
}

/// As if the signal had never been taken, so that the parent process sees it.
void StopSignals::end_at_once(int signal) const {
  spdlog::warn("{} received again: ending at once, without what is in flight", sigdescr_np(signal));
  flush_log();
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  raise(signal);
  std::abort();  // the signal's default action has not ended the process
}

}  // namespace discovery

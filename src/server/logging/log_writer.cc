#include "server/logging/log_writer.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <condition_variable>
#include <string_view>
#include <utility>

#include "base/catch_exceptions.h"
#include "base/mutex.h"
#include "base/start_thread.h"
#include "base/this_thread.h"

namespace discovery {
namespace {

bool write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {  // another holder of the pipe wants it to be non-blocking
      pollfd file{descriptor, POLLOUT, 0};
      poll(&file, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

/// Blocks all signals, which are for other threads than those that are started meanwhile.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

struct LogWriter::Shared {
  explicit Shared(LogWriterOptions given) : options(std::move(given)) {}

  void run();
  uint64_t write_lines(std::string_view lines) const;
  bool write_notice(uint64_t lost) const;

  const LogWriterOptions options;
  Mutex mutex;
  std::condition_variable_any changed;
  std::string queued GUARDED_BY(mutex);
  bool full GUARDED_BY(mutex) = false;  // dropping until the queue is taken, to keep the order
  uint64_t dropped GUARDED_BY(mutex) = 0;
  bool started GUARDED_BY(mutex) = false;
  bool writing GUARDED_BY(mutex) = false;
  bool stopping GUARDED_BY(mutex) = false;
};

/// Returns how many lines could not be written. Whole lines go together, as many as a pipe takes at
/// once, so that no other writer's come between the parts of one.
uint64_t LogWriter::Shared::write_lines(std::string_view lines) const {
  uint64_t lost = 0;
  while (!lines.empty()) {
    const size_t end = lines.rfind('\n', options.line_bytes_max - 1);
    assert(end != std::string_view::npos);
    const std::string_view piece = lines.substr(0, end + 1);
    if (!write_whole(options.descriptor, piece)) {
      lost += static_cast<uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    }
    lines.remove_prefix(piece.size());
  }
  return lost;
}

/// A fault of the notice must not end the thread: the lines behind it would be lost.
bool LogWriter::Shared::write_notice(uint64_t lost) const {
  const Status written = catch_exceptions([&]() -> Status {
    if (write_whole(options.descriptor, options.notice(lost))) return {};
    return fail(Code::unavailable, "");
  });
  return written.has_value();
}

void LogWriter::Shared::run() {
  name_this_thread("log");
  for (;;) {
    std::string lines;
    uint64_t lost = 0;
    {
      const MutexLock lock(mutex);
      while (queued.empty() && !stopping) changed.wait(mutex);
      if (queued.empty()) return;
      lines = std::exchange(queued, {});
      lost = std::exchange(dropped, 0);
      full = false;
      writing = true;
    }
    lost += write_lines(lines);
    if (lost > 0 && write_notice(lost)) lost = 0;
    const MutexLock lock(mutex);
    dropped += lost;
    writing = false;
    changed.notify_all();
  }
}

LogWriter::LogWriter(LogWriterOptions options)
    : shared_(std::make_shared<Shared>(std::move(options))) {}

LogWriter::~LogWriter() {
  const MutexLock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->changed.notify_all();
}

Status LogWriter::start() {
  const SignalsBlocked during_the_start;
  auto thread = start_thread("the log's thread", [shared = shared_] { shared->run(); });
  if (!thread) return thread.error();
  thread->detach();
  const MutexLock lock(shared_->mutex);
  shared_->started = true;
  return {};
}

void LogWriter::write(const std::string& line) {
  assert(line.size() <= shared_->options.line_bytes_max && line.ends_with('\n'));
  const MutexLock lock(shared_->mutex);
  if (!shared_->started) {
    write_whole(shared_->options.descriptor, line);
    return;
  }
  std::string& queued = shared_->queued;
  shared_->full = shared_->full || queued.size() + line.size() > shared_->options.queue_bytes_max;
  if (shared_->full) {
    ++shared_->dropped;
    return;
  }
  queued += line;
  shared_->changed.notify_all();
}

void LogWriter::flush(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const MutexLock lock(shared_->mutex);
  while (!shared_->queued.empty() || shared_->writing) {
    if (shared_->changed.wait_until(shared_->mutex, deadline) == std::cv_status::timeout) return;
  }
}

}  // namespace discovery

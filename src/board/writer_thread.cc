#include "board/writer_thread.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/catch_exceptions.h"
#include "base/start_thread.h"
#include "base/this_thread.h"

namespace discovery {

namespace {

constexpr Duration kIdleWait = std::chrono::milliseconds{250};
constexpr Duration kRetryWait = std::chrono::milliseconds{50};
constexpr Duration kClockStep = std::chrono::seconds{2};           // what is no gentle correction
constexpr Duration kLoneFaultInterval = std::chrono::seconds{10};  // between two lines
constexpr Duration kBatchInterval = std::chrono::milliseconds{5};  // between two begins

}  // namespace

Result<std::unique_ptr<WriterThread>> WriterThread::start(Board& board, const Clock& clock) {
  std::unique_ptr<WriterThread> writer(new WriterThread(board, clock));
  auto thread = start_thread("the writer thread", [raw = writer.get()] { raw->run(); });
  if (!thread) return std::move(thread).error();
  writer->thread_ = *std::move(thread);
  return writer;
}

WriterThread::~WriterThread() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  board_.interrupt();
  thread_.join();
  board_.abandon();
}

void WriterThread::run() {
  name_this_thread("writer");
  for (;;) {
    const bool last = stopping_;
    const auto begun = std::chrono::steady_clock::now();
    const Now now = clock_.now();
    report_clock(now);
    const Board::Step step = board_.step(now);
    report(step);
    report_pins();
    report_lone_fault(now.boot);
    if (last && step != Board::Step::more) break;
    if (step == Board::Step::held) board_.pause(kRetryWait);
    if (step != Board::Step::idle) continue;
    board_.coalesce(begun + kBatchInterval);
    board_.wait(kIdleWait);
  }
  const Status recorded = catch_exceptions([this] { return board_.record_shutdown(clock_.now()); });
  if (!recorded) {
    spdlog::warn("the end of this run could not be written down: {}", recorded.error().message);
  }
}

// Leases do not run on the wall clock, but times that are shown and signed do.
void WriterThread::report_clock(Now now) {
  const Duration offset = now.wall.time_since_epoch() - now.boot.time_since_epoch();
  const Duration step = offset - clock_offset_.value_or(offset);
  clock_offset_ = offset;
  if (std::chrono::abs(step) < kClockStep) return;
  spdlog::warn("the clock was set {} by {} s: times in answers and signatures go by it from now on",
               step > Duration{} ? "forward" : "back",
               std::chrono::abs(std::chrono::duration_cast<std::chrono::seconds>(step)).count());
}

void WriterThread::report_pins() {
  const bool was_short = std::exchange(pins_run_short_, board_.pins_run_short());
  if (was_short || !pins_run_short_) return;
  spdlog::warn(
      "four fifths of the keys that can be remembered have signed; before they are all, those that "
      "have been gone longest are forgotten, and others may post under their ids: consider a "
      "larger MAX_PROVIDERS");
}

void WriterThread::report_lone_fault(BootTime now) {
  if (now < next_lone_fault_) return;
  const auto fault = board_.take_lone_fault();
  if (!fault) return;
  next_lone_fault_ = now + kLoneFaultInterval;
  spdlog::error("the store does not take what is to be written of {}, and others as before: {}",
                fault->provider_id, fault->error.message);
}

void WriterThread::report(Board::Step step) {
  const bool faulty = step == Board::Step::held;
  if (faulty == faulty_) return;
  faulty_ = faulty;
  if (faulty) {
    spdlog::error("the store takes no writes, posts are held: {}", board_.write_fault()->message);
  } else {
    spdlog::info("the store takes writes again");
  }
}

}  // namespace discovery

#include "store/checkpointer.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include "base/contain.h"
#include "base/start_thread.h"
#include "base/this_thread.h"

namespace discovery {
namespace {

constexpr int64_t kKibibyte = 1024;
// The writer's sync waits behind a pass's, whose pages lie all over a large database: for half a
// hundred of them 3 ms.
constexpr int64_t kPassBytes = 128 * kKibibyte;
// Before as much is in the log, the writer need not finish a round, which costs it a sync. A pass
// sorts what the log holds.
constexpr int64_t kRoundBytes = 2048 * kKibibyte;
// A round on a small database begins no sooner than when the log is long and holds it this many
// times over: nearly every change hits a page that is in the log already, and each is copied once.
constexpr int kPatience = 4;
constexpr int64_t kSmallBytesMax = 16 * 1024 * kKibibyte;
// What may be left to the writer once a round is to end. Twice as much after each further pass, so
// that it does end where the changes come as fast as the copying goes.
constexpr int64_t kFinishBytes = 256 * kKibibyte;
constexpr int kDoublingsMax = 8;
// After a pass that left something, for a reader elsewhere or a fault, the next has time.
constexpr int64_t kRetryBytes = 1024 * kKibibyte;
// The writer goes no further without a copy, whoever may be in its way.
constexpr int64_t kLogBytesMax = 256 * 1024 * kKibibyte;

Result<int64_t> find_page_bytes(Database& database) {
  // A connection that has read nothing yet does not know of the log, and would copy nothing.
  if (const auto read = database.query("PRAGMA schema_version"); !read) return read.error();
  auto statement = database.prepare("PRAGMA page_size");
  if (!statement) return statement.error();
  if (statement->step() != Statement::Step::row) return database.error("page_size");
  return statement->integer(0);
}

int64_t count_pages(Database& database) {
  const auto pages = database.query("PRAGMA page_count");
  return pages ? std::strtoll(pages->c_str(), nullptr, 10) : std::numeric_limits<int64_t>::max();
}

}  // namespace

Checkpointer::Checkpointer(Database& writer, Database own, int64_t page_bytes)
    : writer_(writer),
      own_(std::move(own)),
      pass_pages_(static_cast<int>(kPassBytes / page_bytes)),
      round_pages_(static_cast<int>(kRoundBytes / page_bytes)),
      retry_pages_(static_cast<int>(kRetryBytes / page_bytes)),
      small_pages_max_(kSmallBytesMax / page_bytes),
      finish_pages_(static_cast<int>(kFinishBytes / page_bytes)),
      log_pages_max_(static_cast<int>(kLogBytesMax / page_bytes)),
      first_pass_at_(pass_pages_),
      next_pass_at_(pass_pages_),
      next_finish_at_(log_pages_max_) {}

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(Database& writer) {
  auto own = Database::open(writer.path(), Database::Access::read_write);
  if (!own) return std::move(own).error();
  const auto page_bytes = find_page_bytes(*own);
  if (!page_bytes) return page_bytes.error();
  std::unique_ptr<Checkpointer> checkpointer(
      new Checkpointer(writer, *std::move(own), *page_bytes));
  auto thread = start_thread("the checkpoint thread", [raw = checkpointer.get()] { raw->run(); });
  if (!thread) return std::move(thread).error();
  checkpointer->thread_ = *std::move(thread);
  // Takes the place of SQLite's own checkpoints after a commit, which would stall the writer.
  const auto hook = [](void* self, sqlite3*, const char*, int logged) {
    static_cast<Checkpointer*>(self)->committed(logged);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(writer.handle(), hook, checkpointer.get());
  return checkpointer;
}

Checkpointer::~Checkpointer() {
  sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::committed(int logged) {
  MutexLock lock(mutex_);
  if (logged < logged_) start_round();  // as SQLite found no page left to copy
  const bool was_due = logged_ >= next_pass_at_;
  logged_ = logged;
  if (logged_ >= next_pass_at_ && !was_due) changed_.notify_all();
}

void Checkpointer::start_round() {
  ++rounds_;
  late_passes_ = 0;
  logged_ = 0;
  next_pass_at_ = first_pass_at_;
  next_finish_at_ = log_pages_max_;
}

Status Checkpointer::before_transaction() {
  {
    MutexLock lock(mutex_);
    if (logged_ < next_finish_at_) return {};
    finishing_ = true;
    while (in_pass_) changed_.wait(mutex_);
  }
  const Pass pass = copy(writer_);

  MutexLock lock(mutex_);
  finishing_ = false;
  changed_.notify_all();
  if (pass.complete) {
    start_round();
    return {};
  }
  next_pass_at_ = logged_ + retry_pages_;
  next_finish_at_ = log_pages_max_;
  if (!pass.status) return logged_ < log_pages_max_ ? Status() : pass.status;
  // A reader elsewhere is in the way. It must not stop the writer, and asking again at once would
  // not help.
  next_finish_at_ = std::max(next_finish_at_, next_pass_at_);
  return {};
}

void Checkpointer::run() {
  name_this_thread("checkpointer");
  while (const auto round = begin_pass()) {
    Pass pass;  // of nothing, if it fails for want of memory: then the next is due later
    static_cast<void>(contain([&]() -> Status {
      pass = copy(own_);
      note_size(count_pages(own_));
      return pass.status;
    }));
    end_pass(pass, *round);
  }
}

std::optional<unsigned> Checkpointer::begin_pass() {
  MutexLock lock(mutex_);
  while (!stopping_ && (finishing_ || logged_ < next_pass_at_)) changed_.wait(mutex_);
  if (stopping_) return std::nullopt;
  in_pass_ = true;
  return rounds_;
}

void Checkpointer::note_size(int64_t database_pages) {
  MutexLock lock(mutex_);
  first_pass_at_ = pass_pages_;
  if (database_pages > small_pages_max_) return;
  first_pass_at_ = std::max(round_pages_, kPatience * static_cast<int>(database_pages));
}

void Checkpointer::end_pass(const Pass& pass, unsigned round) {
  MutexLock lock(mutex_);
  in_pass_ = false;
  changed_.notify_all();
  if (round != rounds_) return;  // these were pages of a log that has started over since
  const int left = logged_ - pass.copied;
  if (!pass.complete) {
    next_pass_at_ = logged_ + retry_pages_;
  } else if (logged_ < round_pages_) {
    next_pass_at_ = pass.copied + pass_pages_;
  } else if (left > finish_pages_ << std::min(late_passes_++, kDoublingsMax)) {
    next_pass_at_ = 0;
  } else {
    next_pass_at_ = log_pages_max_;
    next_finish_at_ = 0;
  }
}

Checkpointer::Pass Checkpointer::copy(Database& database) {
  int logged = 0;
  int copied = 0;
  const int result = sqlite3_wal_checkpoint_v2(database.handle(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, &logged, &copied);
  if (result == SQLITE_OK) return {{}, logged >= 0 && logged == copied, copied};
  // Another program is at the same work: not a fault, and the next attempt will tell.
  if (result == SQLITE_BUSY) return {{}, false, 0};
  return {contain([&]() -> Status { return database.error("checkpoint"); }), false, 0};
}

}  // namespace discovery

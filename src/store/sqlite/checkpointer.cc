#include "store/sqlite/checkpointer.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/catch_exceptions.h"
#include "base/start_thread.h"
#include "base/this_thread.h"

namespace discovery {
namespace {

constexpr int64_t kKibibyte = 1024;
// The writer's sync waits behind a pass's, whose pages lie all over a large database: for half a
// hundred of them 3 ms.
constexpr int64_t kPassBytes = 128 * kKibibyte;
// Once as much is in the log, the writer finishes it, which costs it a sync. To a database no
// larger than this, no pass is made before: nearly every change hits a page that is in the log
// already, and each page is copied once.
constexpr int64_t kRoundBytes = 16'384 * kKibibyte;
// The writer goes no further without a copy, whatever may be in its way.
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
  if (logged < logged_) start_over();  // as SQLite found no page left to copy
  const bool was_due = logged_ >= next_pass_at_;
  logged_ = logged;
  if (logged_ >= next_pass_at_ && !was_due) changed_.notify_all();
}

void Checkpointer::start_over() {
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
  const Result<Pass> pass = copy(writer_);

  MutexLock lock(mutex_);
  finishing_ = false;
  changed_.notify_all();
  if (pass && *pass == Pass::complete) {
    start_over();
    return {};
  }
  next_pass_at_ = logged_ + pass_pages_;
  next_finish_at_ = log_pages_max_;
  if (!pass) return logged_ < log_pages_max_ ? Status() : pass.error();
  // A reader elsewhere is in the way. It must not stop the writer, and asking again at once would
  // not help.
  next_finish_at_ = std::max(next_finish_at_, next_pass_at_);
  return {};
}

void Checkpointer::run() {
  name_this_thread("checkpointer");
  while (begin_pass()) {
    int first_pass_at = pass_pages_;
    const auto pass = catch_exceptions([&] {
      if (count_pages(own_) <= round_pages_) first_pass_at = round_pages_;
      return copy(own_);
    });
    end_pass(pass ? *pass : Pass::partial, first_pass_at);  // the next one may do without the fault
  }
}

bool Checkpointer::begin_pass() {
  MutexLock lock(mutex_);
  while (!stopping_ && (finishing_ || logged_ < next_pass_at_)) changed_.wait(mutex_);
  in_pass_ = !stopping_;
  return in_pass_;
}

void Checkpointer::end_pass(Pass pass, int first_pass_at) {
  MutexLock lock(mutex_);
  in_pass_ = false;
  changed_.notify_all();
  first_pass_at_ = first_pass_at;
  if (pass == Pass::complete && logged_ >= round_pages_) {
    next_pass_at_ = log_pages_max_;
    next_finish_at_ = 0;
  } else {
    next_pass_at_ = std::max(first_pass_at_, logged_ + pass_pages_);
  }
}

Result<Checkpointer::Pass> Checkpointer::copy(Database& database) {
  int logged = 0;
  int copied = 0;
  const int result = sqlite3_wal_checkpoint_v2(database.handle(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, &logged, &copied);
  if (result == SQLITE_OK) return logged >= 0 && logged == copied ? Pass::complete : Pass::partial;
  // Another program is at the same work: not a fault, and the next attempt finds out.
  if (result == SQLITE_BUSY) return Pass::partial;
  return catch_exceptions([&]() -> Result<Pass> { return database.error("checkpoint"); });
}

}  // namespace discovery

#include "store/row_loader.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "store/schema.h"
#include "store/stored_row.h"

namespace discovery {
namespace {

const auto kEndOfRow = kProofText;

/// Shows what `statement`, bound already, finds.
Status show_rows(Database& database, Statement& statement, unsigned thread,
                 const Store::RowSink& sink) {
  Statement::Step step;
  while ((step = statement.step()) == Statement::Step::row) sink(thread, row_of(statement));
  Status status;
  if (step == Statement::Step::failed) status = database.error("load");
  statement.reset();
  return status;
}

/// Deals out a table in ranges of row numbers to threads that load it, each by its own connection.
class ParallelLoad {
 public:
  ParallelLoad(const std::string& path, int64_t first, int64_t last, const Store::RowSink& sink)
      : path_(path), first_(first), span_(uint64_t(last) - uint64_t(first)), sink_(sink) {}

  Status run(unsigned threads) {
    std::vector<std::thread> others;
    try {
      for (unsigned i = 1; i < threads; ++i) others.emplace_back([this, i] { work(i); });
    } catch (const std::system_error&) {
      // The threads that did start share the work.
    }
    work(0);
    for (std::thread& other : others) other.join();
    MutexLock lock(mutex_);
    return failure_;
  }

 private:
  // Many more than there are threads, so that they end together though some ranges are sparse.
  static constexpr uint64_t kRanges = 256;

  void work(unsigned thread) {
    auto status = load_ranges(thread);
    if (status) return;
    next_range_ = kRanges;
    MutexLock lock(mutex_);
    failure_ = std::move(status);
  }

  Status load_ranges(unsigned thread) {
    auto database = Database::open(path_, Database::Access::read_only);
    if (!database) return database.error();
    auto statement = database->prepare(select_rows(kEndOfRow) + " WHERE _rowid_ BETWEEN ?1 AND ?2");
    if (!statement) return statement.error();
    const uint64_t width = span_ / kRanges + 1;
    for (uint64_t range; (range = next_range_++) < kRanges;) {
      if (range * width > span_) break;
      const uint64_t from = uint64_t(first_) + range * width;
      statement->bind(1, int64_t(from));
      statement->bind(2, int64_t(from + std::min(width - 1, span_ - range * width)));
      auto shown = show_rows(*database, *statement, thread, sink_);
      if (!shown) return shown;
    }
    return {};
  }

  const std::string& path_;
  const int64_t first_;
  const uint64_t span_;
  const Store::RowSink& sink_;
  std::atomic<uint64_t> next_range_{0};
  Mutex mutex_;
  Status failure_ GUARDED_BY(mutex_);
};

}  // namespace

Status load_rows(Database& database, const Store::RowSink& sink) {
  auto statement = database.prepare(select_rows(kEndOfRow));
  if (!statement) return statement.error();
  return show_rows(database, *statement, 0, sink);
}

Status load_rows_in_parallel(Database& database, unsigned threads, const Store::RowSink& sink) {
  // Two subqueries, because SQLite answers min() and max() together by a scan.
  auto bounds = database.prepare(
      "SELECT (SELECT min(_rowid_) FROM advertisements), (SELECT max(_rowid_) FROM "
      "advertisements)");
  if (!bounds) return bounds.error();
  if (bounds->step() == Statement::Step::failed) return database.error("load");
  if (bounds->text(0).empty()) return {};
  const int64_t first = bounds->integer(0);
  const int64_t last = bounds->integer(1);
  bounds->reset();
  return ParallelLoad(database.path(), first, last, sink).run(threads);
}

}  // namespace discovery

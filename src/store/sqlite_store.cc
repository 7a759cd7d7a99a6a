// The embedded store: one table in one SQLite file, in write-ahead mode, synced at every commit.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "advertisement/countries.h"
#include "base/mutex.h"
#include "base/time_text.h"
#include "store/checkpointer.h"
#include "store/database.h"
#include "store/file_lock.h"
#include "store/schema.h"
#include "store/store.h"

namespace discovery {
namespace {

constexpr std::string_view kInMemory = ":memory:";

/// One SQLite run of a statement whose rows nobody needs.
Status run(Database& database, Statement& statement, std::string_view doing) {
  Status status;
  if (statement.step() == Statement::Step::failed) status = database.error(doing);
  statement.reset();
  return status;
}

StoredRow row_of(Statement& statement) {
  StoredRow row;
  row.provider_id = statement.text(kProviderId);
  row.provider_name = statement.text(kProviderName);
  row.ip_address = statement.text(kIpAddress);
  row.country = statement.text(kCountry);
  row.platform = statement.text(kPlatform);
  row.network = statement.text(kNetwork);
  row.payments_network = statement.text(kPaymentsNetwork);
  row.resources = statement.text(kResources);
  row.pricing = statement.text(kPricing);
  row.created_at = parse_time(statement.text(kCreatedAt));
  row.updated_at = parse_time(statement.text(kUpdatedAt));
  return row;
}

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
    auto statement = database->prepare(select_rows() + " WHERE _rowid_ BETWEEN ?1 AND ?2");
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

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& path);
  ~SqliteStore() override;

  Status load(unsigned threads, const RowSink& sink) override;
  Status apply(std::span<const Change> changes) override;
  std::string description() const override { return "sqlite " + database_.path(); }

 private:
  SqliteStore(FileLock lock, Database database)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  bool in_memory() const { return database_.path() == kInMemory; }
  Status prepare();
  Status prepare_statements();
  Status write(std::span<const Change> changes);
  Status put(const Listing& listing);
  Status remove(std::string_view provider_id);

  FileLock lock_;  // first, so that it outlives every connection
  Database database_;
  Schema schema_;
  Statement begin_;
  Statement commit_;
  Statement rollback_;
  Statement upsert_;
  Statement remove_;
  Statement remove_odd_;
  std::unique_ptr<Checkpointer> checkpointer_;  // none in memory
};

Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& path) {
  FileLock lock;
  if (path != kInMemory) {
    if (auto made = make_parent_directories(path); !made) return made.error();
    auto acquired = FileLock::acquire(path);
    if (!acquired) return std::move(acquired).error();
    lock = *std::move(acquired);
  }
  auto database = Database::open(path, Database::Access::read_write);
  if (!database) return std::move(database).error();
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(lock), *std::move(database)));
  if (auto prepared = store->prepare(); !prepared) return prepared.error();
  return std::unique_ptr<Store>(std::move(store));
}

SqliteStore::~SqliteStore() {
  checkpointer_.reset();
  // Leaves one whole file behind, which every tool can copy or open. A failure costs nothing: the
  // log stays and is read at the next start.
  static_cast<void>(database_.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
}

Status SqliteStore::prepare() {
  auto schema = prepare_schema(database_);
  if (!schema) return schema.error();
  schema_ = *std::move(schema);

  if (!in_memory()) {
    const auto mode = database_.query("PRAGMA journal_mode = WAL");
    if (!mode) return mode.error();
    if (*mode != "wal") return fail(Code::internal, database_.path() + ": no write-ahead log here");
  }
  // What fits into the cache is the index on provider_id, which every change walks; the rows of a
  // large board do not.
  auto tuned = database_.execute(
      "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA secure_delete = OFF");
  if (!tuned) return tuned;
  if (auto cached = prepare_statements(); !cached || in_memory()) return cached;

  auto checkpointer = Checkpointer::start(database_);
  if (!checkpointer) return std::move(checkpointer).error();
  checkpointer_ = *std::move(checkpointer);
  return {};
}

Status SqliteStore::prepare_statements() {
  const std::pair<Statement*, std::string> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&upsert_, schema_.upsert},
      {&remove_, "DELETE FROM advertisements WHERE provider_id = ?1"},
      {&remove_odd_,
       "DELETE FROM advertisements"
       " WHERE provider_id = CAST(?1 AS BLOB) OR provider_id IS nullif(?1, '')"},
  };
  for (const auto& [statement, sql] : statements) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = *std::move(prepared);
  }
  return {};
}

Status SqliteStore::load(unsigned threads, const RowSink& sink) {
  if (in_memory() || schema_.rows == Schema::Rows::by_key) {
    auto statement = database_.prepare(select_rows());
    if (!statement) return statement.error();
    return show_rows(database_, *statement, 0, sink);
  }
  // Two subqueries, because SQLite answers min() and max() together by a scan.
  auto bounds = database_.prepare(
      "SELECT (SELECT min(_rowid_) FROM advertisements), (SELECT max(_rowid_) FROM "
      "advertisements)");
  if (!bounds) return bounds.error();
  if (bounds->step() == Statement::Step::failed) return database_.error("load");
  if (bounds->text(0).empty()) return {};
  return ParallelLoad(database_.path(), bounds->integer(0), bounds->integer(1), sink).run(threads);
}

Status SqliteStore::apply(std::span<const Change> changes) {
  if (checkpointer_) {
    if (auto ready = checkpointer_->before_transaction(); !ready) return ready;
  }
  if (auto begun = run(database_, begin_, "begin"); !begun) return begun;
  auto status = write(changes);
  if (status) status = run(database_, commit_, "commit");
  // Some failures end the transaction by themselves. What a rollback has to say matters to nobody:
  // the first failure is the one to report.
  if (!status && database_.in_transaction()) {
    static_cast<void>(run(database_, rollback_, "rollback"));
  }
  return status;
}

Status SqliteStore::write(std::span<const Change> changes) {
  for (const Change& change : changes) {
    auto status = change.listing ? put(*change.listing) : remove(change.provider_id);
    if (!status) return status;
  }
  return {};
}

Status SqliteStore::put(const Listing& listing) {
  const std::string provider_name = listing.provider_name();
  char created_at[kSqlTimeLength];
  char updated_at[kSqlTimeLength];
  write_sql_time(listing.created(), created_at);
  write_sql_time(listing.updated(), updated_at);

  const auto bind_unless_empty = [this](Column column, std::string_view text) {
    text.empty() ? upsert_.bind_null(column + 1) : upsert_.bind(column + 1, text);
  };
  bind_unless_empty(kProviderId, listing.provider_id());
  bind_unless_empty(kProviderName, provider_name);
  bind_unless_empty(kIpAddress, listing.ip_address());
  bind_unless_empty(kCountry, country_code(listing.country()));
  bind_unless_empty(kPlatform, listing.platform());
  bind_unless_empty(kNetwork, listing.network());
  bind_unless_empty(kPaymentsNetwork, listing.payments_network());
  bind_unless_empty(kResources, listing.resources_json());
  bind_unless_empty(kPricing, listing.pricing_json());
  bind_unless_empty(kCreatedAt, {created_at, kSqlTimeLength});
  bind_unless_empty(kUpdatedAt, {updated_at, kSqlTimeLength});
  return run(database_, upsert_, "write");
}

Status SqliteStore::remove(std::string_view provider_id) {
  remove_.bind(1, provider_id);
  if (auto removed = run(database_, remove_, "remove"); !removed) return removed;
  if (database_.changed_rows() > 0) return {};
  // Other programs may have stored ids that only look like this text: bytes, or none at all.
  remove_odd_.bind(1, provider_id);
  return run(database_, remove_odd_, "remove");
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path) {
  if (path == kInMemory) return SqliteStore::open(path);
  // SQLite reads some relative paths as something else, such as `file:…`.
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) return fail(Code::internal, "cannot find " + path + ": " + error.message());
  return SqliteStore::open(absolute);
}

}  // namespace discovery

// The embedded store: one SQLite file, in write-ahead mode, synced at every commit.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "advertisement/countries.h"
#include "base/catch_exceptions.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/time_text.h"
#include "store/sqlite/change_log.h"
#include "store/sqlite/checkpointer.h"
#include "store/sqlite/database.h"
#include "store/sqlite/file_lock.h"
#include "store/sqlite/late_store.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/side_tables.h"
#include "store/sqlite/sqlite_reader.h"
#include "store/sqlite/stored_row.h"
#include "store/store.h"

namespace discovery {
namespace {

// What a probe writes: more than the rows, proof and log lines of any one post, so twice its long
// texts. Random, since a file system may keep equal bytes in less room.
constexpr size_t kProbeBytes = 65'536;
static_assert(kProbeBytes >= 2 * (kResourcesBytesMax + kPricingBytesMax + limits::kBodyBytes));
constexpr const char* kProbe =
    "INSERT OR REPLACE INTO board_probe (id, bytes) VALUES (1, randomblob(?1))";
constexpr std::string_view kInMemory = ":memory:";
// A change is logged with all of its page, so that small pages cost less: three rows fit into one.
constexpr const char* kPageSize = "PRAGMA page_size = 2048";

void bind_row(Statement& statement, const RowTexts& texts, const Proof* proof) {
  int parameter = 0;
  for (const std::string_view text : texts) {
    ++parameter;
    text.empty() ? statement.bind_null(parameter) : statement.bind(parameter, text);
  }
  if (proof == nullptr) return;
  statement.bind(kProofMs + 1, proof->time_ms);
  statement.bind(kProofDigest + 1, digest(texts));
  statement.bind(kProofText + 1, proof->text);
  statement.bind(kProofSignature + 1, proof->signature);
  statement.bind_blob(kProofBody + 1, proof->body);
}

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& path,
                                             std::shared_ptr<const FileLock> lock);
  ~SqliteStore() override;

  Status load(const RowSink& sink) override;
  Status load_pins(const PinSink& sink) override;
  Result<std::vector<Run>> load_runs() override;
  Status apply(std::span<const Change> changes) override;
  std::optional<size_t> refused() const override { return refused_; }
  Status check() override;
  Result<ChangeLogState> open_epoch(uint64_t number) override;
  Status keep(const Upkeep& upkeep) override;
  Result<std::optional<History>> history(std::string_view provider_id) override {
    return reader_->history(provider_id);
  }
  Result<std::unique_ptr<StoreReader>> open_reader() override {
    return in_memory() ? read_by(connection_) : read_file(database_.path());
  }
  std::string description() const override { return "sqlite " + database_.path(); }

 private:
  SqliteStore(std::shared_ptr<const FileLock> lock, Database database)
      : lock_(std::move(lock)),
        connection_(std::make_shared<SharedDatabase>(std::move(database))) {}

  bool in_memory() const { return database_.path() == kInMemory; }
  Status prepare();
  Status prepare_statements(const Schema& schema);
  /// Whether a post would find room. In two transactions: of one alone nothing would be written.
  Status probe();
  /// Makes what `write` writes durable, or undoes it; the epoch is begun before.
  template <class Write>
  Status transact(Write write);
  template <class Write>
  Status transact_alone(Write write);
  Status begin_epoch();
  /// What is written of a change: less where the rest is damaged.
  enum class Extent { all, without_history, row_and_pin };
  Status write_all(std::span<const Change> changes, Extent extent);
  Status write(const Change& change, Extent extent);
  Status is_in_place();
  Status put(const Listing& listing, const Proof* proof);
  Status remove(std::string_view provider_id);

  std::shared_ptr<const FileLock> lock_;  // first, so that it outlives every connection
  std::shared_ptr<SharedDatabase> connection_;
  Database& database_ = connection_->database;
  Statement begin_;
  Statement commit_;
  Statement rollback_;
  // As in Schema::Writing.
  struct Writing {
    Statement upsert;
    Statement update;
  };
  Writing unproven_;
  Writing proven_;
  Statement remove_;
  Statement remove_bytes_;
  Statement probe_;
  Statement end_probe_;
  SideTables side_tables_{database_};
  std::optional<Error> why_read_only_;  // until the next start
  Extent extent_ = Extent::all;         // the least so far, which has been logged
  std::optional<size_t> refused_;
  bool loses_records_ = false;  // likewise, of what keep() keeps
  bool had_log_ = false;        // the write-ahead log: there from the first transaction on
  ChangeLog log_{database_};
  std::unique_ptr<StoreReader> reader_;         // by the same connection
  std::unique_ptr<Checkpointer> checkpointer_;  // none in memory
};

Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& path,
                                                 std::shared_ptr<const FileLock> lock) {
  auto database = Database::open(path, Database::Access::read_write);
  if (!database) return std::move(database).error();
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(lock), *std::move(database)));
  if (auto prepared = store->prepare(); !prepared) return prepared.error();
  return std::unique_ptr<Store>(std::move(store));
}

SqliteStore::~SqliteStore() {
  // Leaves one whole file behind, which every tool can copy or open. A failure costs nothing: the
  // log stays and is read at the next start.
  checkpointer_.reset();
  static_cast<void>(
      catch_exceptions([&] { return database_.execute("PRAGMA wal_checkpoint(TRUNCATE)"); }));
}

Status SqliteStore::prepare() {
  // Counts only where there is no file yet.
  if (auto sized = database_.execute(kPageSize); !sized) return sized;
  auto schema = prepare_schema(database_);
  if (!schema) return schema.error();

  if (!in_memory()) {
    const auto mode = database_.query("PRAGMA journal_mode = WAL");
    if (!mode) return mode.error();
    if (*mode != "wal") return fail(Code::internal, database_.path() + ": no write-ahead log here");
  }
  // Room for the upper levels of the tables, which every change walks; the rows of a large board
  // would not fit into any cache.
  auto tuned = database_.execute(
      "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA secure_delete = OFF");
  if (!tuned) return tuned;
  if (auto cached = prepare_statements(*schema); !cached || in_memory()) return cached;
  auto checkpointer = Checkpointer::start(database_);
  if (!checkpointer) return std::move(checkpointer).error();
  checkpointer_ = *std::move(checkpointer);
  return {};
}

Status SqliteStore::prepare_statements(const Schema& schema) {
  auto reader = read_by(connection_);
  if (!reader) return std::move(reader).error();
  reader_ = *std::move(reader);
  if (auto prepared = side_tables_.prepare(); !prepared) return prepared;
  if (auto prepared = log_.prepare(); !prepared) return prepared;
  return database_.prepare({
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&unproven_.upsert, schema.unproven.upsert},
      {&unproven_.update, schema.unproven.update},
      {&proven_.upsert, schema.proven.upsert},
      {&proven_.update, schema.proven.update},
      {&remove_, "DELETE FROM advertisements WHERE provider_id = ?1"},
      {&remove_bytes_, "DELETE FROM advertisements WHERE provider_id = CAST(?1 AS BLOB)"},
      {&probe_, kProbe},
      {&end_probe_, "DELETE FROM board_probe"},
  });
}

Status SqliteStore::load(const RowSink& sink) {
  MutexLock lock(connection_->mutex);
  auto statement = database_.prepare(select_rows(kProofText));
  if (!statement) return statement.error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) sink(row_of(*statement));
  return step == Statement::Step::failed ? Status(database_.error("load")) : Status();
}

Status SqliteStore::load_pins(const PinSink& sink) {
  MutexLock lock(connection_->mutex);
  Status loaded = side_tables_.load_pins(sink);
  if (loaded || loaded.error().code != Code::invalid) return loaded;
  // Another might speak for a provider whose pin is lost: the board is shown, but takes no posts.
  why_read_only_ = fail(Code::unavailable, loaded.error().message);
  return {};
}

Result<std::vector<Run>> SqliteStore::load_runs() {
  MutexLock lock(connection_->mutex);
  return side_tables_.load_runs();
}

Status SqliteStore::probe() {
  probe_.bind(1, int64_t{kProbeBytes});
  Status written = transact([&] { return database_.run(probe_, "probe"); });
  if (!written) return written;
  return transact([&] { return database_.run(end_probe_, "end the probe"); });
}

Status SqliteStore::apply(std::span<const Change> changes) {
  refused_.reset();
  if (changes.empty()) return probe();
  Status whole = write_all(changes, Extent::all);
  if (whole || whole.error().code != Code::invalid) return whole;
  // Damage to what is remembered of departed providers costs that, and no post; likewise the log.
  for (const Extent extent : {Extent::without_history, Extent::row_and_pin}) {
    Status part = write_all(changes, extent);
    if (!part && part.error().code != Code::invalid) return part;
    if (!part) continue;
    if (extent_ < extent) {
      spdlog::error("{} is damaged, and not written any more: {}",
                    extent == Extent::row_and_pin ? "the log of changes"
                                                  : "what is remembered of departed providers",
                    whole.error().message);
      extent_ = extent;
    }
    return {};
  }
  return whole;
}

Status SqliteStore::write_all(std::span<const Change> changes, Extent extent) {
  refused_.reset();
  return transact([&]() -> Status {
    for (size_t i = 0; i < changes.size(); ++i) {
      auto written = write(changes[i], extent);
      if (written) continue;
      if (!may_pass(written.error().code)) refused_ = i;
      return written;
    }
    return extent == Extent::row_and_pin ? log_.give_up() : log_.finish();
  });
}

// Neither SQLite nor the kernel says so where another program has moved the file away: all that is
// written would be gone with the process.
Status SqliteStore::is_in_place() {
  if (why_read_only_) return *why_read_only_;
  if (in_memory()) return {};
  if (auto held = lock_->check(database_.path()); !held) return held;
  const std::string log = database_.path() + "-wal";
  const bool has_log = ::access(log.c_str(), F_OK) == 0;
  had_log_ = had_log_ || has_log;
  if (has_log || !had_log_) return {};
  return fail(Code::unavailable, log + " is gone; it is made anew by a restart");
}

Status SqliteStore::check() {
  if (auto in_place = is_in_place(); !in_place) return in_place;
  return begin_epoch();
}

// Damage to the log costs the log: no watch goes on from it after the next start.
Status SqliteStore::begin_epoch() {
  if (!log_.has_epoch_to_begin()) return {};
  for (Status (ChangeLog::*const step)() : {&ChangeLog::trim_epochs, &ChangeLog::begin_epoch}) {
    Status done = transact_alone([&] { return (log_.*step)(); });
    if (!done && done.error().code != Code::invalid) return done;
    if (!done) spdlog::error("the log of changes is damaged: {}", done.error().message);
  }
  log_.end_opening();
  return {};
}

Result<ChangeLogState> SqliteStore::open_epoch(uint64_t number) {
  auto state = [&] {
    MutexLock lock(connection_->mutex);
    return ChangeLog::read(database_);
  }();
  if (!state) return state;
  log_.open_epoch(number, *state);
  state->epochs.push_back({number, state->revision});
  // Where there is no room for it now, it is begun with the first change that finds some.
  const Status begun = check();
  if (!begun && !may_pass(begun.error().code)) return begun.error();
  return state;
}

Status SqliteStore::keep(const Upkeep& upkeep) {
  Status kept = transact([&]() -> Status {
    for (const std::string& id : upkeep.forgotten_pins) {
      if (auto forgotten = side_tables_.forget_pin(id); !forgotten) return forgotten;
    }
    return side_tables_.remember(upkeep.run);
  });
  if (!kept) return kept;
  // Apart, so that damage here costs this alone.
  kept = transact([&]() -> Status {
    for (const RefusalNote& refusal : upkeep.refusals) {
      if (auto remembered = side_tables_.remember(refusal); !remembered) return remembered;
    }
    return side_tables_.forget_before(upkeep.forget_before);
  });
  if (kept || kept.error().code != Code::invalid) return kept;
  if (!std::exchange(loses_records_, true)) {
    spdlog::error("what is remembered of refusals and departed providers is damaged: {}",
                  kept.error().message);
  }
  return {};
}

template <class Write>
Status SqliteStore::transact(Write write) {
  if (auto begun = begin_epoch(); !begun) return begun;
  return transact_alone(std::move(write));
}

template <class Write>
Status SqliteStore::transact_alone(Write write) {
  if (auto in_place = is_in_place(); !in_place) return in_place;
  MutexLock lock(connection_->mutex);
  if (checkpointer_) {
    if (auto ready = checkpointer_->before_transaction(); !ready) return ready;
  }
  if (auto begun = database_.run(begin_, "begin"); !begun) return begun;
  const auto sizes = side_tables_.sizes();
  // Where memory runs out, be it for the words of an error, the transaction ends all the same.
  auto status = catch_exceptions([&]() -> Status {
    if (auto written = write(); !written) return written;
    return database_.run(commit_, "commit");
  });
  if (status) return status;
  // Some failures end the transaction by themselves. What a rollback reports does not matter:
  // the first failure is the one to report.
  if (database_.in_transaction()) {
    static_cast<void>(catch_exceptions([&] { return database_.run(rollback_, "rollback"); }));
  }
  side_tables_.set_sizes(sizes);
  log_.forget();
  return status;
}

Status SqliteStore::write(const Change& change, Extent extent) {
  std::string_view id = change.provider_id;
  Status status;
  if (change.listing) {
    id = change.listing->provider_id();
    status = put(*change.listing, change.proof.get());
  } else if (!id.empty()) {
    status = remove(id);
  }
  if (status && change.history && extent == Extent::all) {
    status = side_tables_.remember(*change.history);
  }
  if (status && change.pin_ms) status = side_tables_.pin(id, *change.pin_ms);
  if (status && change.revision != 0) log_.append(change, id);
  return status;
}

Status SqliteStore::put(const Listing& listing, const Proof* proof) {
  const std::string provider_name = listing.provider_name();
  char created_at[kSqlTimeLength];
  char updated_at[kSqlTimeLength];
  write_sql_time(listing.created(), created_at);
  write_sql_time(listing.updated(), updated_at);

  RowTexts texts;
  texts[kProviderId] = listing.provider_id();
  texts[kProviderName] = provider_name;
  texts[kIpAddress] = listing.ip_address();
  texts[kCountry] = country_code(listing.country());
  texts[kPlatform] = listing.platform();
  texts[kNetwork] = listing.network();
  texts[kPaymentsNetwork] = listing.payments_network();
  texts[kResources] = listing.resources_json();
  texts[kPricing] = listing.pricing_json();
  texts[kCreatedAt] = {created_at, kSqlTimeLength};
  texts[kUpdatedAt] = {updated_at, kSqlTimeLength};
  Writing& writing = proof == nullptr ? unproven_ : proven_;
  bind_row(writing.update, texts, proof);
  auto updated = database_.run(writing.update, "write");
  if (!updated || database_.changed_rows() > 0) return updated;
  bind_row(writing.upsert, texts, proof);
  return database_.run(writing.upsert, "write");
}

Status SqliteStore::remove(std::string_view provider_id) {
  remove_.bind(1, provider_id);
  if (auto removed = database_.run(remove_, "remove"); !removed) return removed;
  if (database_.changed_rows() > 0) return {};
  // Other programs may have stored ids that only look like this text: bytes.
  remove_bytes_.bind(1, provider_id);
  return database_.run(remove_bytes_, "remove");
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path) {
  if (path == kInMemory) return SqliteStore::open(path, nullptr);
  // SQLite reads some relative paths as something else, such as `file:…`.
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error);
  if (error) return fail(Code::internal, "cannot find " + path + ": " + error.message());
  if (auto made = make_parent_directories(absolute); !made) return made.error();
  auto acquired = FileLock::acquire(absolute);
  if (!acquired) return std::move(acquired).error();
  const auto lock = std::make_shared<const FileLock>(*std::move(acquired));
  auto opened = SqliteStore::open(absolute, lock);
  if (opened) return opened;
  // What another program is about to write is better waited for, by a start anew.
  const Code code = opened.error().code;
  if (code != Code::full && code != Code::unavailable) return opened;
  return open_for_reading(absolute, lock, opened.error(), &SqliteStore::open);
}

}  // namespace discovery

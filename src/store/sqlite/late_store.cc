#include "store/sqlite/late_store.h"

#include <sys/stat.h>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "store/sqlite/change_log.h"
#include "store/sqlite/database.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/side_tables.h"
#include "store/sqlite/sqlite_reader.h"
#include "store/sqlite/stored_row.h"

namespace discovery {
namespace {

constexpr std::chrono::seconds kBetweenTries{1};

bool has_log(const std::string& path) {
  struct stat found {};
  return ::stat((path + "-wal").c_str(), &found) == 0 && found.st_size > 0;
}

/// SQLite wants to write even where it reads: an index of the write-ahead log. Without a place for
/// one there are two other ways.
Result<Database> open_readable(const std::string& path) {
  using Access = Database::Access;
  Result<Database> database = fail(Code::unavailable, path);
  for (const Access access : {Access::read_only, Access::unchanging, Access::alone}) {
    if (access == Access::unchanging && has_log(path)) continue;
    database = Database::open(path, access);
    if (!database) continue;
    const auto readable = database->query("SELECT count(*) FROM advertisements LIMIT 1");
    if (readable) return database;
    database = readable.error();
  }
  return database;
}

/// Opens its connection when it is first asked, and can have one.
class LateReader final : public StoreReader {
 public:
  explicit LateReader(std::string path) : path_(std::move(path)) {}

  Result<std::optional<Proof>> proof(std::string_view provider_id) override {
    if (auto opened = open(); !opened) return opened.error();
    return reader_->proof(provider_id);
  }
  Result<std::optional<History>> history(std::string_view provider_id) override {
    if (auto opened = open(); !opened) return opened.error();
    return reader_->history(provider_id);
  }
  Result<std::optional<RefusalNote>> refusal(std::string_view provider_id) override {
    if (auto opened = open(); !opened) return opened.error();
    return reader_->refusal(provider_id);
  }

 private:
  Status open() {
    if (reader_) return {};
    auto opened = read_file(path_);
    if (!opened) return opened.error();
    reader_ = *std::move(opened);
    return {};
  }

  const std::string path_;
  std::unique_ptr<StoreReader> reader_;
};

class LateStore final : public Store {
 public:
  LateStore(std::string path, FileLock lock, Error why, OpenForWriting open, Database readable)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        why_(std::move(why)),
        open_(std::move(open)),
        readable_(std::move(readable)) {}

  Status load(const RowSink& sink) override;
  Status load_pins(const PinSink& sink) override { return SideTables(*readable_).load_pins(sink); }
  Result<std::vector<Run>> load_runs() override { return SideTables(*readable_).load_runs(); }
  Result<ChangeLogState> open_epoch(uint64_t number) override;

  Status apply(std::span<const Change> changes) override {
    if (auto opened = try_to_open(); !opened) return opened;
    return store_->apply(changes);
  }
  Status check() override {
    if (auto opened = try_to_open(); !opened) return opened;
    return store_->check();
  }
  Status keep(const Upkeep& upkeep) override {
    if (auto opened = try_to_open(); !opened) return opened;
    return store_->keep(upkeep);
  }
  Result<std::optional<History>> history(std::string_view provider_id) override {
    if (auto opened = try_to_open(); !opened) return opened.error();
    return store_->history(provider_id);
  }
  Result<std::unique_ptr<StoreReader>> open_reader() override {
    return std::unique_ptr<StoreReader>(std::make_unique<LateReader>(path_));
  }
  std::string description() const override { return "sqlite " + path_ + ", for reading alone"; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  Status try_to_open();

  const std::string path_;
  FileLock lock_;  // first, so that it outlives every connection
  Error why_;
  const OpenForWriting open_;
  std::optional<Database> readable_;  // until everything is loaded
  std::vector<Epoch> epochs_;         // as they were loaded
  uint64_t epoch_ = 0;                // that is to be begun
  SteadyTime next_try_{};
  std::unique_ptr<Store> store_;
};

Status LateStore::load(const RowSink& sink) {
  auto statement = readable_->prepare(select_rows(kProofText));
  if (!statement) return statement.error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) sink(row_of(*statement));
  return step == Statement::Step::failed ? Status(readable_->error("load")) : Status();
}

Result<ChangeLogState> LateStore::open_epoch(uint64_t number) {
  auto state = ChangeLog::read(*readable_);
  if (!state) return state;
  readable_.reset();
  epochs_ = state->epochs;
  epoch_ = number;
  state->epochs.push_back({number, state->revision});
  return state;
}

Status LateStore::try_to_open() {
  if (store_) return {};
  const SteadyTime now = std::chrono::steady_clock::now();
  if (readable_ || now < next_try_) return why_;
  next_try_ = now + kBetweenTries;
  auto opened = open_(path_, lock_);
  if (!opened) return why_ = opened.error();
  auto state = (*opened)->open_epoch(epoch_);
  if (!state) return why_ = state.error();
  state->epochs.pop_back();
  if (state->epochs != epochs_) {
    next_try_ = SteadyTime::max();
    return why_ = fail(Code::unavailable,
                       path_ + ": another program has written it meanwhile; a restart loads that");
  }
  store_ = *std::move(opened);
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_for_reading(const std::string& path, FileLock lock, Error why,
                                                OpenForWriting open) {
  auto readable = open_readable(path);
  if (!readable) return why;
  return std::unique_ptr<Store>(std::make_unique<LateStore>(path, std::move(lock), std::move(why),
                                                            std::move(open), *std::move(readable)));
}

}  // namespace discovery

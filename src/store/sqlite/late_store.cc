#include "store/sqlite/late_store.h"

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdint>
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

/// Of a file and its log: whether a program has written them in between.
struct Fingerprint {
  struct File {
    ino_t number = 0;
    off_t size = 0;
    int64_t changed = 0;  // in nanoseconds
    bool operator==(const File&) const = default;
  };
  File database;
  File log;
  bool operator==(const Fingerprint&) const = default;
};

/// Empty where it is not there, or holds nothing.
Fingerprint::File file_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || found.st_size == 0) return {};
  return {found.st_ino, found.st_size,
          int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

Fingerprint fingerprint_of(const std::string& path) {
  return {file_at(path), file_at(path + "-wal")};
}

/// Whether all that a start reads is there.
Status has_tables(Database& database) {
  if (auto rows = database.prepare(select_rows(kProofText)); !rows) return rows.error();
  for (const char* table :
       {"provider_pins", "board_runs", "board_changes", "board_epochs", "board_others"}) {
    const auto found = database.query("SELECT 1 FROM " + std::string(table) + " LIMIT 1");
    if (!found && found.error().code != Code::invalid) return found.error();
  }
  const auto readable = database.query("SELECT count(*) FROM advertisements LIMIT 1");
  return readable ? Status() : readable.error();
}

/// SQLite wants to write even where it reads: an index of the write-ahead log. Without a place for
/// one there are two other ways, where no other program is at work.
Result<Database> open_readable(const std::string& path) {
  using Access = Database::Access;
  const bool has_log = file_at(path + "-wal") != Fingerprint::File();
  const bool has_journal = file_at(path + "-journal") != Fingerprint::File();
  auto database = Database::open(path, Access::read_only);
  Status readable = database ? has_tables(*database) : database.error();
  if (!readable && may_pass(readable.error().code) && readable.error().code != Code::busy &&
      !has_journal) {
    database = Database::open(path, has_log ? Access::exclusive : Access::unchanging);
    readable = database ? has_tables(*database) : database.error();
  }
  if (!readable) return readable.error();
  return database;
}

/// Opens its connection when it is asked. Until the store is open for writing it keeps none: SQLite
/// shares what it knows of a file among all connections of a process, and that the file's index can
/// only be read as well.
class LateReader final : public StoreReader {
 public:
  LateReader(std::string path, std::shared_ptr<const std::atomic<bool>> is_open)
      : path_(std::move(path)), is_open_(std::move(is_open)) {}

  Result<std::optional<Proof>> proof(std::string_view provider_id) override {
    return ask([&](StoreReader& reader) { return reader.proof(provider_id); });
  }
  Result<std::optional<History>> history(std::string_view provider_id) override {
    return ask([&](StoreReader& reader) { return reader.history(provider_id); });
  }
  Result<std::optional<RefusalNote>> refusal(std::string_view provider_id) override {
    return ask([&](StoreReader& reader) { return reader.refusal(provider_id); });
  }

 private:
  template <class Question>
  auto ask(Question question) -> decltype(question(std::declval<StoreReader&>())) {
    if (reader_) return question(*reader_);
    const bool keeps = *is_open_;
    auto opened = read_file(path_);
    if (!opened) return opened.error();
    auto answer = question(**opened);
    if (keeps) reader_ = *std::move(opened);
    return answer;
  }

  const std::string path_;
  const std::shared_ptr<const std::atomic<bool>> is_open_;
  std::unique_ptr<StoreReader> reader_;
};

class LateStore final : public Store {
 public:
  LateStore(std::string path, std::shared_ptr<const FileLock> lock, Error why, OpenForWriting open,
            const Fingerprint& shown, Database readable)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        why_(std::move(why)),
        open_(std::move(open)),
        shown_(shown),
        readable_(std::move(readable)) {}

  Status load(const RowSink& sink) override;
  Status load_pins(const PinSink& sink) override;
  Result<std::vector<Run>> load_runs() override { return SideTables(*readable_).load_runs(); }
  Result<ChangeLogState> open_epoch(uint64_t number) override;

  Status apply(std::span<const Change> changes) override {
    if (auto opened = try_to_open(); !opened) return opened;
    return store_->apply(changes);
  }
  std::optional<size_t> refused() const override {
    return store_ ? store_->refused() : std::nullopt;
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
    return std::unique_ptr<StoreReader>(std::make_unique<LateReader>(path_, is_open_));
  }
  std::string description() const override { return "sqlite " + path_ + ", for reading alone"; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  Status try_to_open();
  Status give_up(Error why);
  Error changed() const;

  const std::string path_;
  const std::shared_ptr<const FileLock> lock_;  // first, so that it outlives every connection
  Error why_;                                   // it takes no writes
  const OpenForWriting open_;
  Fingerprint shown_;                 // of what was loaded
  std::optional<Database> readable_;  // until everything is
  uint64_t epoch_ = 0;                // that is to be begun
  SteadyTime next_try_{};
  std::unique_ptr<Store> store_;
  const std::shared_ptr<std::atomic<bool>> is_open_ = std::make_shared<std::atomic<bool>>(false);
};

Status LateStore::load(const RowSink& sink) {
  auto statement = readable_->prepare(select_rows(kProofText));
  if (!statement) return statement.error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) sink(row_of(*statement));
  return step == Statement::Step::failed ? Status(readable_->error("load")) : Status();
}

// As SqliteStore has it: another might speak for a provider whose pin is lost.
Status LateStore::load_pins(const PinSink& sink) {
  Status loaded = SideTables(*readable_).load_pins(sink);
  if (loaded || loaded.error().code != Code::invalid) return loaded;
  static_cast<void>(give_up(fail(Code::unavailable, loaded.error().message)));
  return {};
}

Result<ChangeLogState> LateStore::open_epoch(uint64_t number) {
  auto state = ChangeLog::read(*readable_);
  if (!state) return state;
  if (fingerprint_of(path_) != shown_) static_cast<void>(give_up(changed()));
  readable_.reset();
  shown_ = fingerprint_of(path_);  // closing may copy the log back
  epoch_ = number;
  state->epochs.push_back({number, state->revision});
  return state;
}

Status LateStore::give_up(Error why) {
  next_try_ = SteadyTime::max();
  return why_ = std::move(why);
}

Error LateStore::changed() const {
  return fail(Code::unavailable,
              path_ + ": another program has written it meanwhile; a restart loads that");
}

Status LateStore::try_to_open() {
  if (store_) return {};
  const SteadyTime now = std::chrono::steady_clock::now();
  if (readable_ || now < next_try_) return why_;
  next_try_ = now + kBetweenTries;
  if (auto in_place = lock_->check(path_); !in_place) return why_ = in_place.error();
  if (fingerprint_of(path_) != shown_) return give_up(changed());
  auto opened = open_(path_, lock_);
  if (!opened) {
    shown_ = fingerprint_of(path_);  // what the try has left behind
    return why_ = opened.error();
  }
  if (auto state = (*opened)->open_epoch(epoch_); !state) return give_up(state.error());
  store_ = *std::move(opened);
  *is_open_ = true;
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_for_reading(const std::string& path,
                                                std::shared_ptr<const FileLock> lock, Error why,
                                                OpenForWriting open) {
  const Fingerprint shown = fingerprint_of(path);
  auto readable = open_readable(path);
  if (!readable) return why;
  return std::unique_ptr<Store>(std::make_unique<LateStore>(
      path, std::move(lock), std::move(why), std::move(open), shown, *std::move(readable)));
}

}  // namespace discovery

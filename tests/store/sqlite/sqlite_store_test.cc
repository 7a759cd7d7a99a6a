// The SQLite store as such: the contract, faults of the disk, its lock and its files. What it makes
// of files that others wrote is in sqlite_schema_test.cc.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/limits.h"
#include "store/sqlite/database.h"
#include "tests/support/faulty_files.h"
#include "tests/support/store_contract.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_log_contract.h"
#include "tests/support/store_rows.h"

namespace discovery {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Fault = FaultyFiles::Fault;
using Kind = FaultyFiles::Kind;

struct SqliteFactory {
  SqliteFactory() { FaultyFiles::install(); }
  Store& open() {
    store.reset();
    store = open_or_fail(directory.file("discovery.db"));
    return *store;
  }
  void fail_next_commit() { FaultyFiles::fail_next(Kind::log, Fault::sync_fails, 1); }

  TemporaryDirectory directory;
  std::unique_ptr<Store> store;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreContract, SqliteFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreLogContract, SqliteFactory);

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() { FaultyFiles::install(); }
  ~SqliteStoreTest() override { FaultyFiles::heal(); }

  std::unique_ptr<Store> open() { return open_or_fail(path_); }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("discovery.db");
};

struct DiskFault {
  Fault fault;
  Code code;
  const char* words;
};

class DiskFaultTest : public SqliteStoreTest, public testing::WithParamInterface<DiskFault> {};
INSTANTIATE_TEST_SUITE_P(
    Sqlite, DiskFaultTest,
    testing::Values(DiskFault{Fault::write_fails, Code::unavailable, "disk I/O"},
                    DiskFault{Fault::disk_full, Code::full, "full"},
                    DiskFault{Fault::sync_fails, Code::unavailable, "disk I/O"}));

TEST_P(DiskFaultTest, IsReportedAndSurvivedWithNothingLost) {
  {
    const auto store = open();
    must_apply(*store, {put(bare_advertisement("before"))});
    FaultyFiles::fail_next(Kind::log, GetParam().fault, 3);
    std::vector<Change> many;
    for (int i = 0; i < 300; ++i)
      many.push_back(put(bare_advertisement("lost" + std::to_string(i))));
    for (int i = 0; i < 3; ++i) {
      const auto status = store->apply(many);
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, GetParam().code);
      EXPECT_THAT(status.error().message, HasSubstr(path_));
      EXPECT_THAT(status.error().message, HasSubstr(GetParam().words));
    }
    must_apply(*store, {put(bare_advertisement("after")), removal("nobody")});
    EXPECT_EQ(rows_of(*store).size(), 2u);
  }
  const auto rows = rows_of(*open());
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.count("before") + rows.count("after"), 2u);
}

/// An advertisement and a proof as large as any.
Change largest_put(const std::string& id) {
  auto advertisement = full_advertisement(id);
  advertisement.resources_json.assign(kResourcesBytesMax, 'x');
  advertisement.pricing_json.assign(kPricingBytesMax, 'x');
  auto change = signed_put(advertisement, 1);
  auto proof = *change.proof;
  proof.body = std::string(limits::kBodyBytes, 'x');
  change.proof = std::make_shared<const Proof>(proof);
  change.history = history_of(id, kPosted);
  change.pin_ms = 1;
  return change;
}

TEST_F(SqliteStoreTest, TheLogsErrnoSaysNothingOfFaultsOtherThanWritesAndSyncs) {
  must_apply(*open(), {put(bare_advertisement("a"))});
  auto database = Database::open(path_, Database::Access::read_write).value();
  FaultyFiles::say_errno(ENOSPC);  // of a write long ago
  for (const Fault fault : {Fault::write_fails, Fault::sync_fails, Fault::read_fails}) {
    const bool reads = fault == Fault::read_fails;
    ASSERT_TRUE(database.execute("SELECT * FROM advertisements; PRAGMA shrink_memory"));
    FaultyFiles::fail_next(reads ? Kind::database : Kind::log, fault, 1);
    const Status failed =
        database.execute(reads ? "SELECT * FROM advertisements" : "DELETE FROM advertisements");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, reads ? Code::unavailable : Code::full);
  }
}

TEST_F(SqliteStoreTest, AProbeNeedsMoreRoomThanAnyPost) {
  const auto store = open();
  const auto bytes_for = [&](const std::vector<Change>& changes) {
    const auto before = fs::file_size(path_ + "-wal");
    must_apply(*store, changes);
    return fs::file_size(path_ + "-wal") - before;
  };
  must_apply(*store, {put(bare_advertisement("a"))});
  const auto first = bytes_for({largest_put("b")});
  const auto probe = bytes_for({});
  EXPECT_GT(probe, first);
  EXPECT_GT(probe, bytes_for({largest_put("b")}));
  EXPECT_LT(probe, 100'000u);
}

TEST_F(SqliteStoreTest, AProbeFailsAsLongAsThereIsNoRoomForAnyPost) {
  const auto store = open();
  must_apply(*store, {put(bare_advertisement("a"))});
  FaultyFiles::limit(Kind::log, static_cast<int64_t>(fs::file_size(path_ + "-wal")) + 40'000);
  for (int i = 0; i < 3; ++i) {
    const auto probed = store->apply({});
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().code, Code::full);
    must_apply(*store, {put(bare_advertisement("a"))});
  }
  FaultyFiles::heal();
  must_apply(*store, {});
  EXPECT_EQ(OtherProgram(path_).run("SELECT count(*) FROM board_probe"), "0\n");
  EXPECT_EQ(rows_of(*store).size(), 1u);
}

/// Writes until the log has started over: its header counts how often. Returns the bytes it took.
size_t write_until_log_restarts(Store& store, const std::string& path) {
  const auto restarts = [&] {
    char header[16] = {};
    std::ifstream(path + "-wal", std::ios::binary).read(header, sizeof header);
    return std::string(header + 12, 4);
  };
  auto advertisement = full_advertisement("a");
  advertisement.pricing_json = "{\"note\":\"" + std::string(1500, 'x') + "\"}";
  size_t bytes = 0;
  std::vector<Change> changes;
  for (int i = 0; i < 256; ++i) {
    advertisement.provider_id = "p" + std::to_string(i);
    changes.push_back(put(advertisement));
  }
  must_apply(store, changes);
  const auto before = restarts();
  while (restarts() == before && bytes < 300'000'000 && !testing::Test::HasFailure()) {
    for (auto& change : changes) {
      const auto updated = change.listing->updated() + Duration(1);
      advertisement.provider_id = change.listing->provider_id();
      change = put(advertisement, kPosted, updated);
    }
    must_apply(store, changes);
    bytes += changes.size() * 2048;  // one page each
  }
  return bytes;
}

TEST_F(SqliteStoreTest, TheLogStartsOverWhileWritesGoOn) {
  const auto store = open();
  // Without the thread it takes the 256 MiB that make the writer do it alone.
  EXPECT_LT(write_until_log_restarts(*store, path_), 200'000'000u);
}

// A round of a large one copies a little at a time; here each pass would copy the same few pages.
TEST_F(SqliteStoreTest, ASmallDatabaseIsCopiedSeldom) {
  const auto store = open();
  auto advertisement = full_advertisement("a");
  advertisement.pricing_json = "{\"note\":\"" + std::string(1500, 'x') + "\"}";
  const int before = FaultyFiles::database_syncs();
  for (int round = 0; round < 512; ++round) {
    std::vector<Change> changes;
    for (int i = 0; i < 16; ++i) {  // a page each: 16 MiB in all
      advertisement.provider_id = "p" + std::to_string(i);
      changes.push_back(put(advertisement, kPosted, kPosted + Duration(round)));
    }
    must_apply(*store, changes);
  }
  EXPECT_LT(FaultyFiles::database_syncs() - before, 60);
}

TEST_F(SqliteStoreTest, AReaderKeepsNothingOpenThatTheLogWouldWaitFor) {
  const auto store = open();
  auto departure = signed_put(bare_advertisement("a"), 1);
  departure.history = history_of("a", kPosted);
  must_apply(*store, {departure});
  const auto reader = reader_of(*store);
  EXPECT_TRUE(must_find(reader->proof("a")) && must_find(reader->history("a")));
  EXPECT_FALSE(must_find(reader->refusal("a")));
  EXPECT_LT(write_until_log_restarts(*store, path_), 200'000'000u);
}

TEST_F(SqliteStoreTest, ADatabaseThatCannotBeCopiedToForAWhileStopsNothing) {
  const auto store = open();
  FaultyFiles::fail_next(Kind::database, Fault::write_fails, 20);
  EXPECT_LT(write_until_log_restarts(*store, path_), 300'000'000u);
}

TEST_F(SqliteStoreTest, ALogThatCannotBeCopiedStopsWritesBeforeItFillsTheDisk) {
  const auto store = open();
  FaultyFiles::fail_next(Kind::database, Fault::write_fails, 1'000'000);
  auto advertisement = full_advertisement("a");
  advertisement.pricing_json = "{\"note\":\"" + std::string(1500, 'x') + "\"}";
  Status status;
  for (int round = 0; status && round < 300; ++round) {
    std::vector<Change> changes;
    for (int i = 0; i < 1024; ++i) {
      advertisement.provider_id = "p" + std::to_string(i);
      changes.push_back(put(advertisement, kPosted, kPosted + Duration(round)));
    }
    status = store->apply(changes);
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::unavailable);
  EXPECT_THAT(status.error().message, HasSubstr("checkpoint"));
  EXPECT_LT(fs::file_size(path_ + "-wal"), 300'000'000u);

  FaultyFiles::heal();
  must_apply(*store, {put(bare_advertisement("after"))});
}

TEST_F(SqliteStoreTest, AReaderElsewhereDoesNotStopWrites) {
  const auto store = open();
  must_apply(*store, {put(bare_advertisement("a"))});
  OtherProgram reader(path_);
  EXPECT_EQ(reader.run("BEGIN; SELECT count(*) FROM advertisements"), "1\n");
  must_apply(*store, {put(bare_advertisement("b"))});
  EXPECT_EQ(reader.run("SELECT count(*) FROM advertisements"), "1\n");
  EXPECT_EQ(reader.run("COMMIT; SELECT count(*) FROM advertisements"), "2\n");
}

TEST_F(SqliteStoreTest, AWriterElsewhereMakesItBusyUntilDone) {
  const auto store = open();
  OtherProgram writer(path_);
  writer.run("BEGIN IMMEDIATE");
  const std::vector<Change> changes{put(bare_advertisement("a"))};
  const auto status = store->apply(changes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::busy);
  EXPECT_THAT(status.error().message, HasSubstr("locked"));
  writer.run("COMMIT");
  must_apply(*store, changes);
}

TEST_F(SqliteStoreTest, ASecondServerIsRefusedAndNamesThePath) {
  {
    const auto store = open();
    const auto second = open_sqlite(path_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::conflict);
    EXPECT_EQ(second.error().message, "another server is using the database " + path_);
  }
  EXPECT_TRUE(open_sqlite(path_));
}

TEST_F(SqliteStoreTest, LeavesOneWholeFileBehind) {
  must_apply(*open(), {put(bare_advertisement("a"))});
  EXPECT_FALSE(fs::exists(path_ + "-wal"));
  EXPECT_FALSE(fs::exists(path_ + "-shm"));
  fs::copy(path_, directory_.file("copy.db"));
  EXPECT_EQ(rows_of(*open_or_fail(directory_.file("copy.db"))).size(), 1u);
}

TEST_F(SqliteStoreTest, MakesPrivateDirectoriesAndAPrivateFile) {
  const auto path = directory_.file("deep/er/discovery.db");
  EXPECT_EQ(open_or_fail(path)->description(), "sqlite " + path);
  const auto mode = [](const std::string& name) {
    struct stat found {};
    EXPECT_EQ(::stat(name.c_str(), &found), 0);
    return found.st_mode & 0777;
  };
  EXPECT_EQ(mode(directory_.file("deep/er")), 0700u);
  EXPECT_EQ(mode(path), 0600u);
}

TEST_F(SqliteStoreTest, SaysWhyAFileCannotBeOpened) {
  std::ofstream(directory_.file("file")) << "text";
  const auto below_a_file = open_sqlite(directory_.file("file/discovery.db"));
  ASSERT_FALSE(below_a_file);
  EXPECT_EQ(below_a_file.error().message,
            "cannot open " + directory_.file("file/discovery.db") + ": Not a directory");

  const auto nowhere = open_sqlite("/proc/nowhere/discovery.db");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().message,
            "cannot create directory /proc/nowhere: No such file or directory");

  const auto directory = open_sqlite(fs::path(path_).parent_path());
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().message, HasSubstr("Is a directory"));
}

TEST_F(SqliteStoreTest, InMemoryDatabasesAreApartFromEachOther) {
  const auto one = open_or_fail(":memory:");
  const auto other = open_or_fail(":memory:");
  must_apply(*one, {put(full_advertisement("a")), put(bare_advertisement("b")), removal("b")});
  EXPECT_EQ(rows_of(*one).size(), 1u);
  EXPECT_TRUE(rows_of(*other).empty());
  EXPECT_EQ(one->description(), "sqlite :memory:");
}

/// The child: applies batch after batch and reports each that was acknowledged, until it is killed.
[[noreturn]] void write_forever(const std::string& path, int round, int report) {
  auto store = open_sqlite(path);
  for (int number = 0; store; ++number) {
    const std::string id = std::to_string(round) + "-" + std::to_string(number);
    const std::vector<Change> batch{put(full_advertisement(id + "-a")),
                                    put(full_advertisement(id + "-b"))};
    if (!(*store)->apply(batch)) break;
    if (::write(report, &number, sizeof number) != sizeof number) break;
  }
  ::_exit(1);
}

TEST_F(SqliteStoreTest, AKilledProcessHasLostNothingItAcknowledgedAndTornNothing) {
  constexpr int kRounds = 5;
  std::vector<int> acknowledged(kRounds, -1);
  for (int round = 0; round < kRounds; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) write_forever(path_, round, pipe[1]);
    ::close(pipe[1]);
    int number = 0;
    while (::read(pipe[0], &number, sizeof number) == sizeof number) {
      acknowledged[static_cast<size_t>(round)] = number;
      if (number == 40 * (round + 1)) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int ended = 0;
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    ASSERT_TRUE(WIFSIGNALED(ended));
  }
  const auto rows = rows_of(*open());
  for (int round = 0; round < kRounds; ++round) {
    for (int number = 0; number <= acknowledged[static_cast<size_t>(round)]; ++number) {
      EXPECT_EQ(rows.count(std::to_string(round) + "-" + std::to_string(number) + "-a"), 1u);
    }
  }
  for (const auto& [id, row] : rows) {
    const auto other = id.substr(0, id.size() - 1) + (id.back() == 'a' ? "b" : "a");
    EXPECT_EQ(rows.count(other), 1u) << id << " is there without " << other;
  }
}

}  // namespace
}  // namespace discovery

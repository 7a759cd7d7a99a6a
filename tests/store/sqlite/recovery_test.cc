// That a recovery neither alters nor loses a damaged file, and what it leaves alone.
#include "store/recovery.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "store/sqlite/recovery_files.h"
#include "tests/support/recovery_fixture.h"

namespace discovery {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class Recovery : public RecoveryTest {};

TEST_F(Recovery, AWholeFileStaysAsItIs) {
  fill(50);
  const std::string bytes = bytes_of(path_);
  const RecoveryReport report = recover();
  EXPECT_EQ(report.damaged_file, "");
  EXPECT_EQ(to_text(report), path_ + " is whole: there is nothing to recover\n");
  EXPECT_TRUE(bytes_of(path_) == bytes);
  EXPECT_THAT(files(), ElementsAre("discovery.db"));
}

/// A board that was killed: what was posted last is in its log alone.
class KilledBoard : public Recovery {
 protected:
  KilledBoard() {
    fill(300);
    const std::string live = beside("live.db");
    fs::rename(path_, live);
    {
      const auto store = open_or_fail(live);
      must_apply(*store, {put(bare_advertisement("newest"))});
      for (const char* suffix : {"", "-wal"}) fs::copy_file(live + suffix, path_ + suffix);
    }
    fs::remove(live);
    log_ = bytes_of(path_ + "-wal");
  }

  bool has_newest() { return rows_of(*open_or_fail(path_)).contains("newest"); }

  std::string log_;
};

TEST_F(KilledBoard, IsReadWithItsLogWhichGoesWithIt) {
  damage_page_of("the signature is not of this");
  write_bytes(path_ + "-shm", "stale");
  const std::string bytes = bytes_of(path_);
  const std::string aside = recover().damaged_file;
  EXPECT_TRUE(bytes_of(aside) == bytes);
  EXPECT_TRUE(bytes_of(aside + "-wal") == log_);
  EXPECT_EQ(bytes_of(aside + "-shm"), "stale");
  EXPECT_EQ(files().size(), 4U);
  EXPECT_EQ(count("advertisements"), "301\n");
  EXPECT_TRUE(has_newest());
}

TEST_F(KilledBoard, ThatIsWholeKeepsItsLog) {
  EXPECT_EQ(recover().damaged_file, "");
  EXPECT_TRUE(bytes_of(path_ + "-wal") == log_);
  EXPECT_TRUE(has_newest());
}

// SQLite removes a log beside an empty file.
TEST_F(KilledBoard, WhoseFileIsEmptyLosesNoLog) {
  write_bytes(path_, "");
  const RecoveryReport report = recover();
  ASSERT_NE(report.damaged_file, "");
  EXPECT_EQ(bytes_of(report.damaged_file), "");
  EXPECT_TRUE(bytes_of(report.damaged_file + "-wal") == log_);
  EXPECT_TRUE(rows_of(*open_or_fail(path_)).empty());
}

TEST_F(KilledBoard, WhoseLogIsDamagedIsReadWithoutIt) {
  damage_page_of("the signature is not of this");
  write_bytes(path_ + "-wal", std::string(log_.size(), '\xee'));
  recover();
  EXPECT_EQ(count("advertisements"), "300\n");
}

// Power loss may leave the log beside the copy that has taken the damaged file's place.
TEST_F(KilledBoard, ItsLogChangesNothingInACopyThatHasIt) {
  const std::string copy = beside("copy.db");
  ASSERT_TRUE(copy_database(path_, copy));
  OtherProgram(copy).run("PRAGMA wal_checkpoint(TRUNCATE)");
  fs::rename(copy, path_);
  EXPECT_TRUE(has_newest());
  EXPECT_EQ(count("advertisements"), "301\n");
  EXPECT_EQ(OtherProgram(path_).run("PRAGMA integrity_check"), "ok\n");
}

TEST_F(Recovery, ARollbackJournalIsReadAndGoesWithItsFile) {
  fill(300);
  const std::string live = beside("live.db");
  fs::rename(path_, live);
  {
    OtherProgram program(live);
    program.run("PRAGMA journal_mode = DELETE");
    program.run("PRAGMA cache_size = 2; BEGIN; UPDATE advertisements SET platform = 'undone'");
    for (const char* suffix : {"", "-journal"}) fs::copy_file(live + suffix, path_ + suffix);
  }
  fs::remove(live);
  damage_page_of("the signature is not of this");
  const std::string bytes = bytes_of(path_);
  const std::string journal = bytes_of(path_ + "-journal");
  EXPECT_NE(bytes.find("undone"), std::string::npos);
  const std::string aside = recover().damaged_file;
  EXPECT_TRUE(bytes_of(aside) == bytes);
  EXPECT_TRUE(bytes_of(aside + "-journal") == journal);
  EXPECT_EQ(files().size(), 3U);
  EXPECT_EQ(count("advertisements"), "300\n");
  EXPECT_EQ(count("advertisements WHERE platform = 'undone'"), "0\n");
}

TEST_F(Recovery, NothingIsOverwritten) {
  fill(30);
  const auto damage_and_recover = [&] {
    damage_root("provider_history");
    return fs::path(recover().damaged_file).filename().string();
  };
  write_bytes(beside(kSetAside) + "-wal", "of an earlier one");
  EXPECT_EQ(damage_and_recover(), kSetAside + std::string("-2"));
  EXPECT_EQ(damage_and_recover(), kSetAside + std::string("-3"));
  EXPECT_EQ(bytes_of(beside(kSetAside) + "-wal"), "of an earlier one");
}

TEST_F(Recovery, WhatAnInterruptedOneLeftIsReplaced) {
  fill(30);
  damage_root("provider_history");
  for (const char* name :
       {"discovery.db.recovering", "discovery.db.recovering-wal", "discovery.db.recovering-copy",
        "discovery.db.recovering-copy-journal"}) {
    write_bytes(beside(name), std::string(5'000, 'x'));
  }
  EXPECT_EQ(recover().tables.front().rows, 30u);
  EXPECT_THAT(files(), UnorderedElementsAre("discovery.db", kSetAside));
}

TEST_F(Recovery, TheNewFileHasTheRightsAndTheOwnerOfTheOldOne) {
  fill(30);
  damage_root("provider_history");
  fs::permissions(path_, fs::perms(0640));
  const uid_t owner = ::geteuid() == 0 ? 12'345 : ::geteuid();
  ASSERT_EQ(::chown(path_.c_str(), owner, ::getegid()), 0);
  recover();
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0640U);
  EXPECT_EQ(found.st_uid, owner);
}

TEST_F(Recovery, ASymbolicLinkStaysOne) {
  fill(30);
  damage_root("provider_history");
  fs::create_directory(beside("elsewhere"));
  fs::rename(path_, beside("elsewhere/board.db"));
  fs::create_symlink("elsewhere/board.db", path_);
  EXPECT_THAT(recover().damaged_file, HasSubstr("/elsewhere/board.db.damaged-"));
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(count("advertisements"), "30\n");
}

TEST_F(Recovery, AMissingFileIsNotMade) {
  EXPECT_EQ(error().code, Code::not_found);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(recover_sqlite(beside("no/such/discovery.db"), kRecovered).error().code,
            Code::not_found);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(recover_sqlite(beside(""), kRecovered).error().code, Code::not_found);
  EXPECT_EQ(recover_sqlite(":memory:", kRecovered).error().code, Code::invalid);
}

TEST_F(Recovery, AFileInUseIsLeftAlone) {
  {
    const auto store = open_or_fail(path_);
    EXPECT_EQ(error().code, Code::conflict);
    EXPECT_THAT(error().message, HasSubstr("another server is using the database " + path_));
  }
  fill(30);
  damage_root("provider_history");
  const std::string bytes = bytes_of(path_);
  OtherProgram program(path_);
  program.run("BEGIN; SELECT count(*) FROM advertisements");
  const Error refused = error();
  EXPECT_EQ(refused.code, Code::conflict);
  EXPECT_EQ(refused.message, "another program is using the database " + path_);
  program.run("COMMIT");
  EXPECT_TRUE(bytes_of(path_) == bytes);
}

TEST_F(Recovery, AWholeDatabaseOfAnotherProgramIsLeftAlone) {
  OtherProgram(path_).run("CREATE TABLE advertisements (name TEXT)");
  const std::string bytes = bytes_of(path_);
  EXPECT_EQ(error().code, Code::invalid);
  EXPECT_EQ(error().message,
            path_ +
                " is not damaged, but no database of this server: the table advertisements has no "
                "column provider_id");
  EXPECT_TRUE(bytes_of(path_) == bytes);
  EXPECT_THAT(files(), ElementsAre("discovery.db"));
}

TEST_F(Recovery, AFileOfANewerVersionIsLeftAlone) {
  fill(3);
  OtherProgram(path_).run("PRAGMA user_version = 99");
  const std::string bytes = bytes_of(path_);
  EXPECT_EQ(error().message, path_ + " is not damaged, but made by a newer version of this server");
  EXPECT_TRUE(bytes_of(path_) == bytes);
}

}  // namespace
}  // namespace discovery

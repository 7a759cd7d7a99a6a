// What the SQLite store keeps besides the advertisements themselves: proofs that other programs may
// have written past, and tables that must not grow without bound.
#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "base/limits.h"
#include "store/sqlite/side_tables.h"
#include "store/sqlite/stored_row.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_rows.h"

namespace discovery {
namespace {

class SqliteRecords : public testing::Test {
 protected:
  std::unique_ptr<Store> open() { return open_or_fail(path_); }
  std::string run(const std::string& sql) { return OtherProgram(path_).run(sql); }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("discovery.db");
};

class ChangedColumn : public SqliteRecords, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Sqlite, ChangedColumn,
                         testing::Values("provider_id = 'b'", "provider_name = NULL",
                                         "ip_address = '2001:db8::2'", "country = 'NO'",
                                         "platform = 'arm64'", "network = 'mainnetl2:main'",
                                         "payments_network = NULL", "resources = '{}'",
                                         "pricing = 'null'",
                                         "created_at = '2026-02-19 09:34:30.123457'",
                                         "updated_at = '2026-02-19 09:34:30.123457'"));

TEST_P(ChangedColumn, MakesTheRowUnverifiedAndKeepsItsPin) {
  must_apply(*open(), {signed_put(full_advertisement("a"), 5)});
  run("UPDATE advertisements SET " + std::string(GetParam()));
  const auto store = open();
  const auto rows = rows_of(*store);
  ASSERT_EQ(rows.size(), 1u);
  const auto& [id, row] = *rows.begin();
  EXPECT_FALSE(row.verified);
  EXPECT_EQ(row.proof_ms, 5);
  EXPECT_EQ(pins_of(*store).at(id), 5);
  EXPECT_FALSE(must_find(reader_of(*store)->proof(id)));

  must_apply(*store, {signed_put(full_advertisement(id), 6)});
  EXPECT_TRUE(rows_of(*store).at(id).verified);
}

TEST_F(SqliteRecords, ARowThatAnotherProgramDeletesKeepsItsPin) {
  must_apply(*open(), {signed_put(full_advertisement("a"), 5)});
  must_apply(*open(), {signed_put(full_advertisement("a"), 9)});
  run("DELETE FROM advertisements");
  EXPECT_EQ(pins_of(*open()).begin()->second, 9);
}

// What another program writes stands in no log: a resumed watch would miss it.
TEST_F(SqliteRecords, TheLogEndsWhereAnotherProgramHasWritten) {
  const auto log_after = [&](const std::string& written_by_another) {
    auto change = put(full_advertisement("a"));
    change.revision = 1;
    auto other = put(full_advertisement("b"));
    other.revision = 2;
    auto gone = removal("b");
    gone.revision = 3;
    open().reset();
    run("DELETE FROM board_changes; DELETE FROM advertisements; "
        "UPDATE board_others SET have_written = 0");
    auto before = open();
    EXPECT_TRUE(before->open_epoch(1));
    must_apply(*before, {change, other});
    must_apply(*before, {put(full_advertisement("a")), gone});
    before.reset();
    run(written_by_another);
    const auto marks = open()->open_epoch(2);
    EXPECT_TRUE(marks);
    EXPECT_EQ(marks->revision, 3u);
    EXPECT_EQ(marks->epochs.back(), (Epoch{2, 3}));
    return marks->log.size();
  };
  EXPECT_EQ(log_after("SELECT 1"), 3u);
  EXPECT_EQ(log_after("UPDATE advertisements SET updated_at = created_at"), 0u);
  EXPECT_EQ(log_after("DELETE FROM advertisements"), 0u);
  EXPECT_EQ(log_after("INSERT INTO advertisements (provider_id, ip_address, country, resources, "
                      "created_at, updated_at) VALUES ('c', '', '', '{}', '', '')"),
            0u);
}

// A batch's row goes when none of its changes is among the last that are kept, and no sooner.
TEST_F(SqliteRecords, TheLogLosesWholeBatches) {
  uint64_t revision = 0;
  const auto apply = [&](size_t count) {
    std::vector<Change> changes(count);
    for (Change& change : changes) {
      change.provider_id = "nobody";
      change.revision = ++revision;
    }
    must_apply(*open(), changes);
  };
  const auto first_kept = [&] {
    const auto marks = open()->open_epoch(1);
    return marks && marks->log.size() == limits::kLoggedChanges ? marks->log.front().revision : 0;
  };
  apply(4);
  apply(limits::kLoggedChanges - 1);
  EXPECT_EQ(run("SELECT last FROM board_changes"), "4\n65539\n");
  EXPECT_EQ(first_kept(), 4u);
  apply(1);
  EXPECT_EQ(run("SELECT last FROM board_changes"), "65539\n65540\n");
  EXPECT_EQ(first_kept(), 5u);
}

// That had a row for each change.
TEST_F(SqliteRecords, AnOlderLogIsGivenUpWithItsEpochs) {
  EXPECT_TRUE(open()->open_epoch(1));
  run("DROP TABLE board_changes; "
      "CREATE TABLE board_log (revision INTEGER PRIMARY KEY, provider_id TEXT, departure TEXT); "
      "INSERT INTO board_log VALUES (1, 'a', NULL)");
  const auto marks = open()->open_epoch(2);
  ASSERT_TRUE(marks);
  EXPECT_EQ(marks->epochs, std::vector<Epoch>({{2, 0}}));
  EXPECT_TRUE(marks->log.empty());
  EXPECT_EQ(open()->open_epoch(3)->epochs, std::vector<Epoch>({{2, 0}, {3, 0}}));
}

// That told this server's writes from others' by a column, and counted deletions twice.
TEST_F(SqliteRecords, AnOlderWayToNoticeOthersIsGivenUpWithItsEpochs) {
  EXPECT_TRUE(open()->open_epoch(1));
  run("DROP TRIGGER others_insert; DROP TRIGGER others_update; DROP TRIGGER others_delete; "
      "DROP TABLE board_others; ALTER TABLE advertisements ADD COLUMN mark INTEGER; "
      "CREATE TABLE board_writes (id INTEGER PRIMARY KEY CHECK (id = 1), deleted INTEGER NOT NULL,"
      " deleted_here INTEGER NOT NULL, others INTEGER NOT NULL); "
      "INSERT INTO board_writes VALUES (1, 0, 0, 0); "
      "CREATE TRIGGER note_other_update AFTER UPDATE ON advertisements WHEN new.mark IS old.mark "
      "BEGIN UPDATE board_writes SET others = 1; END");
  EXPECT_EQ(open()->open_epoch(2)->epochs, std::vector<Epoch>({{2, 0}}));
  must_apply(*open(), {put(full_advertisement("a"))});
  EXPECT_EQ(open()->open_epoch(3)->epochs, std::vector<Epoch>({{2, 0}, {3, 0}}));
  run("UPDATE advertisements SET country = 'NO'");
  EXPECT_EQ(open()->open_epoch(4)->epochs, std::vector<Epoch>({{4, 0}}));
}

TEST_F(SqliteRecords, AChangeIsSeenByAReaderThatIsOpen) {
  const auto store = open();
  must_apply(*store, {signed_put(full_advertisement("a"), 5)});
  const auto reader = reader_of(*store);
  EXPECT_TRUE(must_find(reader->proof("a")));
  run("UPDATE advertisements SET platform = 'arm64'");
  EXPECT_FALSE(must_find(reader->proof("a")));
  run("UPDATE advertisements SET platform = 'x86_64'");
  EXPECT_TRUE(must_find(reader->proof("a")));
}

TEST_F(SqliteRecords, AProofNeedsBothItsNumbers) {
  const auto store = open();
  must_apply(*store, {signed_put(full_advertisement("a"), 5)});
  for (const char* lost : {"proof_ms = NULL", "proof_digest = NULL", "proof_ms = 'soon'"}) {
    run("UPDATE advertisements SET " + std::string(lost));
    EXPECT_FALSE(rows_of(*store).at("a").verified);
    must_apply(*store, {signed_put(full_advertisement("a"), 5)});
    EXPECT_TRUE(rows_of(*store).at("a").verified);
  }
}

TEST_F(SqliteRecords, ARowIsVerifiedThoughItsTableAllowsNoNull) {
  run("CREATE TABLE advertisements (provider_id TEXT PRIMARY KEY, ip_address TEXT, country TEXT,"
      " platform TEXT NOT NULL, resources JSON, pricing JSON NOT NULL, created_at DATETIME,"
      " updated_at DATETIME)");
  const auto store = open();
  must_apply(*store, {signed_put(bare_advertisement("a"), 5)});
  EXPECT_TRUE(rows_of(*store).at("a").verified);
}

TEST(RowDigest, IsTheOneThatLiesInFiles) {
  RowTexts texts;
  EXPECT_EQ(digest(texts), -3991025627421140425);
  texts[kProviderId] = "provider123";
  texts[kResources] = R"({"cpu":4,"memory":8,"storage":100})";
  EXPECT_EQ(digest(texts), -7705551512390163533);
}

TEST_F(SqliteRecords, ForgetsAThousandRowsOfATableAtATime) {
  const auto store = open();
  std::vector<RefusalNote> refusals;
  std::vector<Change> departures;
  for (int i = 0; i < 2'001; ++i) {
    const auto id = std::to_string(i);
    refusals.push_back({id, kPosted + Duration(i), "AUTH_001", ""});
    departures.push_back({.history = history_of(id, kPosted + Duration(i))});
  }
  must_keep(*store, {.refusals = refusals});
  must_apply(*store, departures);
  for (const char* left : {"1001|1001|1000\n", "1|1|2000\n", "0|0|NULL\n"}) {
    must_keep(*store, {.forget_before = kPosted + Duration(2'001)});
    EXPECT_EQ(run("SELECT count(*), (SELECT count(*) FROM provider_refusals),"
                  " min(CAST(provider_id AS INTEGER)) FROM provider_history"),
              left);
  }
}

TEST_F(SqliteRecords, RunsAreBoundedInNumber) {
  const auto store = open();
  // One a microsecond, from 1 on; the last one is the present run, of an earlier call.
  run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11500)"
      " INSERT INTO board_runs SELECT i, 11500 FROM n");
  const Upkeep upkeep{.run = {WallTime(Duration(11'500)), WallTime(Duration(11'501))}};
  for (const char* left : {"10500|1001\n", "10000|1501\n", "10000|1501\n"}) {
    must_keep(*store, upkeep);
    EXPECT_EQ(run("SELECT count(*), min(started) FROM board_runs"), left);
  }
}

/// SideTables of at most three histories and three refusals, in a database of their own.
class FullRecords : public testing::Test {
 protected:
  FullRecords() {
    EXPECT_TRUE(prepare_schema(database_));
    EXPECT_TRUE(records_.prepare());
  }

  void depart(const std::string& provider_id, int at) {
    EXPECT_TRUE(records_.remember(*discovery::history_of(provider_id, kPosted + Duration(at))));
  }
  std::string remembered() {
    return *database_.query(
        "SELECT group_concat(provider_id, '') FROM"
        " (SELECT provider_id FROM provider_history ORDER BY last_seen)");
  }

  Database database_ = *Database::open(":memory:", Database::Access::read_write);
  SideTables records_{database_, 3};
};

TEST_F(FullRecords, ANewOneTakesThePlaceOfTheOldest) {
  depart("b", 2);
  depart("a", 1);
  depart("c", 3);
  EXPECT_EQ(remembered(), "abc");
  depart("b", 4);
  EXPECT_EQ(remembered(), "acb");
  depart("d", 5);
  EXPECT_EQ(remembered(), "cbd");
}

TEST_F(FullRecords, RefusalsAreBoundedApart) {
  for (const char* id : {"a", "b", "c"}) depart(id, 1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(records_.remember(RefusalNote{std::to_string(i), kPosted + Duration(i), "", ""}));
  }
  EXPECT_EQ(*database_.query("SELECT count(*) || min(provider_id) FROM provider_refusals"), "31");
  EXPECT_EQ(remembered().size(), 3u);
}

TEST_F(FullRecords, FindsWhatIsThereAtTheStart) {
  for (const char* id : {"a", "b", "c"}) depart(id, 1);
  SideTables again(database_, 3);
  ASSERT_TRUE(again.prepare());
  EXPECT_TRUE(again.remember(*discovery::history_of("d", kPosted + Duration(2))));
  EXPECT_EQ(remembered().size(), 3u);
}

TEST_F(FullRecords, WhatWasForgottenLeavesRoom) {
  for (const char* id : {"a", "b", "c"}) depart(id, 1);
  EXPECT_TRUE(records_.forget_before(kPosted + Duration(2)));
  depart("d", 2);
  depart("e", 3);
  EXPECT_EQ(remembered(), "de");
}

TEST_F(FullRecords, WhatWasRolledBackTakesNoRoom) {
  depart("a", 1);
  const auto sizes = records_.sizes();
  EXPECT_TRUE(database_.execute("BEGIN"));
  depart("b", 2);
  depart("c", 3);
  EXPECT_TRUE(database_.execute("ROLLBACK"));
  records_.set_sizes(sizes);
  depart("d", 4);
  depart("e", 5);
  EXPECT_EQ(remembered(), "ade");
}

TEST(SqliteReader, SharesADatabaseInMemoryWithItsWriter) {
  const auto store = open_or_fail(":memory:");
  expect_readers_see_whole_batches(*store);
  must_apply(*store, {signed_put(full_advertisement("a"), 5)});
  EXPECT_EQ(must_find(reader_of(*store)->proof("a"))->time_ms, 5);
}

TEST_F(SqliteRecords, AReaderSaysWhyItCannotRead) {
  const auto store = open();
  const auto reader = reader_of(*store);
  run("DROP TABLE provider_history");
  const auto found = reader->history("a");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::internal);
  EXPECT_THAT(found.error().message, testing::HasSubstr("no such table: provider_history"));
  EXPECT_FALSE(must_find(reader->proof("a")));
}

}  // namespace
}  // namespace discovery

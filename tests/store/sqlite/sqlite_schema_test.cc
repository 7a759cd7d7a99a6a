// Databases that other programs made: the Python service's, odd ones, and ones that cannot serve.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/time_text.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_rows.h"

namespace discovery {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kDocumentedTable =
    "CREATE TABLE advertisements (provider_id VARCHAR NOT NULL, ip_address VARCHAR NOT NULL,"
    " country VARCHAR(2) NOT NULL, platform VARCHAR, resources JSON NOT NULL, pricing JSON,"
    " created_at DATETIME, updated_at DATETIME, PRIMARY KEY (provider_id))";

class SqliteSchema : public testing::Test {
 protected:
  std::unique_ptr<Store> open() { return open_or_fail(path_); }

  std::string run(const std::string& sql) { return OtherProgram(path_).run(sql); }

  /// What a script of tests/python prints about the database.
  std::string python(const std::string& script, const std::string& arguments = "") {
    const std::string command = "/usr/bin/python3 -B " + (fs::path(SCRIPTS) / script).string() +
                                " " + path_ + " " + arguments + " 2>&1";
    std::string printed;
    FILE* output = ::popen(command.c_str(), "r");
    for (int character; (character = std::fgetc(output)) != EOF;) {
      printed += static_cast<char>(character);
    }
    EXPECT_EQ(::pclose(output), 0) << printed;
    return printed;
  }

  Error refusal() {
    auto store = open_sqlite(path_);
    if (store) return fail(Code::internal, "was opened");
    return store.error();
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("discovery.db");
};

TEST_F(SqliteSchema, OpensADatabaseOfThePythonServiceWithEverythingInIt) {
  python("make_discovery_db.py", "1000");
  const auto rows = rows_of(*open());
  ASSERT_EQ(rows.size(), 1000u);
  const auto& row = rows.at("p7");
  EXPECT_EQ(row.ip_address, "83.233.10.2");
  EXPECT_EQ(row.platform, "x86_64");
  EXPECT_EQ(row.resources, R"({"cpu": 4, "memory": 8, "storage": 107})");
  EXPECT_EQ(row.pricing, R"({"usd_per_core_month": 6.0})");
  EXPECT_EQ(row.created_at, parse_time("2026-02-19 09:54:30.000007"));
  EXPECT_EQ(row.updated_at, parse_time("2026-02-19 10:00:00.000007"));
  EXPECT_EQ(row.network, "");
  EXPECT_EQ(rows.at("p8").platform, "");
  EXPECT_EQ(rows.at("p8").pricing, "null");
}

TEST_F(SqliteSchema, ThePythonServiceGoesOnWithWhatThisOneWrote) {
  python("make_discovery_db.py", "4");
  must_apply(*open(),
             {put(full_advertisement("new")), put(bare_advertisement("p0")), removal("p3")});

  EXPECT_EQ(python("use_discovery_db.py"),
            "new|SE|x86_64|100|{'usd_per_core_month': 6.0, 'note': \"it's\"}|"
            "2026-02-19 09:34:30.123456|2026-02-19 09:34:30.123456\n"
            "p0|DE|None|1|None|2026-02-19 09:34:30.123456|2026-02-19 09:34:30.123456\n"
            "p1|SE|x86_64|101|{'usd_per_core_month': 6.0}|2026-02-19 09:54:30.000001|"
            "2026-02-19 10:00:00.000001\n"
            "p2|SE|None|102|None|2026-02-19 09:54:30.000002|2026-02-19 10:00:00.000002\n");

  const auto rows = rows_of(*open());
  EXPECT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows.at("p1").country, "NO");
  EXPECT_EQ(rows.at("python").resources, R"({"cpu": 4, "memory": 8, "storage": 107})");
  EXPECT_EQ(rows.at("new").provider_name, full_advertisement("new").provider_name);
  EXPECT_EQ(rows.count("p2"), 0u);
}

TEST_F(SqliteSchema, WhatThePythonServiceRenewsIsNoLongerVerified) {
  python("make_discovery_db.py", "3");
  const auto store = open();
  must_apply(*store,
             {signed_put(full_advertisement("p0"), 5), signed_put(full_advertisement("p1"), 6)});
  python("use_discovery_db.py");
  const auto rows = rows_of(*store);
  EXPECT_TRUE(rows.at("p0").verified);
  EXPECT_FALSE(rows.at("p1").verified);
  EXPECT_EQ(rows.at("p1").proof_ms, 6);
}

// The proof's digest is of what was posted, not of what has been put in its place.
TEST_F(SqliteSchema, APostWritesTheWholeRowThatAnotherProgramHasChanged) {
  const auto store = open();
  const auto advertisement = full_advertisement("a");
  must_apply(*store, {signed_put(advertisement, 1)});
  const auto posted = rows_of(*store).at("a");
  int64_t time_ms = 1;
  for (const char* change :
       {"UPDATE advertisements SET country = 'NO'",
        "UPDATE advertisements SET created_at = '2020-01-01 00:00:00.000000'",
        "UPDATE advertisements SET provider_name = NULL, pricing = ''",
        "UPDATE advertisements SET _rowid_ = 77", "DELETE FROM advertisements"}) {
    run(change);
    must_apply(*store, {signed_put(advertisement, ++time_ms)});
    auto expected = posted;
    expected.proof_ms = time_ms;
    EXPECT_EQ(rows_of(*store).at("a"), expected) << change;
  }
}

TEST_F(SqliteSchema, ThePythonServiceCanWriteWhileThisOneIsOpen) {
  python("make_discovery_db.py", "3");
  const auto store = open();
  must_apply(*store, {put(bare_advertisement("p0"))});
  python("use_discovery_db.py");
  must_apply(*store, {put(bare_advertisement("p1"))});
  EXPECT_EQ(rows_of(*store).size(), 3u);
}

TEST_F(SqliteSchema, TheOldInsertsFitATableThatThisServerMade) {
  open();
  run("INSERT INTO advertisements (provider_id, ip_address, country, platform, resources, pricing,"
      " created_at, updated_at) VALUES ('old', '1.2.3.4', 'SE', NULL, '{}', 'null',"
      " '2026-02-19 09:54:30.000000', '2026-02-19 09:54:30.000000')");
  EXPECT_EQ(rows_of(*open()).count("old"), 1u);
}

TEST_F(SqliteSchema, OnlyAFileOfItsOwnHasSmallPages) {
  open();
  EXPECT_EQ(run("PRAGMA page_size"), "2048\n");
  std::filesystem::remove(path_);
  python("make_discovery_db.py", "1");
  open();
  EXPECT_EQ(run("PRAGMA page_size"), "4096\n");
}

TEST_F(SqliteSchema, HasTheIndexOnCountryThatOtherProgramsExpect) {
  const auto plan = [&] {
    return run("EXPLAIN QUERY PLAN SELECT * FROM advertisements WHERE country = 'DE'");
  };
  must_apply(*open(), {put(full_advertisement("a")), put(bare_advertisement("b"))});
  EXPECT_THAT(plan(), HasSubstr("USING INDEX idx_advertisement_country (country=?)"));
  must_apply(*open(), {put(bare_advertisement("a")), removal("b")});
  EXPECT_EQ(run("SELECT provider_id FROM advertisements WHERE country = 'DE'"), "a\n");
  EXPECT_EQ(run("PRAGMA integrity_check"), "ok\n");

  fs::remove(path_);
  python("make_discovery_db.py", "3");
  open();
  EXPECT_THAT(plan(), HasSubstr("USING INDEX idx_advertisement_country (country=?)"));
}

TEST_F(SqliteSchema, KeepsTheIndexesThatAFileHas) {
  run(kDocumentedTable);
  run("CREATE INDEX idx_advertisement_updated_at ON advertisements (updated_at);"
      "CREATE INDEX idx_advertisement_country ON advertisements (country)");
  const auto later = kPosted + std::chrono::minutes(4);
  const auto store = open();
  must_apply(*store, {put(full_advertisement("a")), put(full_advertisement("b"))});
  must_apply(*store, {put(full_advertisement("a"), kPosted, later), put(bare_advertisement("b"))});
  EXPECT_EQ(run("SELECT provider_id FROM advertisements INDEXED BY idx_advertisement_updated_at"
                " WHERE updated_at > '2026-02-19 09:38'"),
            "a\n");
  EXPECT_EQ(run("SELECT provider_id FROM advertisements INDEXED BY idx_advertisement_country"
                " WHERE country = 'DE'"),
            "b\n");
  EXPECT_EQ(run("PRAGMA integrity_check"), "ok\n");
}

TEST_F(SqliteSchema, WritesNullOnlyWhereNullIsAllowed) {
  run("CREATE TABLE Advertisements (PROVIDER_ID TEXT PRIMARY KEY, ip_address TEXT, country TEXT,"
      " platform TEXT NOT NULL, network TEXT NOT NULL, resources JSON, pricing JSON NOT NULL,"
      " created_at DATETIME, updated_at DATETIME, remark TEXT NOT NULL DEFAULT 'none')");
  const char* written =
      "SELECT platform, network, payments_network, pricing, remark"
      " FROM advertisements";
  must_apply(*open(), {put(bare_advertisement("a"))});
  EXPECT_EQ(run(written), "||NULL|null|none\n");
  EXPECT_EQ(rows_of(*open()).at("a").pricing, "null");

  for (const Revision step : {0u, 1u}) {
    must_apply(*open(), {logged(step, put(full_advertisement("a"))),
                         logged(2 * step, put(bare_advertisement("a")))});
    EXPECT_EQ(run(written), "||NULL|null|none\n");
  }
}

TEST_F(SqliteSchema, ATableOfLoggedRenewalsIsDropped) {
  open();
  run("CREATE TABLE board_renewals (last INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
      " renewals TEXT NOT NULL)");
  open();
  EXPECT_EQ(run("SELECT count(*) FROM sqlite_master WHERE name = 'board_renewals'"), "0\n");
}

TEST_F(SqliteSchema, ColumnsOfOthersKeepWhatIsInThem) {
  run(std::string(kDocumentedTable) + "; ALTER TABLE advertisements ADD COLUMN remark TEXT");
  run("INSERT INTO advertisements (provider_id, ip_address, country, resources, remark)"
      " VALUES ('a', '1.2.3.4', 'SE', '{}', 'kept')");
  must_apply(*open(), {put(bare_advertisement("a"))});
  EXPECT_EQ(run("SELECT country, remark FROM advertisements"), "DE|kept\n");
}

TEST_F(SqliteSchema, AddsThePlatformAndPricingThatEarlyVersionsLack) {
  run("CREATE TABLE advertisements (provider_id TEXT UNIQUE, ip_address TEXT, country TEXT,"
      " resources JSON, created_at DATETIME, updated_at DATETIME)");
  must_apply(*open(), {put(full_advertisement("a"))});
  EXPECT_EQ(rows_of(*open()).at("a").platform, "x86_64");
}

TEST_F(SqliteSchema, RowsOfAnyTypeAreShownAndCanBeRemoved) {
  run(
      std::string("CREATE TABLE advertisements (provider_id PRIMARY KEY, ip_address, country,"
                  " platform, resources, pricing, created_at, updated_at)"));
  run("INSERT INTO advertisements VALUES"
      " (x'ff00fe', 1, 2.5, x'', 3, x'c328', 1771494870, x'00'),"
      " (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
      " ('text' || char(0) || 'more', '', '', '', '', '', 'yesterday', '2026-02-30 00:00:00'),"
      " (CAST(x'ff' AS TEXT), '', '', '', '', '', '', '2026-02-19 09:54:30')");
  const auto store = open();
  const auto rows = rows_of(*store);
  ASSERT_EQ(rows.size(), 4u);
  const auto& odd = rows.at(std::string("\xff\0\xfe", 3));
  EXPECT_EQ(odd.country, "2.5");
  EXPECT_EQ(odd.pricing, "\xc3\x28");
  EXPECT_FALSE(odd.created_at.has_value() || odd.updated_at.has_value());
  EXPECT_EQ(rows.count(""), 1u);
  EXPECT_FALSE(rows.at(std::string("text\0more", 9)).updated_at.has_value());
  EXPECT_TRUE(rows.at("\xff").updated_at.has_value());

  for (const auto& [id, row] : rows) must_apply(*store, {removal(id)});
  EXPECT_EQ(rows_of(*store).size(), 1u);  // without an id there is no telling which one is meant
}

TEST_F(SqliteSchema, ShowsRowsAtBothEndsOfTheRowNumbersOnce) {
  run(kDocumentedTable);
  run("INSERT INTO advertisements (rowid, provider_id, ip_address, country, resources) VALUES"
      " (-9223372036854775808, 'first', '', '', ''), (9223372036854775807, 'last', '', '', ''),"
      " (0, 'middle', '', '', ''), (-1, 'before', '', '', '')");
  EXPECT_EQ(rows_of(*open()).size(), 4u);
}

TEST_F(SqliteSchema, ServesATableWithoutRowNumbers) {
  run(std::string(kDocumentedTable) + " WITHOUT ROWID");
  const auto store = open();
  must_apply(*store, {put(full_advertisement("a")), put(bare_advertisement("b")), removal("b")});
  const auto later = kPosted + std::chrono::minutes(4);
  must_apply(*store, {put(full_advertisement("a"), kPosted, later)});
  EXPECT_EQ(rows_of(*store).at("a").updated_at, later);
  must_apply(*store, {logged(1, put(bare_advertisement("a")))});
  const auto rows = rows_of(*store);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at("a").country, "DE");
}

TEST_F(SqliteSchema, RefusesWhatIsNoDatabaseAndLeavesItAlone) {
  const std::string text(5000, 'x');
  std::ofstream(path_) << text;
  const auto error = refusal();
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_THAT(error.message, HasSubstr(path_ + ": file is not a database"));
  std::ostringstream found;
  found << std::ifstream(path_).rdbuf();
  EXPECT_EQ(found.str(), text);
}

struct Unfit {
  const char* sql;
  const char* words;
};

class UnfitTable : public SqliteSchema, public testing::WithParamInterface<Unfit> {};
INSTANTIATE_TEST_SUITE_P(
    Sqlite, UnfitTable,
    testing::Values(
        Unfit{"CREATE TABLE advertisements (provider_id TEXT PRIMARY KEY, ip_address TEXT,"
              " country TEXT, created_at DATETIME, updated_at DATETIME)",
              "the table advertisements has no column resources"},
        Unfit{"CREATE TABLE advertisements (provider_id TEXT, ip_address TEXT, country TEXT,"
              " resources JSON, created_at DATETIME, updated_at DATETIME)",
              "the table advertisements has no unique key on provider_id"},
        Unfit{"CREATE TABLE advertisements (provider_id INTEGER PRIMARY KEY, ip_address TEXT,"
              " country TEXT, resources JSON, created_at DATETIME, updated_at DATETIME)",
              "the table advertisements has a column provider_id of type INTEGER"},
        Unfit{"CREATE TABLE advertisements (provider_id TEXT PRIMARY KEY, ip_address TEXT,"
              " country TEXT, resources JSON, created_at DATETIME, updated_at DATETIME,"
              " port INTEGER NOT NULL)",
              "the table advertisements has a column port that must not be NULL"},
        Unfit{"CREATE VIEW advertisements AS SELECT 1 AS provider_id",
              "the table advertisements is a view"}));

TEST_P(UnfitTable, IsRefusedByNameAndStaysAsItWas) {
  run(GetParam().sql);
  const auto before = run("SELECT sql FROM sqlite_master");
  const auto error = refusal();
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_THAT(error.message, HasSubstr(path_ + ": " + GetParam().words));
  EXPECT_EQ(run("SELECT sql FROM sqlite_master"), before);
  EXPECT_EQ(run("PRAGMA journal_mode"), "delete\n");
}

}  // namespace
}  // namespace discovery

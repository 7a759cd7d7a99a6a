// Which rows of a damaged database are saved.
#include "store/sqlite/salvage.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "store/sqlite/database.h"
#include "tests/support/recovery_fixture.h"
#include "tests/support/seed.h"

namespace discovery {
namespace {

using testing::UnorderedElementsAre;

class Salvage : public RecoveryTest {};

/// What lies in a table, row by row, each as one text.
using TableRows = std::map<std::string, std::set<std::string>>;

const std::map<std::string, std::string> kSelects{
    {"advertisements",
     "SELECT quote(provider_id) || quote(resources) || quote(pricing) || quote(updated_at) ||"
     " quote(proof_text) || quote(proof_body) FROM advertisements"},
    {"provider_history",
     "SELECT quote(provider_id) || quote(last_seen) || quote(listed) FROM provider_history"},
    {"provider_refusals",
     "SELECT quote(provider_id) || quote(time) || quote(message) FROM provider_refusals"},
    {"board_runs", "SELECT quote(started) || quote(alive) FROM board_runs"},
    {"provider_pins", "SELECT quote(provider_id) || quote(time_ms) FROM provider_pins"}};

/// Each row that one plain question for its key finds.
TableRows readable_rows(const std::string& path, const TableRows& keys) {
  TableRows found;
  auto database = Database::open(path, Database::Access::read_write);
  if (!database) return found;
  for (const auto& [table, select] : kSelects) {
    const bool has_rowids = table != "provider_pins";
    auto statement =
        database->prepare(select + (has_rowids ? " WHERE rowid = ?1" : " WHERE provider_id = ?1"));
    if (!statement) continue;
    for (const std::string& key : keys.at(table)) {
      has_rowids ? statement->bind(1, int64_t{std::stoll(key)}) : statement->bind(1, key);
      if (statement->step() == Statement::Step::row) found[table].emplace(statement->text(0));
      statement->reset();
    }
  }
  return found;
}

TableRows query_all(const std::string& path, const std::map<std::string, std::string>& selects) {
  TableRows found;
  auto database = *Database::open(path, Database::Access::read_write);
  for (const auto& [table, select] : selects) {
    auto statement = database.prepare(select);
    EXPECT_TRUE(statement) << statement.error().message;
    std::set<std::string>& rows = found[table];
    while (statement->step() == Statement::Step::row) rows.emplace(statement->text(0));
  }
  return found;
}

/// The keys by which readable_rows() asks.
TableRows keys_of(const std::string& path) {
  return query_all(path, {{"advertisements", "SELECT rowid FROM advertisements"},
                          {"provider_history", "SELECT rowid FROM provider_history"},
                          {"provider_refusals", "SELECT rowid FROM provider_refusals"},
                          {"board_runs", "SELECT started FROM board_runs"},
                          {"provider_pins", "SELECT provider_id FROM provider_pins"}});
}

class Vandal {
 public:
  explicit Vandal(uint64_t seed) : random_(seed) {}

  std::string damage(std::string bytes) {
    if (below(6) == 0) bytes.resize(kPageBytes + below(bytes.size() - kPageBytes));
    const size_t pages = bytes.size() / kPageBytes;
    const size_t first = below(3) == 0 ? 0 : 1;  // at times that with header and schema, too
    for (size_t left = below(below(2) == 0 ? 4 : pages / 4 + 1) + 1; left > 0; --left) {
      overwrite(bytes, (first + below(pages - first)) * kPageBytes);
    }
    return bytes;
  }

 private:
  size_t below(size_t end) { return end == 0 ? 0 : random_() % end; }
  void overwrite(std::string& bytes, size_t page) {
    size_t size = kPageBytes;
    switch (below(4)) {
      case 0:
        bytes.replace(page, size, size, '\0');
        return;
      case 1:
        bytes.replace(page, 16, 16, '\xee');
        return;
      case 2: {  // some bytes in its midst
        size = 1 + below(200);
        page += below(kPageBytes - size);
        break;
      }
      default:
        break;
    }
    for (size_t i = 0; i < size && page + i < bytes.size(); ++i) {
      bytes[page + i] = static_cast<char>(random_());
    }
  }

  std::mt19937_64 random_;
};

TEST_F(Salvage, SavesEachRowThatCanBeReadWhateverPagesAreDamaged) {
  fill(1'500);
  const std::string whole = bytes_of(path_);
  const TableRows originals = query_all(path_, kSelects);
  const TableRows keys = keys_of(path_);
  // Of the first the file ends within a page, of which SQLite reads the rows all the same.
  std::vector<uint64_t> seeds{4'117'589'914};
  for (uint64_t i = 0, first = chosen_or_new_seed(); i < 25; ++i) seeds.push_back(first + i);
  for (const uint64_t seed : seeds) {
    SCOPED_TRACE("SEED=" + std::to_string(seed));
    const std::string damaged = Vandal(seed).damage(whole);
    write_bytes(path_, damaged);
    const std::string copy = beside("copy.db");
    write_bytes(copy, damaged);
    const TableRows readable = readable_rows(copy, keys);

    const RecoveryReport report = recover();
    if (report.damaged_file.empty()) continue;  // bytes that mean nothing
    EXPECT_TRUE(bytes_of(report.damaged_file) == damaged);
    EXPECT_EQ(OtherProgram(path_).run("PRAGMA integrity_check"), "ok\n");
    const TableRows saved = query_all(path_, kSelects);
    for (const RecoveryReport::Table& table : report.tables) {
      EXPECT_EQ(table.rows, std::stoul(count(table.name)));
      const std::set<std::string>& there = originals.at(table.name);
      for (const std::string& row :
           readable.contains(table.name) ? readable.at(table.name) : std::set<std::string>{}) {
        // What was overwritten may be no row any more that a table takes.
        if (!there.contains(row)) continue;
        ASSERT_TRUE(saved.at(table.name).contains(row)) << table.name << ": " << row;
      }
    }
    ASSERT_TRUE(open_or_fail(path_)->load([](const StoredRow&) {}));
    for (const std::string& name : files()) std::filesystem::remove(beside(name));
  }
}

TEST_F(Salvage, ADamagedLeafCostsItsOwnRowsAlone) {
  fill(600);
  damage_page_of("time: 300");  // what was signed lies in a row of advertisements alone
  const std::string bytes = bytes_of(path_);
  const RecoveryReport report = recover();
  EXPECT_EQ(report.damaged_file, beside(kSetAside));
  EXPECT_THAT(files(), UnorderedElementsAre("discovery.db", kSetAside));
  EXPECT_TRUE(bytes_of(report.damaged_file) == bytes);
  ASSERT_EQ(report.tables.size(), 5u);
  for (const RecoveryReport::Table& table : report.tables) {
    EXPECT_EQ(table.whole, table.name != "advertisements");
  }
  EXPECT_LT(report.tables.front().rows, 600u);
  EXPECT_GE(report.tables.front().rows, 590u);
  const auto store = open_or_fail(path_);
  EXPECT_EQ(rows_of(*store).size(), report.tables.front().rows);
  // Verified rows stay so, and watches begin anew.
  EXPECT_TRUE(rows_of(*store).at(key_id(0)).verified);
  const auto marks = store->open_epoch(7);
  ASSERT_TRUE(marks);
  EXPECT_EQ(marks->epochs, std::vector<Epoch>({{7, 0}}));
}

TEST_F(Salvage, ATableWhoseRootIsDamagedIsLostAndTheOthersAreSaved) {
  fill(300);
  damage_root("provider_pins");
  const RecoveryReport report = recover();
  EXPECT_EQ(report.tables.at(2).name, "provider_pins");
  EXPECT_FALSE(report.tables.at(2).whole);
  EXPECT_EQ(report.tables.at(2).rows, 0u);
  EXPECT_EQ(count("advertisements"), "300\n");
  EXPECT_EQ(count("provider_history"), "300\n");
  EXPECT_EQ(to_text(report), path_ +
                                 " was damaged; a new one holds what could be read:\n"
                                 "  advertisements: 300 rows, all\n"
                                 "  provider_history: 300 rows, all\n"
                                 "  provider_pins: 0 rows; others could not be read\n"
                                 "  provider_refusals: 300 rows, all\n"
                                 "  board_runs: 300 rows, all\n"
                                 "The damaged file is now " +
                                 beside(kSetAside) +
                                 "\n"
                                 "Pins are lost: until such a provider signs again, others can "
                                 "post under its id, unless an advertisement that is saved holds "
                                 "its proof.\n");
  EXPECT_EQ(pins_of(*open_or_fail(path_)).size(), 100u);
}

TEST_F(Salvage, ADamagedIndexCostsNoRow) {
  fill(300);
  damage_root("idx_advertisement_country");
  for (const RecoveryReport::Table& table : recover().tables) EXPECT_TRUE(table.whole);
  EXPECT_EQ(count("advertisements"), "300\n");
}

TEST_F(Salvage, ADestroyedHeaderLeavesAnEmptyBoard) {
  fill(50);
  std::string bytes = bytes_of(path_);
  bytes.replace(0, 16, 16, '\0');
  write_bytes(path_, bytes);
  const RecoveryReport report = recover();
  for (const RecoveryReport::Table& table : report.tables) {
    EXPECT_FALSE(table.whole);
    EXPECT_EQ(table.rows, 0u);
  }
  EXPECT_TRUE(bytes_of(report.damaged_file) == bytes);
  EXPECT_TRUE(rows_of(*open_or_fail(path_)).empty());
}

TEST_F(Salvage, ATruncatedFileIsReadAsFarAsItGoes) {
  fill(600);
  std::string bytes = bytes_of(path_);
  bytes.resize(bytes.size() / 2 + 77);
  write_bytes(path_, bytes);
  const RecoveryReport report = recover();
  EXPECT_FALSE(report.tables.front().whole);
  EXPECT_GT(report.tables.front().rows, 100u);
  EXPECT_TRUE(bytes_of(report.damaged_file) == bytes);
}

TEST_F(Salvage, AFileOfThePythonServiceIsSavedThoughItHasFewerColumnsAndTables) {
  {
    OtherProgram program(path_);
    program.run(
        "CREATE TABLE advertisements (provider_id VARCHAR NOT NULL, ip_address VARCHAR NOT NULL,"
        " country VARCHAR NOT NULL, platform VARCHAR, resources JSON NOT NULL, pricing JSON,"
        " created_at DATETIME, updated_at DATETIME, extra TEXT, PRIMARY KEY (provider_id));"
        "CREATE INDEX other ON advertisements (extra)");
    program.run(
        "INSERT INTO advertisements VALUES ('a', '83.233.10.2', 'SE', NULL, '{}', 'null',"
        " '2026-02-19 09:34:30.123457', '2026-02-19 09:34:30.123457', 'x')");
  }
  std::string bytes = bytes_of(path_);
  const size_t last = bytes.size() - 4096;
  bytes.replace(last, 16, 16, '\xee');
  write_bytes(path_, bytes);
  const RecoveryReport report = recover();
  EXPECT_NE(report.damaged_file, "");
  for (const RecoveryReport::Table& table : report.tables) EXPECT_TRUE(table.whole) << table.name;
  EXPECT_EQ(rows_of(*open_or_fail(path_)).at("a").ip_address, "83.233.10.2");
}

}  // namespace
}  // namespace discovery

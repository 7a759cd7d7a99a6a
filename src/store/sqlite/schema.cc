#include "store/sqlite/schema.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace discovery {
namespace {

/// One of our columns, and what stands for nothing where the file's table does not allow NULL.
struct ColumnRule {
  std::string_view name;
  std::string_view type;
  enum class Presence { required, optional } presence;
  std::string_view substitute = "''";
};

constexpr auto kRequired = ColumnRule::Presence::required;
constexpr auto kOptional = ColumnRule::Presence::optional;

constexpr std::array<ColumnRule, kColumnCount> kRules{{
    {"provider_id", "VARCHAR", kRequired},
    {"provider_name", "VARCHAR", kOptional},
    {"ip_address", "VARCHAR", kRequired},
    {"country", "VARCHAR", kRequired},
    {"platform", "VARCHAR", kOptional},
    {"network", "VARCHAR", kOptional},
    {"payments_network", "VARCHAR", kOptional},
    {"resources", "JSON", kRequired},
    {"pricing", "JSON", kOptional, "'null'"},
    {"created_at", "DATETIME", kRequired},
    {"updated_at", "DATETIME", kRequired},
    {"proof_ms", "INTEGER", kOptional},
    {"proof_digest", "INTEGER", kOptional},
    {"proof_text", "TEXT", kOptional},
    {"proof_signature", "TEXT", kOptional},
    {"proof_body", "BLOB", kOptional},
}};

// Of all tables together; 0 where this server has not made any yet, or did before it counted.
constexpr int kVersion = 1;

// Times are microseconds since 1970, but for a pin's milliseconds. The indexes find what is to be
// forgotten; the one on country is for other programs.
// The trigger is for rows that another program deletes: what was signed stays used up.
constexpr const char* kOwnTables = R"(
CREATE TABLE IF NOT EXISTS provider_pins (
  provider_id TEXT PRIMARY KEY, time_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS provider_history (
  provider_id TEXT PRIMARY KEY, state TEXT, first_seen INTEGER, last_seen INTEGER, listed BLOB);
CREATE INDEX IF NOT EXISTS provider_history_by_last_seen ON provider_history (last_seen);
CREATE TABLE IF NOT EXISTS provider_refusals (
  provider_id TEXT PRIMARY KEY, time INTEGER, code TEXT, message TEXT);
CREATE INDEX IF NOT EXISTS provider_refusals_by_time ON provider_refusals (time);
CREATE TABLE IF NOT EXISTS board_runs (started INTEGER PRIMARY KEY, alive INTEGER);
CREATE TABLE IF NOT EXISTS board_probe (id INTEGER PRIMARY KEY, bytes BLOB);
DELETE FROM board_probe;
DROP TABLE IF EXISTS board_renewals;
CREATE INDEX IF NOT EXISTS idx_advertisement_country ON advertisements (country);
CREATE TRIGGER IF NOT EXISTS keep_proof_time BEFORE DELETE ON advertisements
  WHEN typeof(old.proof_ms) = 'integer' AND typeof(old.provider_id) = 'text' BEGIN
  INSERT INTO provider_pins (provider_id, time_ms) VALUES (old.provider_id, old.proof_ms)
    ON CONFLICT DO UPDATE SET time_ms = max(time_ms, excluded.time_ms);
END;
)";

// The log of changes is complete as long as no other program writes: the triggers note those that
// do. They cost this server nothing, whose connections run none (see Database::open). Logs of an
// older kind, known by board_log or board_writes, are given up with all that belonged to them.
constexpr const char* kLogTables = R"(
CREATE TABLE IF NOT EXISTS board_changes (last INTEGER PRIMARY KEY, changes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS board_epochs (
  id INTEGER PRIMARY KEY, number INTEGER NOT NULL, first INTEGER NOT NULL);
DELETE FROM board_epochs
  WHERE EXISTS (SELECT 1 FROM sqlite_master WHERE name IN ('board_log', 'board_writes'));
DROP TABLE IF EXISTS board_log;
DROP TRIGGER IF EXISTS note_other_insert;
DROP TRIGGER IF EXISTS note_other_update;
DROP TRIGGER IF EXISTS count_deletion;
DROP TABLE IF EXISTS board_writes;
CREATE TABLE IF NOT EXISTS board_others (
  id INTEGER PRIMARY KEY CHECK (id = 1), have_written INTEGER NOT NULL);
INSERT OR IGNORE INTO board_others VALUES (1, 0);
CREATE TRIGGER IF NOT EXISTS others_insert AFTER INSERT ON advertisements
  BEGIN UPDATE board_others SET have_written = 1; END;
CREATE TRIGGER IF NOT EXISTS others_update AFTER UPDATE ON advertisements
  BEGIN UPDATE board_others SET have_written = 1; END;
CREATE TRIGGER IF NOT EXISTS others_delete AFTER DELETE ON advertisements
  BEGIN UPDATE board_others SET have_written = 1; END;
)";

struct FoundColumn {
  std::string name;  // lower case, as SQLite compares names
  std::string type;
  bool not_null = false;
  bool has_default = false;
};

Error unfit(const Database& database, const std::string& why) {
  return fail(Code::invalid, database.path() + ": the table advertisements " + why);
}

/// The kind of object that bears the table's name, as `table`, `view`; empty for none.
Result<std::string> kind_of_table(Database& database) {
  return database.query(
      "SELECT type FROM pragma_table_list"
      " WHERE schema = 'main' AND name = 'advertisements' COLLATE NOCASE");
}

Result<std::vector<FoundColumn>> find_columns(Database& database) {
  auto statement = database.prepare(
      "SELECT lower(name), upper(type), \"notnull\", dflt_value IS NOT NULL"
      " FROM pragma_table_info('advertisements')");
  if (!statement) return std::move(statement).error();
  std::vector<FoundColumn> columns;
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    columns.push_back({std::string(statement->text(0)), std::string(statement->text(1)),
                       statement->integer(2) != 0, statement->integer(3) != 0});
  }
  if (step == Statement::Step::failed) return database.error("table_info");
  return columns;
}

const FoundColumn* find(const std::vector<FoundColumn>& columns, std::string_view name) {
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const FoundColumn& column) { return column.name == name; });
  return at == columns.end() ? nullptr : &*at;
}

bool is_ours(std::string_view name) {
  return std::any_of(kRules.begin(), kRules.end(),
                     [&](const ColumnRule& rule) { return rule.name == name; });
}

/// SQLite turns text that looks like a number into one in a column of such a type; `007` would not
/// come back as it was posted.
bool keeps_text(std::string_view type) {
  const auto has = [&](std::string_view part) { return type.find(part) != std::string_view::npos; };
  if (has("INT")) return false;
  return has("CHAR") || has("CLOB") || has("TEXT") || has("BLOB") || type.empty();
}

Status check(const Database& database, const std::vector<FoundColumn>& columns) {
  for (const ColumnRule& rule : kRules) {
    if (rule.presence == kRequired && find(columns, rule.name) == nullptr) {
      return unfit(database, "has no column " + std::string(rule.name));
    }
  }
  if (const auto& type = find(columns, "provider_id")->type; !keeps_text(type)) {
    return unfit(database, "has a column provider_id of type " + type + ", which is not for text");
  }
  for (const FoundColumn& column : columns) {
    if (column.not_null && !column.has_default && !is_ours(column.name)) {
      return unfit(database, "has a column " + column.name +
                                 " that must not be NULL, and this server cannot fill");
    }
  }
  return {};
}

Status create_table(Database& database) {
  std::string sql = "CREATE TABLE advertisements (";
  for (const ColumnRule& rule : kRules) {
    sql.append(rule.name).append(" ").append(rule.type);
    sql += rule.presence == kRequired ? " NOT NULL, " : ", ";
  }
  return database.execute(sql + "PRIMARY KEY (provider_id))");
}

Status add_columns(Database& database, const std::vector<FoundColumn>& columns) {
  for (const ColumnRule& rule : kRules) {
    if (find(columns, rule.name) != nullptr) continue;
    const std::string column = std::string(rule.name) + " " + std::string(rule.type);
    auto status = database.execute("ALTER TABLE advertisements ADD COLUMN " + column);
    if (!status) return status;
  }
  return {};
}

std::string parameter(int column) { return "?" + std::to_string(column + 1); }

/// Columns from `end` on have no parameters, and become NULL.
Schema::Writing writing_sql(const std::vector<FoundColumn>& columns, Column end) {
  std::string names;
  std::string values;
  std::string updates;
  std::string updates_but_country;
  for (int i = 0; i < kColumnCount; ++i) {
    const ColumnRule& rule = kRules[static_cast<size_t>(i)];
    const std::string name(rule.name);
    std::string value = i < end ? parameter(i) : "NULL";
    const FoundColumn* found = find(columns, name);
    if (found != nullptr && found->not_null && rule.presence == kOptional) {
      value.insert(0, "coalesce(").append(", ").append(rule.substitute).append(")");
    }
    const char* const separator = i == 0 ? "" : ", ";
    names.append(separator).append(name);
    values.append(separator).append(value);
    if (i == kProviderId) continue;
    const auto append_to = [&](std::string& list) {
      list.append(list.empty() ? "" : ", ").append(name).append(" = ").append(value);
    };
    append_to(updates);
    if (i != kCountry) append_to(updates_but_country);
  }
  return {"INSERT INTO advertisements (" + names + ") VALUES (" + values +
              ") ON CONFLICT (provider_id) DO UPDATE SET " + updates,
          "UPDATE advertisements SET " + updates_but_country + " WHERE provider_id = " +
              parameter(kProviderId) + " AND country IS " + parameter(kCountry)};
}

Result<Schema> fit_table(Database& database) {
  if (auto known = check_version(database); !known) return known.error();
  // Not where it is known: a full disk would not take it.
  if (const auto known = database.query("PRAGMA user_version"); known && *known == "0") {
    auto noted = database.execute("PRAGMA user_version = " + std::to_string(kVersion));
    if (!noted) return noted.error();
  }
  const auto kind = kind_of_table(database);
  if (!kind) return kind.error();
  if (!kind->empty() && *kind != "table") return unfit(database, "is a " + *kind);
  if (kind->empty()) {
    if (auto made = create_table(database); !made) return made.error();
  }
  const auto columns = find_columns(database);
  if (!columns) return columns.error();
  if (auto fits = check(database, *columns); !fits) return fits.error();
  if (auto added = add_columns(database, *columns); !added) return added.error();

  Schema schema;
  schema.unproven = writing_sql(*columns, kProofMs);
  schema.proven = writing_sql(*columns, kColumnCount);
  // The conflict clause can be prepared only where provider_id is unique.
  if (!database.prepare(schema.unproven.upsert)) {
    return unfit(database, "has no unique key on provider_id");
  }
  if (auto made = database.execute(kOwnTables); !made) return made.error();
  if (auto made = database.execute(kLogTables); !made) return made.error();
  return schema;
}

}  // namespace

std::string select_rows(Column end) {
  std::string names;
  for (const ColumnRule& rule : std::span(kRules).first(end)) {
    names.append(names.empty() ? "" : ", ").append(rule.name);
  }
  return "SELECT " + names + " FROM advertisements";
}

Status check_version(Database& database) {
  const auto found = database.query("PRAGMA user_version");
  if (!found) return found.error();
  if (*found == "0" || *found == std::to_string(kVersion)) return {};
  return fail(Code::unavailable, database.path() +
                                     ": made by a newer version of this server, whose tables are "
                                     "of version " +
                                     *found + ", not " + std::to_string(kVersion));
}

Result<Schema> prepare_schema(Database& database) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun.error();
  auto schema = fit_table(database);
  const auto ended = database.execute(schema ? "COMMIT" : "ROLLBACK");
  if (schema && !ended) return ended.error();
  return schema;
}

}  // namespace discovery

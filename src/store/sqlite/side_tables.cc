#include "store/sqlite/side_tables.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace discovery {
namespace {

constexpr std::string_view kWithdrawn = "withdrawn";
constexpr std::string_view kExpired = "expired";

int64_t microseconds(WallTime time) { return time.time_since_epoch().count(); }

WallTime time_of(Statement& statement, int column) {
  return WallTime(Duration(statement.integer(column)));
}

}  // namespace

SideTables::SideTables(Database& database, size_t histories_max)
    : database_(database),
      histories_(database, histories_max),
      refusals_(database, histories_max) {}

Status SideTables::prepare() {
  auto status = histories_.prepare("provider_history",
                                   {"provider_id", "state", "first_seen", "last_seen", "listed"},
                                   "last_seen");
  if (!status) return status;
  status =
      refusals_.prepare("provider_refusals", {"provider_id", "time", "code", "message"}, "time");
  if (!status) return status;
  return database_.prepare({
      {&pin_,
       "INSERT INTO provider_pins (provider_id, time_ms) VALUES (?1, ?2)"
       " ON CONFLICT DO UPDATE SET time_ms = max(time_ms, excluded.time_ms)"},
      {&forget_pin_, "DELETE FROM provider_pins WHERE provider_id = ?1"},
      {&run_,
       "INSERT INTO board_runs (started, alive) VALUES (?1, ?2)"
       " ON CONFLICT DO UPDATE SET alive = excluded.alive"},
      {&forget_runs_,
       "DELETE FROM board_runs WHERE started IN (SELECT started FROM board_runs WHERE alive < ?1"
       " OR started < (SELECT started FROM board_runs ORDER BY started DESC LIMIT 1 OFFSET ?2)"
       " ORDER BY started LIMIT ?3)"},
  });
}

Status SideTables::pin(std::string_view provider_id, int64_t time_ms) {
  pin_.bind(1, provider_id);
  pin_.bind(2, time_ms);
  return database_.run(pin_, "pin");
}

Status SideTables::forget_pin(std::string_view provider_id) {
  forget_pin_.bind(1, provider_id);
  return database_.run(forget_pin_, "forget a pin");
}

Status SideTables::remember(const History& history) {
  return histories_.put([&](Statement& statement) {
    statement.bind(1, history.provider_id);
    statement.bind(2, history.state == History::State::withdrawn ? kWithdrawn : kExpired);
    statement.bind(3, microseconds(history.first_seen));
    statement.bind(4, microseconds(history.last_seen));
    statement.bind_blob(5, history.listed);
  });
}

Status SideTables::remember(const RefusalNote& refusal) {
  return refusals_.put([&](Statement& statement) {
    statement.bind(1, refusal.provider_id);
    statement.bind(2, microseconds(refusal.time));
    statement.bind(3, refusal.code);
    statement.bind(4, refusal.message);
  });
}

Status SideTables::remember(const Run& run) {
  run_.bind(1, microseconds(run.started));
  run_.bind(2, microseconds(run.alive));
  return database_.run(run_, "run");
}

Status SideTables::forget_before(WallTime time) {
  auto status = histories_.forget(time, kForgottenMax);
  if (status) status = refusals_.forget(time, kForgottenMax);
  if (!status) return status;
  forget_runs_.bind(1, microseconds(time));
  forget_runs_.bind(2, static_cast<int64_t>(kRunsMax - 1));
  forget_runs_.bind(3, static_cast<int64_t>(kForgottenMax));
  return database_.run(forget_runs_, "forget");
}

Status SideTables::load_pins(const Store::PinSink& sink) {
  auto statement = database_.prepare("SELECT provider_id, time_ms FROM provider_pins");
  if (!statement) return std::move(statement).error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    sink(statement->text(0), statement->integer(1));
  }
  if (step == Statement::Step::failed) return database_.error("load pins");
  return {};
}

Result<std::vector<Run>> SideTables::load_runs() {
  auto statement = database_.prepare("SELECT started, alive FROM board_runs ORDER BY started");
  if (!statement) return std::move(statement).error();
  std::vector<Run> runs;
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    runs.push_back({time_of(*statement, 0), time_of(*statement, 1)});
  }
  if (step != Statement::Step::failed) return runs;
  Error fault = database_.error("load runs");
  if (fault.code != Code::invalid) return fault;
  spdlog::error("the times of earlier runs are damaged: {}", fault.message);
  return runs;
}

void SideTables::set_sizes(const Sizes& sizes) {
  histories_.set_rows(sizes.histories);
  refusals_.set_rows(sizes.refusals);
}

std::string select_history() {
  return "SELECT provider_id, state, first_seen, last_seen, listed FROM provider_history"
         " WHERE provider_id = ?1";
}

History history_of(Statement& statement) {
  History history;
  history.provider_id = statement.text(0);
  history.state =
      statement.text(1) == kWithdrawn ? History::State::withdrawn : History::State::expired;
  history.first_seen = time_of(statement, 2);
  history.last_seen = time_of(statement, 3);
  history.listed = statement.blob(4);
  return history;
}

std::string select_refusal() {
  return "SELECT provider_id, time, code, message FROM provider_refusals WHERE provider_id = ?1";
}

RefusalNote refusal_of(Statement& statement) {
  RefusalNote refusal;
  refusal.provider_id = statement.text(0);
  refusal.time = time_of(statement, 1);
  refusal.code = statement.text(2);
  refusal.message = statement.text(3);
  return refusal;
}

}  // namespace discovery

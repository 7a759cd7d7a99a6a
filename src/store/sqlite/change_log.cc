#include "store/sqlite/change_log.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace discovery {
namespace {

constexpr std::string_view kListed = "listed";
constexpr std::string_view kWithdrawn = "withdrawn";
constexpr std::string_view kExpired = "expired";

std::string_view name_of(const Change& change) {
  if (change.listing) return kListed;
  const bool withdrawn = change.history && change.history->state == History::State::withdrawn;
  return withdrawn ? kWithdrawn : kExpired;
}

/// Takes what stands before the first `end` off the front, or all.
std::string_view take_until(char end, std::string_view& text) {
  const size_t length = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return taken;
}

std::optional<History::State> departure_of(std::string_view name) {
  if (name == kListed) return std::nullopt;
  return name == kWithdrawn ? History::State::withdrawn : History::State::expired;
}

Status read_epochs(Database& database, ChangeLogState& state) {
  auto statement = database.prepare("SELECT number, first FROM board_epochs ORDER BY id");
  if (!statement) return std::move(statement).error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    state.epochs.push_back({static_cast<uint64_t>(statement->integer(0)),
                            static_cast<uint64_t>(statement->integer(1))});
  }
  return step == Statement::Step::failed ? Status(database.error("read epochs")) : Status();
}

Status read_log(Database& database, ChangeLogState& state) {
  auto statement = database.prepare("SELECT last, changes FROM board_changes ORDER BY last");
  if (!statement) return std::move(statement).error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    std::string_view lines = statement->text(1);
    const auto count = static_cast<uint64_t>(std::ranges::count(lines, '\n'));
    Revision revision = static_cast<uint64_t>(statement->integer(0)) - count;
    while (!lines.empty()) {
      std::string_view line = take_until('\n', lines);
      const auto departure = departure_of(take_until(' ', line));
      state.log.push_back({++revision, std::string(line), departure});
    }
  }
  if (step == Statement::Step::failed) return database.error("read the log");
  const size_t surplus = state.log.size() - std::min(state.log.size(), limits::kLoggedChanges);
  state.log.erase(state.log.begin(), state.log.begin() + static_cast<ptrdiff_t>(surplus));
  return {};
}

}  // namespace

Status ChangeLog::prepare() {
  return database_.prepare({
      {&append_, "INSERT OR REPLACE INTO board_changes (last, changes) VALUES (?1, ?2)"},
      {&trim_, "DELETE FROM board_changes WHERE last <= ?1"},
      {&begin_epoch_, "INSERT INTO board_epochs (number, first) VALUES (?1, ?2)"},
  });
}

void ChangeLog::append(const Change& change, std::string_view id) {
  last_ = change.revision;
  lines_.append(name_of(change)).append(" ").append(id).append("\n");
}

Status ChangeLog::finish() {
  if (lines_.empty()) return {};
  append_.bind(1, static_cast<int64_t>(last_));
  append_.bind(2, lines_);
  Status status = database_.run(append_, "log");
  if (status && last_ > limits::kLoggedChanges) {
    trim_.bind(1, static_cast<int64_t>(last_ - limits::kLoggedChanges));
    status = database_.run(trim_, "trim the log");
  }
  forget();
  return status;
}

void ChangeLog::forget() { lines_.clear(); }

Result<ChangeLogState> ChangeLog::read(Database& database) {
  ChangeLogState state;
  Status read = read_epochs(database, state);
  if (read) read = read_log(database, state);
  if (!state.epochs.empty()) state.revision = state.epochs.back().first;
  if (!state.log.empty()) state.revision = std::max(state.revision, state.log.back().revision);
  if (!read && read.error().code != Code::invalid) return read.error();

  auto untold = database.query("SELECT have_written FROM board_others");
  if (!untold && untold.error().code != Code::invalid) return untold.error();
  if (read && untold && *untold == "0") return state;
  state.epochs.clear();
  state.log.clear();
  return state;
}

void ChangeLog::open_epoch(uint64_t number, const ChangeLogState& state) {
  epoch_to_begin_ = {number, state.revision};
  is_forgotten_ = state.epochs.empty() && state.log.empty();
}

Status ChangeLog::trim_epochs() {
  if (!is_forgotten_) {
    return database_.execute(
        "DELETE FROM board_epochs WHERE id <= (SELECT max(id) FROM board_epochs) - " +
        std::to_string(limits::kEpochs - 1));
  }
  return database_.execute(
      "DELETE FROM board_epochs; DELETE FROM board_changes;"
      "UPDATE board_others SET have_written = 0");
}

Status ChangeLog::begin_epoch() {
  begin_epoch_.bind(1, static_cast<int64_t>(epoch_to_begin_->number));
  begin_epoch_.bind(2, static_cast<int64_t>(epoch_to_begin_->first));
  return database_.run(begin_epoch_, "begin an epoch");
}

Status ChangeLog::give_up() {
  forget();
  return database_.execute("UPDATE board_others SET have_written = 1");
}

}  // namespace discovery

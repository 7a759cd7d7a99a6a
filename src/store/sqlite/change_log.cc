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

}  // namespace

Status ChangeLog::prepare() {
  return database_.prepare({
      {&append_, "INSERT INTO board_changes (last, changes) VALUES (?1, ?2)"},
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

Status ChangeLog::open_epoch(uint64_t number, ChangeLogState& state) {
  if (auto read = read_epochs(state); !read) return read;
  if (auto read = read_log(state); !read) return read;
  if (!state.epochs.empty()) state.revision = state.epochs.back().first;
  if (!state.log.empty()) state.revision = std::max(state.revision, state.log.back().revision);

  const auto untold = database_.query("SELECT have_written FROM board_others");
  if (!untold) return untold.error();
  std::string forget =
      "DELETE FROM board_epochs WHERE id <= (SELECT max(id) FROM board_epochs) - " +
      std::to_string(limits::kEpochs - 1);
  if (*untold != "0") {
    state.epochs.clear();
    state.log.clear();
    forget =
        "DELETE FROM board_epochs; DELETE FROM board_changes;"
        "UPDATE board_others SET have_written = 0";
  }
  if (auto forgotten = database_.execute(forget); !forgotten) return forgotten;
  state.epochs.push_back({number, state.revision});
  begin_epoch_.bind(1, static_cast<int64_t>(number));
  begin_epoch_.bind(2, static_cast<int64_t>(state.revision));
  return database_.run(begin_epoch_, "begin an epoch");
}

Status ChangeLog::read_epochs(ChangeLogState& state) {
  auto statement = database_.prepare("SELECT number, first FROM board_epochs ORDER BY id");
  if (!statement) return std::move(statement).error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    state.epochs.push_back({static_cast<uint64_t>(statement->integer(0)),
                            static_cast<uint64_t>(statement->integer(1))});
  }
  return step == Statement::Step::failed ? Status(database_.error("read epochs")) : Status();
}

Status ChangeLog::read_log(ChangeLogState& state) {
  auto statement = database_.prepare("SELECT last, changes FROM board_changes ORDER BY last");
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
  if (step == Statement::Step::failed) return database_.error("read the log");
  const size_t surplus = state.log.size() - std::min(state.log.size(), limits::kLoggedChanges);
  state.log.erase(state.log.begin(), state.log.begin() + static_cast<ptrdiff_t>(surplus));
  return {};
}

}  // namespace discovery

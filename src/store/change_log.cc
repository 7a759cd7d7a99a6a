#include "store/change_log.h"

#include <algorithm>
#include <utility>

namespace discovery {
namespace {

constexpr std::string_view kWithdrawn = "withdrawn";
constexpr std::string_view kExpired = "expired";

std::string_view name_of(History::State departure) {
  return departure == History::State::withdrawn ? kWithdrawn : kExpired;
}

std::optional<History::State> departure_of(std::string_view name) {
  if (name.empty()) return std::nullopt;
  return name == kWithdrawn ? History::State::withdrawn : History::State::expired;
}

}  // namespace

Status ChangeLog::prepare() {
  return database_.prepare({
      {&append_, "INSERT INTO board_log (revision, provider_id, departure) VALUES (?1, ?2, ?3)"},
      {&trim_, "DELETE FROM board_log WHERE revision <= ?1"},
      {&count_, "UPDATE board_writes SET deleted_here = deleted_here + ?1"},
      {&begin_epoch_, "INSERT INTO board_epochs (number, first) VALUES (?1, ?2)"},
  });
}

Status ChangeLog::append(const Change& change, std::string_view id) {
  append_.bind(1, static_cast<int64_t>(change.revision));
  append_.bind(2, id);
  if (change.listing) {
    append_.bind_null(3);
  } else {
    append_.bind(3, name_of(change.history ? change.history->state : History::State::expired));
  }
  return database_.run(append_, "log");
}

Status ChangeLog::finish(std::span<const Change> changes) {
  Status status;
  if (deleted_ > 0) {
    count_.bind(1, deleted_);
    status = database_.run(count_, "count deletions");
  }
  deleted_ = 0;
  uint64_t last = 0;
  for (const Change& change : changes) last = std::max(last, change.revision);
  if (!status || last <= Store::kLoggedMax) return status;
  trim_.bind(1, static_cast<int64_t>(last - Store::kLoggedMax));
  return database_.run(trim_, "trim the log");
}

Status ChangeLog::open_epoch(uint64_t number, Marks& marks) {
  if (auto read = read_epochs(marks); !read) return read;
  if (auto read = read_log(marks); !read) return read;
  if (!marks.epochs.empty()) marks.revision = marks.epochs.back().first;
  if (!marks.log.empty()) marks.revision = std::max(marks.revision, marks.log.back().revision);

  const auto untold = database_.query("SELECT others OR deleted <> deleted_here FROM board_writes");
  if (!untold) return untold.error();
  std::string forget =
      "DELETE FROM board_epochs WHERE id <= (SELECT max(id) FROM board_epochs) - " +
      std::to_string(Store::kEpochsMax - 1);
  if (*untold != "0") {
    marks.epochs.clear();
    marks.log.clear();
    forget =
        "DELETE FROM board_epochs; DELETE FROM board_log;"
        "UPDATE board_writes SET others = 0, deleted = 0, deleted_here = 0";
  }
  if (auto forgotten = database_.execute(forget); !forgotten) return forgotten;
  marks.epochs.push_back({number, marks.revision});
  begin_epoch_.bind(1, static_cast<int64_t>(number));
  begin_epoch_.bind(2, static_cast<int64_t>(marks.revision));
  return database_.run(begin_epoch_, "begin an epoch");
}

Status ChangeLog::read_epochs(Marks& marks) {
  auto statement = database_.prepare("SELECT number, first FROM board_epochs ORDER BY id");
  if (!statement) return std::move(statement).error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    marks.epochs.push_back({static_cast<uint64_t>(statement->integer(0)),
                            static_cast<uint64_t>(statement->integer(1))});
  }
  return step == Statement::Step::failed ? Status(database_.error("read epochs")) : Status();
}

Status ChangeLog::read_log(Marks& marks) {
  auto statement =
      database_.prepare("SELECT revision, provider_id, departure FROM board_log ORDER BY revision");
  if (!statement) return std::move(statement).error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    marks.log.push_back({static_cast<uint64_t>(statement->integer(0)),
                         std::string(statement->text(1)), departure_of(statement->text(2))});
  }
  return step == Statement::Step::failed ? Status(database_.error("read the log")) : Status();
}

}  // namespace discovery

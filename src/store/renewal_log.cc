#include "store/renewal_log.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/time_text.h"
#include "store/log_text.h"

namespace discovery {
namespace {

/// 0 for anything but a number.
int64_t number_of(std::string_view word) {
  int64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

// Rows of some ten pages.
constexpr uint32_t kStretch = 64;

int64_t microseconds(WallTime time) { return Duration(time.time_since_epoch()).count(); }

}  // namespace

Status RenewalLog::prepare() {
  const std::string redo =
      "UPDATE advertisements SET updated_at = ?1"
      " WHERE updated_at < ?1 AND proof_ms IS NULL AND ";
  return database_.prepare({
      {&append_, "INSERT INTO board_renewals (last, time, renewals) VALUES (?1, ?2, ?3)"},
      {&trim_, "DELETE FROM board_renewals WHERE last <= ?1"},
      {&redo_, redo + "_rowid_ = ?3 AND +provider_id = ?2"},
      {&redo_moved_, redo + "provider_id = ?2"},
  });
}

Status RenewalLog::read() {
  auto statement =
      database_.prepare("SELECT time, renewals, last FROM board_renewals ORDER BY last");
  if (!statement) return std::move(statement).error();
  Statement::Step step;
  while ((step = statement->step()) == Statement::Step::row) {
    if (left_.empty()) in_rows_ = progress_.trimmed = statement->integer(2) - 1;
    progress_.logged = statement->integer(2);
    const WallTime time{Duration(statement->integer(0))};
    std::string_view lines = left_texts_.emplace_back(statement->text(1));
    while (!lines.empty()) {
      std::string_view line = take_until('\n', lines);
      const int64_t number = number_of(take_until(' ', line));
      const Duration behind{number_of(take_until(' ', line))};
      left_.push_back({number, time + behind, line});
    }
  }
  if (step == Statement::Step::failed) return database_.error("read renewals");
  round_began_ = progress_.logged;
  committed_ = progress_;

  // The last comes first, and stays alone. It need not have the newest time: clocks are set.
  std::ranges::reverse(left_);
  std::ranges::stable_sort(left_, {}, &Left::number);
  const auto is_same = [](const Left& a, const Left& b) {
    return a.number == b.number && a.provider_id == b.provider_id;
  };
  left_.erase(std::unique(left_.begin(), left_.end(), is_same), left_.end());
  return {};
}

RenewalLog::Times RenewalLog::left_times() const {
  Times times;
  times.reserve(left_.size());
  for (const Left& left : left_) {
    WallTime& time = times.try_emplace(left.provider_id, left.updated).first->second;
    time = std::max(time, left.updated);  // of a row that has moved
  }
  return times;
}

Status RenewalLog::redo(size_t rows_max) {
  for (; rows_max > 0 && progress_.redone < left_.size(); --rows_max) {
    const Left& left = left_[progress_.redone++];
    char updated_at[kSqlTimeLength];
    write_sql_time(left.updated, updated_at);
    for (Statement* const redo : {&redo_, &redo_moved_}) {
      redo->bind(1, std::string_view(updated_at, kSqlTimeLength));
      redo->bind(2, left.provider_id);
      if (redo == &redo_) redo->bind(3, left.number);
      if (auto redone = database_.run(*redo, "redo"); !redone) return redone;
      if (database_.changed_rows() > 0) break;
    }
  }
  return {};
}

Status RenewalLog::clear() { return database_.execute("DELETE FROM board_renewals"); }

bool RenewalLog::append(const ListingPtr& listing) {
  const uint32_t number = listing->stored_at();
  if (number == 0) return false;
  const ListingPtr waiting = find(number);
  // Where another program has moved rows, two may claim a number.
  if (waiting && waiting->provider_id() != listing->provider_id()) return false;
  if (lines_.empty()) lines_time_ = listing->updated();
  lines_.append(std::to_string(number)).append(" ");
  lines_.append(std::to_string(Duration(listing->updated() - lines_time_).count())).append(" ");
  lines_.append(listing->provider_id()).append("\n");
  ++progress_.logged;
  progress_.time = listing->updated();
  replace(number, listing);
  return true;
}

void RenewalLog::drop(uint32_t number, std::string_view provider_id) {
  const ListingPtr waiting = find(number);
  if (waiting && waiting->provider_id() == provider_id) replace(number, nullptr);
}

ListingPtr RenewalLog::take_due() {
  for (const size_t due = stretches_due(); progress_.stretch < due; ++progress_.stretch) {
    const uint32_t first = round_[progress_.stretch] * kStretch;
    while (progress_.row < kStretch) {
      const uint32_t number = first + progress_.row++;
      if (find(number)) return replace(number, nullptr);
    }
    progress_.row = 0;
  }
  return nullptr;
}

size_t RenewalLog::stretches_due() const {
  if (hastened_) return round_.size();
  const auto ratio = [](auto part, auto whole) { return double(part) / double(whole); };
  const Duration passed = std::chrono::abs(progress_.time - round_time_);  // clocks are set back
  const double share = std::max(ratio(progress_.logged - round_began_, kRoundRenewals),
                                ratio(passed.count(), kRoundTime.count()));
  return static_cast<size_t>(std::min(share, 1.0) * double(round_.size()));
}

void RenewalLog::hasten() {
  collect_round();
  hastened_ = true;
}

Status RenewalLog::finish() {
  if (lines_.empty()) return {};
  append_.bind(1, progress_.logged);
  append_.bind(2, microseconds(lines_time_));
  append_.bind(3, lines_);
  if (auto appended = database_.run(append_, "log renewals"); !appended) return appended;
  // As much goes as comes, and a little more until nothing is left that could go.
  const int64_t added = progress_.logged - committed_.logged;
  const int64_t trimmed = std::min(in_rows_, progress_.trimmed + 2 * added);
  if (trimmed == progress_.trimmed) return {};
  progress_.trimmed = trimmed;
  trim_.bind(1, trimmed);
  return database_.run(trim_, "trim the renewals");
}

void RenewalLog::settle() noexcept {
  clear_formers();
  lines_.clear();
  if (progress_.redone == left_.size() && !left_.empty()) {
    left_ = {};
    left_texts_.clear();
  }
  committed_ = progress_;
  if (progress_.stretch == round_.size() && stretches_due() == round_.size()) begin_round();
}

void RenewalLog::forget() noexcept {
  for (auto former = formers_.rbegin(); former != formers_.rend(); ++former) {
    const auto at = waiting_.find(former->number);
    if (at != waiting_.end()) at->second = former->listing;
  }
  clear_formers();
  lines_.clear();
  progress_ = committed_;
}

ListingPtr RenewalLog::find(uint32_t number) const {
  const auto at = waiting_.find(number);
  return at != waiting_.end() ? at->second : nullptr;
}

ListingPtr RenewalLog::replace(uint32_t number, const ListingPtr& listing) {
  // First what forget() needs: either allocation may fail.
  Former& former = formers_.emplace_back(Former{number, nullptr});
  former.listing = std::exchange(waiting_.try_emplace(number).first->second, listing);
  return former.listing;
}

void RenewalLog::clear_formers() noexcept {
  for (const Former& former : formers_) {
    const auto at = waiting_.find(former.number);
    if (at != waiting_.end() && !at->second) waiting_.erase(at);
  }
  formers_.clear();
}

void RenewalLog::begin_round() {
  if (left_.empty()) in_rows_ = round_began_;
  round_began_ = progress_.logged;
  round_time_ = progress_.time;
  collect_round();
}

void RenewalLog::collect_round() {
  std::vector<bool> found;
  for (const auto& [number, listing] : waiting_) {
    const size_t stretch = number / kStretch;
    if (stretch >= found.size()) found.resize(stretch + 1);
    found[stretch] = true;
  }
  round_.clear();
  for (size_t stretch = 0; stretch < found.size(); ++stretch) {
    if (found[stretch]) round_.push_back(static_cast<uint32_t>(stretch));
  }
  progress_.stretch = progress_.row = 0;
  committed_ = progress_;
}

}  // namespace discovery

#include "board/changes.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/limits.h"

namespace discovery {

namespace {

constexpr auto kAtOnceLength = static_cast<std::ptrdiff_t>(limits::kChangesAtOnce);

}  // namespace

void Changes::open(Marks marks) {
  const MutexLock lock(mutex_);
  revision_ = marks.revision;
  epochs_ = std::move(marks.epochs);
  log_.assign(std::make_move_iterator(marks.log.begin()), std::make_move_iterator(marks.log.end()));
}

uint64_t Changes::epoch() const {
  const MutexLock lock(mutex_);
  return epochs_.empty() ? 0 : epochs_.back().number;
}

Revision Changes::revision() const {
  const MutexLock lock(mutex_);
  return revision_;
}

// Of an epoch that has ended nothing is true behind its last durable revision: where the next
// began.
std::optional<std::vector<LoggedChange>> Changes::since(uint64_t epoch, Revision revision,
                                                        Revision end) const {
  const MutexLock lock(mutex_);
  const auto named = std::ranges::find(epochs_, epoch, &Epoch::number);
  if (named == epochs_.end()) return std::nullopt;
  const Revision last = named + 1 == epochs_.end() ? revision_ : (named + 1)->first;
  const Revision floor = log_.empty() ? revision_ : log_.front().revision - 1;
  if (revision > last || revision < floor) return std::nullopt;

  const auto first = std::ranges::upper_bound(log_, revision, {}, &LoggedChange::revision);
  std::vector<LoggedChange> changes;
  std::unordered_set<std::string_view> seen;
  const auto behind = std::ranges::upper_bound(log_, end, {}, &LoggedChange::revision);
  for (auto at = behind - first > kAtOnceLength ? first + kAtOnceLength : behind; at > first;) {
    --at;
    if (seen.insert(at->provider_id).second) changes.push_back(*at);
  }
  std::ranges::reverse(changes);
  return changes;
}

void Changes::listen(Executor& executor, Listener& listener) {
  const MutexLock lock(mutex_);
  ears_.push_back({&executor, &listener});
}

void Changes::ignore(const Listener& listener) {
  const MutexLock lock(mutex_);
  std::erase_if(ears_, [&](const Ear& ear) { return ear.listener == &listener; });
}

void Changes::keep(const std::vector<Change>& changes) {
  const MutexLock lock(mutex_);
  for (const Change& change : changes) {
    if (change.revision == 0) continue;
    revision_ = change.revision;
    const bool departs = change.listing == nullptr;
    const History::State state = change.history ? change.history->state : History::State::expired;
    log_.push_back({change.revision,
                    departs ? change.provider_id : std::string(change.listing->provider_id()),
                    departs ? std::optional(state) : std::nullopt});
    if (log_.size() > limits::kLoggedChanges) log_.pop_front();
  }
}

bool Changes::has_listeners() const {
  const MutexLock lock(mutex_);
  return !ears_.empty();
}

void Changes::tell(const EventBatchPtr& batch) const {
  std::vector<Ear> ears;
  {
    const MutexLock lock(mutex_);
    ears = ears_;
  }
  for (const Ear& ear : ears) {
    ear.executor->post([listener = ear.listener, batch] { listener->hear(batch); });
  }
}

}  // namespace discovery

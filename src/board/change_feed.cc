#include "board/change_feed.h"

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

void ChangeFeed::open(ChangeLogState state) {
  const MutexLock lock(mutex_);
  revision_ = state.revision;
  epochs_ = std::move(state.epochs);
  log_.assign(std::make_move_iterator(state.log.begin()), std::make_move_iterator(state.log.end()));
}

uint64_t ChangeFeed::epoch() const {
  const MutexLock lock(mutex_);
  return epochs_.empty() ? 0 : epochs_.back().number;
}

Revision ChangeFeed::revision() const {
  const MutexLock lock(mutex_);
  return revision_;
}

// Of an epoch that has ended nothing is true behind its last durable revision: where the next
// began.
std::optional<std::vector<LoggedChange>> ChangeFeed::since(uint64_t epoch, Revision revision,
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

void ChangeFeed::subscribe(Executor& executor, Subscriber& subscriber) {
  const MutexLock lock(mutex_);
  subscriptions_.push_back({&executor, &subscriber});
}

void ChangeFeed::unsubscribe(const Subscriber& subscriber) {
  const MutexLock lock(mutex_);
  std::erase_if(subscriptions_, [&](const Subscription& subscription) {
    return subscription.subscriber == &subscriber;
  });
}

void ChangeFeed::record(const std::vector<Change>& changes) {
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

bool ChangeFeed::has_subscribers() const {
  const MutexLock lock(mutex_);
  return !subscriptions_.empty();
}

void ChangeFeed::publish(const EventBatchPtr& batch) const {
  std::vector<Subscription> subscriptions;
  {
    const MutexLock lock(mutex_);
    subscriptions = subscriptions_;
  }
  for (const Subscription& subscription : subscriptions) {
    subscription.executor->post(
        [subscriber = subscription.subscriber, batch] { subscriber->on_batch(batch); });
  }
}

}  // namespace discovery

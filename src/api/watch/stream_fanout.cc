#include "api/watch/stream_fanout.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace discovery {

namespace {

constexpr Duration kSlice = std::chrono::microseconds{500};     // of the thread's time
constexpr Duration kWakePause = std::chrono::milliseconds{10};  // between two writes to one stream
constexpr size_t kGroupsPerLook = 64;                           // at the clock
constexpr uint32_t kRetryLeastMs = 2'000;  // up to twice as much, so that not all come at once

Revision last_revision(const EventBatch& batch) {
  const auto last =
      std::ranges::find_if(batch.events.rbegin(), batch.events.rend(),
                           [](const BoardEvent& event) { return event.revision > 0; });
  return last == batch.events.rend() ? 0 : last->revision;
}

}  // namespace

StreamFanout::StreamFanout(Board& board, RateLimiter& limiter, Executor& executor,
                           const Clock& clock)
    : board_(board),
      limiter_(limiter),
      executor_(executor),
      clock_(clock),
      random_(std::random_device{}()) {}

StreamFanout::~StreamFanout() { board_.change_feed().unsubscribe(*this); }

std::shared_ptr<BodySource> StreamFanout::open(Exchange& exchange, const IpAddress& client,
                                               const Filter& filter, bool refreshes,
                                               std::string_view last_event_id,
                                               ConnectionTicket ticket) {
  // Before the stream reads the board: what that read does not show is published to it.
  if (groups_.empty()) board_.change_feed().subscribe(executor_, *this);
  Group& group = group_of(filter);
  const uint32_t retry_ms = kRetryLeastMs + static_cast<uint32_t>(random_() % (kRetryLeastMs + 1));
  const auto stream = std::make_shared<EventStream>(
      EventStream::Options{board_, board_.change_feed(), clock_, exchange, group.filter, client,
                           refreshes, retry_ms},
      last_event_id, std::move(ticket));
  group.streams.push_back(*stream);
  return stream;
}

StreamFanout::Group& StreamFanout::group_of(const Filter& filter) {
  for (size_t i = 0; i < filter_bounds_.size(); ++i) {
    if (filter_bounds_[i].fingerprint == filter.fingerprint() && groups_[i]->filter == filter) {
      return *groups_[i];
    }
  }
  filter_bounds_.emplace_back(filter);
  return *groups_.emplace_back(std::make_unique<Group>(filter));
}

void StreamFanout::on_batch(const EventBatchPtr& batch) {
  batches_.push_back({batch, BatchBounds(*batch), last_revision(*batch)});
  queued_events_ += batch->events.size();
  if (queued_events_ > limits::kFanoutEvents) fall_behind();
  work();
}

// Up to where this group has been given everything.
Revision StreamFanout::published_to(size_t group) const {
  return group < next_group_ && !batches_.empty() ? std::max(published_, batches_.front().revision)
                                                  : published_;
}

// There is more to be told than there is time: what is left is not told one by one, but looked up.
void StreamFanout::fall_behind() {
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (EventStream& stream : groups_[i]->streams) {
      stream.fall_behind(published_to(i));
      wake_soon(stream);
    }
  }
  for (const QueuedBatch& queued : batches_) published_ = std::max(published_, queued.revision);
  batches_.clear();
  queued_events_ = 0;
  next_group_ = 0;
}

void StreamFanout::charge() {
  const BootTime now = clock_.boot();
  for (size_t i = 0; i < groups_.size(); ++i) {
    Group& group = *groups_[i];
    const auto work = std::exchange(group.work, {});
    if (group.streams.empty()) continue;
    const Duration share = work / group.streams.size();
    if (share == Duration::zero()) continue;
    for (EventStream& stream : group.streams) {
      limiter_.charge_work(stream.client(), share, now);
      if (!limiter_.owes_work(stream.client(), now)) continue;
      stream.fall_behind(published_to(i));
      wake_soon(stream);
    }
  }
}

void StreamFanout::work() {
  const BootTime begin = clock_.boot();
  const BootTime until = begin + kSlice;
  if (!publish_to_groups(until)) return work_later({});
  if (to_wake_.empty()) return;
  if (!is_waking_ && begin < last_wake_ + kWakePause) {
    return work_later(last_wake_ + kWakePause - begin);
  }
  last_wake_ = begin;
  is_waking_ = !wake_streams(until);
  if (is_waking_) work_later({});
}

void StreamFanout::work_later(Duration delay) {
  if (std::exchange(is_due_, true)) return;
  const auto go_on = [this] {
    is_due_ = false;
    work();
  };
  delay > Duration::zero() ? executor_.post_after(delay, go_on) : executor_.post(go_on);
}

// False: the time is up before every group is served.
bool StreamFanout::publish_to_groups(BootTime until) {
  BootTime last_look = clock_.boot();
  while (!batches_.empty()) {
    const auto& [batch, bounds, revision] = batches_.front();
    while (next_group_ < groups_.size()) {
      const size_t number = next_group_++;
      const bool passes = bounds.passes(filter_bounds_[number]);
      if (passes) publish(*groups_[number], *batch);
      if (!passes && number % kGroupsPerLook != 0) continue;
      const BootTime now = clock_.boot();
      groups_[number]->work += now - std::exchange(last_look, now);
      if (now > until) return false;
    }
    published_ = std::max(published_, revision);
    queued_events_ -= batch->events.size();
    batches_.pop_front();
    next_group_ = 0;
  }
  return true;
}

void StreamFanout::publish(Group& group, const EventBatch& batch) {
  const bool is_taken = std::ranges::any_of(group.streams, [&](const EventStream& stream) {
    return stream.takes_batch(batch.number) || stream.notes_refreshes();
  });
  if (!is_taken) return;
  Texts texts;
  for (const BoardEvent& event : batch.events) render(group, event, texts);
  if (texts.all.empty()) return;
  const auto changes = std::make_shared<const std::string>(std::move(texts.changes));
  const auto all = std::make_shared<const std::string>(std::move(texts.all));
  for (EventStream& stream : group.streams) {
    const SharedText& text = stream.wants_refreshes() ? all : changes;
    if (text->empty()) continue;
    if (stream.takes_batch(batch.number)) {
      stream.give(text);
    } else if (!note_refreshes(group, batch, stream)) {
      continue;
    }
    wake_soon(stream);
  }
}

void StreamFanout::wake_soon(EventStream& stream) {
  if (!stream.StreamHook<ToWake>::is_linked()) to_wake_.push_back(stream);
}

// False: there is nothing to note.
bool StreamFanout::note_refreshes(const Group& group, const EventBatch& batch,
                                  EventStream& stream) {
  if (!stream.notes_refreshes()) return false;
  for (const BoardEvent& event : batch.events) {
    if (event.revision == 0 && group.compiled.accepts(*event.after)) {
      stream.note_refresh(*event.after);
    }
  }
  return true;
}

void StreamFanout::Texts::append(std::string_view name, std::string_view data,
                                 std::string_view id) {
  const size_t begin = all.size();
  append_event(all, name, data, id);
  changes.append(all, begin);
}

void StreamFanout::render(const Group& group, const BoardEvent& event, Texts& texts) const {
  const auto accepts = [&](const ListingPtr& listing) {
    return listing && group.compiled.possible && group.compiled.accepts(*listing);
  };
  const bool is_match = accepts(event.after);
  if (event.revision == 0) {
    if (is_match) append_event(texts.all, "refreshed", times_json(*event.after), {});
    return;
  }
  const bool was_match = accepts(event.before);
  if (!is_match && !was_match && !event.is_uncertain) return;
  const std::string id =
      to_text({board_.change_feed().epoch(), group.filter.fingerprint(), event.revision, false});
  if (is_match) {
    return texts.append(was_match ? "updated" : "added", event.after->json(), id);
  }
  const std::string_view provider_id = event.after ? event.after->provider_id() : event.provider_id;
  const std::string_view reason = event.after ? "unmatched" : reason_of(event.departure);
  texts.append("removed", departure_json(provider_id, reason), id);
}

// False: the time is up before every stream is awake.
bool StreamFanout::wake_streams(BootTime until) {
  while (!to_wake_.empty()) {
    EventStream& stream = to_wake_.front();
    to_wake_.pop_front();
    stream.wake();
    if (clock_.boot() > until) return to_wake_.empty();
  }
  return true;
}

void StreamFanout::tick() {
  const BootTime now = clock_.boot();
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (EventStream& stream : groups_[i]->streams) {
      if (stream.bookmark(published_to(i), now)) wake_soon(stream);
    }
  }
  work();
  charge();
  if (!batches_.empty() || groups_.empty()) return;
  std::erase_if(groups_, [](const auto& group) { return group->streams.empty(); });
  filter_bounds_.clear();
  for (const auto& group : groups_) filter_bounds_.emplace_back(group->filter);
  if (groups_.empty()) board_.change_feed().unsubscribe(*this);
}

}  // namespace discovery

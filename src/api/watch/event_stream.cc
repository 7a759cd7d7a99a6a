#include "api/watch/event_stream.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/release.h"

namespace discovery {

namespace {

constexpr size_t kPieceListings = 100;
constexpr size_t kPieceBytes = 64 * 1024;

}  // namespace

void append_event(std::string& out, std::string_view name, std::string_view data,
                  std::string_view id) {
  out.append("event: ").append(name).append("\n");
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  out.append("data: ").append(data).append("\n\n");
}

std::string departure_json(std::string_view provider_id, std::string_view reason) {
  std::string json = R"({"provider_id":")";
  json.append(provider_id).append(R"(","reason":")").append(reason).append("\"}");
  return json;
}

std::string_view reason_of(History::State departure) {
  return departure == History::State::withdrawn ? "withdrawn" : "expired";
}

std::string times_json(const Listing& listing) {
  std::string json = "{";
  for (const Member member :
       {Member::provider_id, Member::created_at, Member::updated_at, Member::expires_at}) {
    if (json.size() > 1) json += ',';
    json += listing.member_json(member);
  }
  return json + '}';
}

EventStream::EventStream(const Options& options, std::string_view last_event_id,
                         ConnectionTicket ticket)
    : options_(options), ticket_(std::move(ticket)) {
  const auto known = parse_event_id(last_event_id);
  const bool suits = known && known->filter == options.filter.fingerprint() && !known->in_snapshot;
  sent_id_ = {options.change_feed.epoch(), options.filter.fingerprint(), 0, false};
  const Revision present = options.board.read([](const Index& index) { return index.revision(); });
  auto missed =
      suits ? options.change_feed.since(known->epoch, known->revision, present) : std::nullopt;
  resets_ = !missed && !last_event_id.empty();
  if (!missed) {
    begin_snapshot();
    return;
  }
  sent_id_.revision = known->revision;
  todo_ = *std::move(missed);
  resume();
}

// The times may be any by now; the rest is in the log.
void EventStream::resume() {
  if (options_.refreshes) {
    begin_snapshot();
    walk_->revision = sent_id_.revision;
    walk_->times_only = true;
  } else {
    state_ = State::catching_up;
  }
}

void EventStream::fall_behind(Revision published) {
  if (state_ != State::live) {
    misses_refreshes_ = options_.refreshes;
    return;
  }
  sent_id_.revision = std::max(sent_id_.revision, published);
  release(refreshed_);
  state_ = State::behind;
}

void EventStream::begin_snapshot() {
  walk_ = std::make_unique<Walk>();
  walk_->query.filter = options_.filter;
  walk_->query.limit = kPieceListings;
  todo_.clear();
  done_ = 0;
  state_ = State::walking;
}

std::string EventStream::id_of(Revision revision, bool in_snapshot) const {
  return to_text({sent_id_.epoch, sent_id_.filter, revision, in_snapshot});
}

BodySource::Progress EventStream::take(std::string& out) {
  sent_ = options_.clock.boot();
  if (!std::exchange(greeted_, true)) {
    out.append("retry: ").append(std::to_string(options_.retry_ms)).append("\n\n");
  }
  switch (state_) {
    case State::walking:
      return walk(out);
    case State::catching_up:
      return catch_up(out);
    case State::live:
      return take_queued(out);
    case State::behind:
      if (!queue_.empty()) return take_queued(out);
      resume();
      return Progress::more;
    case State::lost:
      break;
  }
  return Progress::over;
}

size_t EventStream::bytes() const {
  constexpr size_t kRefreshed = 96;  // an id in the tree
  const size_t walked = walk_ ? walk_->page.listings.capacity() * sizeof(ListingPtr) : 0;
  return queued_bytes_ + walked + todo_.capacity() * sizeof(LoggedChange) +
         refreshed_.size() * kRefreshed;
}

BodySource::Progress EventStream::walk(std::string& out) {
  ScanLimit limit(options_.clock, limits::kSearchTime);
  const bool is_over = options_.board.read([&](const Index& index) {
    if (!walk_->revision) walk_->revision = index.revision();
    const std::string id = id_of(*walk_->revision, !walk_->times_only);
    if (std::exchange(resets_, false)) append_event(out, "reset", "{}", id);
    index.page(walk_->query, options_.clock.boot(), limit, walk_->page);
    for (const Listing* listing : walk_->page.listings) {
      if (walk_->times_only) {
        append_event(out, "refreshed", times_json(*listing), id);
      } else {
        append_event(out, "added", listing->json(), id);
      }
    }
    if (!walk_->page.more) return true;
    if (walk_->page.reached) {
      walk_->query.after = walk_->page.reached;
      return false;
    }
    const Listing& last = *walk_->page.listings.back();
    walk_->query.after =
        Position{last.country(), last.created(), {}, std::string(last.provider_id())};
    return false;
  });
  if (!is_over) return Progress::more;
  sent_id_.revision = *walk_->revision;
  walk_.reset();
  state_ = State::catching_up;
  return Progress::more;
}

BodySource::Progress EventStream::catch_up(std::string& out) {
  const bool is_known = options_.board.read([&](const Index& index) {
    const BootTime now = options_.clock.boot();
    for (size_t i = 0; i < kPieceListings && done_ < todo_.size(); ++i, ++done_) {
      append_change(index, todo_[done_], now, out);
    }
    if (done_ < todo_.size()) return true;
    if (sent_id_.revision < index.revision()) return fetch_changes(index.revision());
    release(todo_);
    done_ = 0;
    seen_batch_ = index.batch();
    state_ = State::live;
    if (std::exchange(misses_refreshes_, false)) {
      resume();
    } else {
      append_event(out, "synced", "{}", id_of(sent_id_.revision));
    }
    return true;
  });
  if (!is_known) {
    resets_ = true;
    begin_snapshot();
  }
  return state_ == State::live && refreshed_.empty() ? Progress::idle : Progress::more;
}

// What a provider shows now, whatever it showed at that change.
void EventStream::append_change(const Index& index, const LoggedChange& change, BootTime now,
                                std::string& out) {
  sent_id_.revision = change.revision;
  const std::string id = id_of(change.revision);
  const Listing* const listing = index.find(change.provider_id);
  const bool is_live = listing != nullptr && listing->expires() > now;
  const CompiledFilter compiled(options_.filter, now);
  if (is_live && compiled.possible && compiled.accepts(*listing)) {
    return append_event(out, "updated", listing->json(), id);
  }
  const std::string_view reason =
      is_live ? "unmatched" : reason_of(change.departure.value_or(History::State::expired));
  append_event(out, "removed", departure_json(change.provider_id, reason), id);
}

// False: the log does not reach back that far.
bool EventStream::fetch_changes(Revision up_to) {
  auto missed = options_.change_feed.since(sent_id_.epoch, sent_id_.revision, up_to);
  if (!missed) return false;
  todo_ = *std::move(missed);
  done_ = 0;
  if (todo_.empty()) sent_id_.revision = up_to;
  return true;
}

void EventStream::give(const SharedText& text) {
  if (state_ != State::live) return;
  if (queued_bytes_ > limits::kStreamQueueBytes) return lose();
  queued_bytes_ += text->size();
  queue_.push_back(text);
}

void EventStream::note_refresh(const Listing& listing) {
  if (state_ == State::lost) return;
  refreshed_.emplace(listing.provider_id());
  if (refreshed_.size() > limits::kStreamRefreshes) lose();
}

void EventStream::lose() {
  state_ = State::lost;
  release(queue_);
  release(refreshed_);
  options_.exchange.hang_up();
}

// What these times were does not matter any more.
void EventStream::append_refreshed(std::string& out) {
  const CompiledFilter compiled(options_.filter, options_.clock.boot());
  options_.board.read([&](const Index& index) {
    for (size_t i = 0; i < kPieceListings && !refreshed_.empty(); ++i) {
      const std::string id = std::move(refreshed_.extract(refreshed_.begin()).value());
      const Listing* const listing = index.find(id);
      if (listing == nullptr || !compiled.possible || !compiled.matches(*listing)) continue;
      append_event(out, "refreshed", times_json(*listing), {});
    }
  });
}

BodySource::Progress EventStream::take_queued(std::string& out) {
  // Behind what is queued, whose times are older.
  if (queue_.empty()) append_refreshed(out);
  const size_t before = out.size();
  auto text = queue_.begin();
  while (text != queue_.end() && out.size() < kPieceBytes) {
    const std::string_view rest = std::string_view(**text).substr(taken_);
    const size_t size = std::min(rest.size(), kPieceBytes - out.size());
    out.append(rest.substr(0, size));
    taken_ += size;
    if (size < rest.size()) break;
    taken_ = 0;
    ++text;
  }
  queued_bytes_ -= out.size() - before;
  queue_.erase(queue_.begin(), text);
  const bool is_over = queue_.empty() && refreshed_.empty() && state_ == State::live;
  return is_over ? Progress::idle : Progress::more;
}

// Where the stream began later than what was published last, its own mark is the greater one.
bool EventStream::bookmark(Revision published, BootTime now) {
  if (state_ != State::live || !queue_.empty() || !refreshed_.empty()) return false;
  const Revision reached = std::max(sent_id_.revision, published);
  const bool is_due = now - sent_ >= limits::kStreamSilence ||
                      reached - sent_id_.revision >= limits::kStreamBookmarkRevisions;
  if (!is_due) return false;
  sent_id_.revision = reached;
  give(std::make_shared<const std::string>("id: " + id_of(reached) + "\n\n"));
  return true;
}

}  // namespace discovery

#include "board/batch.h"

#include <algorithm>

namespace discovery {

Batch::Batch(const Context& context, size_t changes_expected)
    : context_(context),
      size_(context.committed.size()),
      revision_(context.revision),
      signed_times_(0, context.pins.hash()) {
  changes_.reserve(changes_expected);
  own_.reserve(changes_expected);
  outcomes.reserve(changes_expected);
}

const Listing*& Batch::find(std::string_view id) {
  const auto [own, added] = own_.try_emplace(id);
  if (added) own->second = context_.committed.find(id);
  return own->second;
}

std::optional<SignedTimes> Batch::signed_times_of(const std::optional<ProviderKey>& key) const {
  if (!key) return std::nullopt;
  const auto own = signed_times_.find(*key);
  return own != signed_times_.end() ? own->second : context_.pins.find(*key);
}

std::optional<int64_t> Batch::newest_time_of(std::string_view id) const {
  const auto times = signed_times_of(key_of(id));
  return times ? std::optional(times->newest) : std::nullopt;
}

Outcome Batch::decide(Post& post, Now now) {
  const std::string_view id = post.draft->provider_id();
  const auto key = key_of(id);
  if (auto refused = refusal_of(post, key, now.wall)) return *std::move(refused);
  const Listing*& listed = find(id);
  const Listing* const former = listed;
  if (former == nullptr) {
    if (size_ >= context_.options.providers_max) return {.refusal = Refusal::full};
    const Duration wait = charge_new_provider(post, now.boot);
    if (wait > Duration::zero()) return {.refusal = Refusal::too_many_new, .retry_after = wait};
    ++size_;
  }
  Change change{.listing = post.draft, .provider_id = {}, .proof = post.proof};
  const bool live = former != nullptr && former->expires() > now.boot;
  // An unverified advertisement proves nothing of its origin.
  const bool renews = live && (former->verified() || !post.proof);
  if (former != nullptr && !renews) {
    const WallTime end = live ? now.wall : former->expires_shown();
    change.history = remember(*former, end, History::State::expired);
  }
  if (post.proof) {
    const bool pinned = signed_times_of(key).has_value();
    const SignedTimes times = record_signature(*key, post.proof->time_ms);
    // The row itself has the last time.
    if (!pinned || times.last < times.newest) change.pin_ms = times.newest;
  }
  post.draft->stamp({renews ? former->created() : now.wall, now.wall,
                     now.wall + context_.options.lease, now.boot + context_.options.lease});
  if (!renews || !former->same_content(*post.draft)) {
    assign_revision(change,
                    {former, former == nullptr && context_.unlisted_rows.find(id) != nullptr});
  }
  listed = post.draft.get();
  changes_.push_back(std::move(change));
  return {.listing = post.draft};
}

// An item that is not refused makes one change.
size_t Batch::item_of(size_t change) const {
  const auto makes_change = [&](const Outcome& outcome) {
    return !outcome.refusal && change-- == 0;
  };
  return static_cast<size_t>(std::ranges::find_if(outcomes, makes_change) - outcomes.begin());
}

void Batch::assign_revision(Change& change, Previous before) {
  change.revision = ++revision_;
  previous_.push_back(std::move(before));
}

std::vector<BoardEvent> Batch::events() const {
  std::vector<BoardEvent> events;
  events.reserve(changes_.size());
  auto before = previous_.begin();
  for (const Change& change : changes_) {
    if (change.revision != 0) {
      BoardEvent& event = events.emplace_back(
          BoardEvent{change.revision, before->listing, change.listing, change.provider_id});
      event.is_uncertain = (before++)->is_uncertain;
      if (change.history) event.departure = change.history->state;
    } else if (change.listing) {
      events.push_back({0, change.listing, change.listing, {}});
    }
  }
  return events;
}

void Batch::apply_to(Index& index) const {
  for (const Change& change : changes_) {
    if (change.listing) {
      index.put(change.listing);
    } else if (!change.provider_id.empty()) {
      index.remove(change.provider_id);
    }
  }
}

// Whether this post may speak for its provider (contract, section 5).
std::optional<Outcome> Batch::refusal_of(const Post& post, const std::optional<ProviderKey>& key,
                                         WallTime now) const {
  const auto times = signed_times_of(key);
  if (times && !post.proof) return Outcome{.refusal = Refusal::pinned};
  if (!post.proof) return std::nullopt;
  if (times) return refusal_of(post.proof->time_ms, *times, now);
  if (pins_are_full()) return Outcome{.refusal = Refusal::pins_full};
  return std::nullopt;
}

// Whether the time of a request is used up.
std::optional<Outcome> Batch::refusal_of(int64_t time_ms, const SignedTimes& times,
                                         WallTime now) const {
  const auto binding = binding_time(times, now);
  if (!binding || time_ms > *binding) return std::nullopt;
  return Outcome{.refusal = Refusal::stale, .last_time_ms = *binding};
}

// A time that was accepted while the clock was ahead binds again once the clock comes to it.
std::optional<int64_t> Batch::binding_time(const SignedTimes& times, WallTime now) const {
  for (const int64_t time_ms : {times.newest, times.last}) {
    if (is_binding(time_ms, unix_ms(now), context_.options.signature_window)) return time_ms;
  }
  return std::nullopt;
}

bool Batch::pins_are_full() const {
  return context_.pins.size() + new_pins_ >= context_.options.pins_max;
}

SignedTimes Batch::record_signature(const ProviderKey& key, int64_t time_ms) {
  const auto former = signed_times_of(key);
  if (!former) ++new_pins_;
  const int64_t newest = former ? std::max(former->newest, time_ms) : time_ms;
  return signed_times_[key] = {newest, time_ms};
}

// Zero, or how long the address of a new provider has to wait.
Duration Batch::charge_new_provider(Post& post, BootTime now) {
  if (!post.client || past(std::string(post.draft->provider_id())) || !status_) {
    return Duration::zero();
  }
  const Duration wait = context_.new_provider_limit.charge(*post.client, now);
  // A batch that cannot be committed is decided anew: the charge is made once.
  if (wait == Duration::zero()) post.client.reset();
  return wait;
}

Outcome Batch::decide(const Withdrawal& withdrawal, Now now) {
  const std::string& id = withdrawal.provider_id;
  const auto key = key_of(id);
  const auto times = signed_times_of(key);
  if (times && !withdrawal.time_ms) return {.refusal = Refusal::pinned};
  if (times) {
    if (auto refused = refusal_of(*withdrawal.time_ms, *times, now.wall)) return *refused;
  }
  const Listing*& listing = find(id);
  if (listing == nullptr || listing->expires() <= now.boot) return {.refusal = Refusal::not_found};
  if (withdrawal.time_ms && !times && pins_are_full()) return {.refusal = Refusal::pins_full};
  Change change{.listing = nullptr, .provider_id = id};
  change.history = remember(*listing, now.wall, History::State::withdrawn);
  assign_revision(change, {listing});
  if (withdrawal.time_ms) change.pin_ms = record_signature(*key, *withdrawal.time_ms).newest;
  listing = nullptr;
  --size_;
  changes_.push_back(std::move(change));
  return {};
}

void Batch::expire(const Listing& listing) {
  const std::string id(listing.provider_id());
  Change change{.listing = nullptr, .provider_id = id};
  change.history = remember(listing, listing.expires_shown(), History::State::expired);
  change.pin_ms = newest_time_of(id);
  assign_revision(change, {&listing});
  find(listing.provider_id()) = nullptr;
  --size_;
  changes_.push_back(std::move(change));
}

void Batch::extend(const Listing& listing, Duration by) {
  changes_.push_back({.listing = Listing::extended(listing, by), .provider_id = {}});
}

void Batch::remove(const UnlistedRow& row) {
  Change change;
  const std::string& id = row.canonical_id;
  change.pin_ms = newest_time_of(id.empty() ? row.provider_id : id);
  // What has been written since remembers this stay already.
  if (!id.empty() && !remembers(stored(id).get(), row)) {
    change.history = past(id);
    departed_.insert_or_assign(id, change.history);
  }
  // A post may have taken the row over since.
  if (find(row.provider_id) == nullptr) {
    change.provider_id = row.provider_id;
    if (id == row.provider_id) assign_revision(change, {nullptr, true});
  } else {
    change.pin_ms.reset();
  }
  changes_.push_back(std::move(change));
}

// With the stay that is in the file alone so far, if there is one.
std::shared_ptr<const History> Batch::past(const std::string& id) {
  auto former = stored(id);
  const UnlistedRow* row = context_.unlisted_rows.find(id);
  if (row == nullptr || remembers(former.get(), *row)) return former;
  const Interval listed{row->created, row->updated + context_.options.lease};
  return extended(former.get(), id, listed, row->updated, History::State::expired);
}

bool Batch::remembers(const History* history, const UnlistedRow& row) {
  return history != nullptr && history->last_seen >= row.updated;
}

std::shared_ptr<const History> Batch::stored(const std::string& id) {
  if (const auto own = departed_.find(id); own != departed_.end()) return own->second;
  auto found = context_.store.history(id);
  if (!found) {
    // What is damaged is as if it had never been: it must not keep the provider from posting.
    if (status_ && found.error().code != Code::invalid) status_ = std::move(found).error();
    return nullptr;
  }
  return *found ? std::make_shared<const History>(**std::move(found)) : nullptr;
}

std::shared_ptr<const History> Batch::remember(const Listing& listing, WallTime end,
                                               History::State state) {
  const std::string id(listing.provider_id());
  auto history = extended(past(id).get(), id, {listing.created(), end}, listing.updated(), state);
  departed_.insert_or_assign(id, history);
  return history;
}

std::shared_ptr<const History> Batch::extended(const History* former, const std::string& id,
                                               const Interval& listed, WallTime last_seen,
                                               History::State state) const {
  const bool known = former != nullptr && former->last_seen + kHistoryKept > listed.begin;
  ListedHours hours = known ? ListedHours::decode(former->listed) : ListedHours();
  hours.add(listed, *context_.outages);
  return std::make_shared<const History>(
      History{id, state, known ? former->first_seen : listed.begin, last_seen, hours.encode()});
}

}  // namespace discovery

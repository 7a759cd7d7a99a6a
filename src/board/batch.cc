#include "board/batch.h"

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

std::optional<int64_t> Batch::last_time_ms(const std::optional<ProviderKey>& key) const {
  if (!key) return std::nullopt;
  const auto own = signed_times_.find(*key);
  return own != signed_times_.end() ? own->second : context_.pins.find(*key);
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
    const bool pinned = last_time_ms(key).has_value();
    if (!pinned) change.pin_ms = post.proof->time_ms;
    record_signature(*key, post.proof->time_ms, pinned);
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
  const auto last = last_time_ms(key);
  if (last && !post.proof) return Outcome{.refusal = Refusal::pinned};
  if (!post.proof) return std::nullopt;
  if (last && is_stale(post.proof->time_ms, *last, now)) {
    return Outcome{.refusal = Refusal::stale, .last_time_ms = *last};
  }
  if (!last && pins_are_full()) return Outcome{.refusal = Refusal::pins_full};
  return std::nullopt;
}

bool Batch::is_stale(int64_t time_ms, int64_t last_time_ms, WallTime now) const {
  return time_ms <= last_time_ms &&
         is_binding(last_time_ms, unix_ms(now), context_.options.signature_window);
}

bool Batch::pins_are_full() const {
  return context_.pins.size() + new_pins_ >= context_.options.pins_max;
}

void Batch::record_signature(const ProviderKey& key, int64_t time_ms, bool pinned) {
  signed_times_[key] = time_ms;
  if (!pinned) ++new_pins_;
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
  const auto last = last_time_ms(key);
  if (last && !withdrawal.time_ms) return {.refusal = Refusal::pinned};
  if (last && is_stale(*withdrawal.time_ms, *last, now.wall)) {
    return {.refusal = Refusal::stale, .last_time_ms = *last};
  }
  const Listing*& listing = find(id);
  if (listing == nullptr || listing->expires() <= now.boot) return {.refusal = Refusal::not_found};
  if (withdrawal.time_ms && !last && pins_are_full()) return {.refusal = Refusal::pins_full};
  Change change{.listing = nullptr, .provider_id = id};
  change.history = remember(*listing, now.wall, History::State::withdrawn);
  assign_revision(change, {listing});
  change.pin_ms = withdrawal.time_ms;
  if (withdrawal.time_ms) record_signature(*key, *withdrawal.time_ms, last.has_value());
  listing = nullptr;
  --size_;
  changes_.push_back(std::move(change));
  return {};
}

void Batch::expire(const Listing& listing) {
  const std::string id(listing.provider_id());
  Change change{.listing = nullptr, .provider_id = id};
  change.history = remember(listing, listing.expires_shown(), History::State::expired);
  change.pin_ms = last_time_ms(key_of(id));
  assign_revision(change, {&listing});
  find(listing.provider_id()) = nullptr;
  --size_;
  changes_.push_back(std::move(change));
}

void Batch::extend(const Listing& listing, const LeaseCredit& credit, BootTime now) {
  const Duration lease = context_.options.lease;
  const Duration given = listing.expires() - listing.posted() - lease;
  const Duration more = credit.of(listing.posted(), lease, now) - given;
  if (more > Duration::zero()) {
    changes_.push_back({.listing = Listing::extended(listing, more), .provider_id = {}});
  }
}

void Batch::remove(const UnlistedRow& row) {
  Change change;
  const std::string& id = row.canonical_id;
  change.pin_ms = last_time_ms(key_of(id.empty() ? row.provider_id : id));
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

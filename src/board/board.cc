#include "board/board.h"

#include <algorithm>
#include <new>
#include <random>
#include <span>
#include <utility>

#include "base/catch_exceptions.h"
#include "base/limits.h"
#include "base/release.h"
#include "identity/provider_id.h"

namespace discovery {

namespace {

// After a batch of so many posts the next one is delayed to grow; and so many posts are committed
// at once.
constexpr size_t kCoalesceFrom = 4;
constexpr size_t kCommitAt = 32;
constexpr int kRemovalTries = 32;  // in a step, where some are refused
const Outcome kBusy{.refusal = Refusal::busy};

std::string provider_of(const std::variant<Post, Withdrawal>& request) {
  const auto* const post = std::get_if<Post>(&request);
  return post != nullptr ? std::string(post->draft->provider_id())
                         : std::get<Withdrawal>(request).provider_id;
}

uint64_t random_number() {
  std::random_device device;
  return (uint64_t{device()} << 32 | device()) >> 1;  // fits SQLite's integers
}

}  // namespace

Board::Board(const BoardOptions& options, Store& store)
    : options_(options),
      store_(store),
      index_(options.seed),
      pins_(options.seed),
      refusal_notes_(options.seed),
      new_provider_limit_(options.new_providers_per_hour, options.seed),
      records_(options_, store, pins_, refusal_notes_),
      leases_(options.lease, options.outage_credit) {}

Board::~Board() = default;

Result<LoadReport> Board::load(const ValidationOptions& validation, Now now) {
  Result<LoadedBoard> loaded = load_board(store_, pins_, validation, leases_.credit(), now);
  if (!loaded) return loaded.error();
  repairs_ = std::move(loaded->repairs);
  static_cast<void>(repair());  // the writer tries again
  Result<ChangeLogState> log = store_.open_epoch(random_number());
  if (!log) return log.error();
  // The log does not name what is listed no more though its lease runs.
  if (loaded->report.refused > 0) log->epochs.erase(log->epochs.begin(), log->epochs.end() - 1);
  const Revision revision = log->revision;
  change_feed_.open(*std::move(log));
  {
    const MutexLock lock(mutex_);
    outages_ = std::make_shared<const Outages>(std::move(loaded->outages));
  }
  records_.begin(now.wall);
  expiry_ = ExpirySweep(std::move(loaded->unlisted_rows));
  for (ListingPtr& listing : loaded->listings) index_.idle().put(std::move(listing));
  index_.idle().set_last(0, revision);
  index_.flip();
  return loaded->report;
}

Status Board::publish(Post post, ReplyTo reply_to, BootTime now) {
  return enqueue({std::move(post), std::move(reply_to), now});
}

Status Board::withdraw(Withdrawal withdrawal, ReplyTo reply_to, BootTime now) {
  return enqueue({std::move(withdrawal), std::move(reply_to), now});
}

Status Board::enqueue(Item item) {
  Executor& executor = *item.reply_to.executor;
  size_t queued = 0;
  {
    const MutexLock lock(mutex_);
    if (abandoned_) return fail(Code::busy, "the board takes no more");
    if (queue_.size() >= options_.queue_max) return fail(Code::busy, "the publish queue is full");
    queue_.push_back(std::move(item));
    queued = queue_.size();
  }
  if (queued != 1 && queued != kCommitAt) return {};
  // By way of the thread, so that one batch takes all that its turn brings.
  try {
    executor.post([this] { notify(); });
  } catch (const std::bad_alloc&) {
    notify();
  }
  return {};
}

void Board::wait(Duration at_most) {
  const MutexLock lock(mutex_);
  if (!notified_ && !interrupted_) woken_.wait_for(mutex_, at_most);
  notified_ = interrupted_ = false;
}

void Board::pause(Duration at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  const MutexLock lock(mutex_);
  while (!interrupted_ && woken_.wait_until(mutex_, until) == std::cv_status::no_timeout) {
  }
}

void Board::coalesce(std::chrono::steady_clock::time_point until) {
  if (last_batch_size_ < kCoalesceFrom) return;
  const MutexLock lock(mutex_);
  while (!interrupted_ && queue_.size() < kCommitAt &&
         woken_.wait_until(mutex_, until) == std::cv_status::no_timeout) {
  }
}

void Board::notify() {
  {
    const MutexLock lock(mutex_);
    notified_ = true;
  }
  woken_.notify_one();
}

void Board::interrupt() {
  {
    const MutexLock lock(mutex_);
    interrupted_ = true;
  }
  woken_.notify_one();
}

std::optional<Error> Board::write_fault() const {
  const MutexLock lock(mutex_);
  return write_fault_;
}

Board::Step Board::step(Now now) {
  // The second copy is made here, so that reads need not wait for it. It is not contained:
  // half a copy could not be mended, nothing is acknowledged yet, and a process without memory for
  // it has too little to serve.
  if (!std::exchange(has_both_, true)) index_.idle().copy(index_.in_use());
  Result<Step> taken = catch_exceptions([&] { return take_step(now); });
  if (taken) return *taken;
  hold_back(std::move(taken).error(), now);
  return Step::held;
}

Result<Board::Step> Board::take_step(Now now) {
  expiry_.begin();
  extend_leases(now);
  const bool more_queued = take_queued();
  if (const Status repaired = repair(); !repaired) return repaired.error();
  Batch batch(context(), items_.size());
  if (!removes_apart_) remove_due(batch, now.boot);
  for (Item& item : items_) {
    // Items of one batch are a microsecond apart, so that their order is the board's order.
    const Duration offset{static_cast<int64_t>(batch.outcomes.size())};
    const Now then{now.wall + offset, now.boot + offset};
    batch.outcomes.push_back(
        std::visit([&](auto& request) { return batch.decide(request, then); }, item.request));
  }
  if (const Status committed = commit(batch, now); !committed) {
    return refuse_alone(committed.error(), batch, now);
  }
  const bool more_expired = expiry_.has_more();
  publish_batch(batch, now);
  expiry_.commit(now.boot);
  // Behind the answers of what did get written.
  if (const Status taken = probe(now); !taken) return taken.error();
  // No request waits for these; the next step finds out what is wrong with the store.
  if (removes_apart_ && !remove_apart(now)) faulty_ = true;
  if (!clean_up(more_expired, now)) faulty_ = true;
  return more_queued || more_expired ? Step::more : Step::idle;
}

Batch::Context Board::context() {
  return {options_,
          index_.in_use(),
          pins_,
          outages(),
          expiry_.unlisted_rows(),
          store_,
          new_provider_limit_,
          change_feed_.revision()};
}

void Board::remove_due(Batch& batch, BootTime now) {
  expiry_.expire_listings(index_.in_use(), now, batch);
  if (now >= next_clean_up_) expiry_.remove_unlisted(now, batch);
}

// What the store refuses alone is refused alone, and the rest of the batch tried again: a removal
// is put aside, and from then on no post waits for removals, until all have succeeded again.
Result<Board::Step> Board::refuse_alone(const Error& error, const Batch& batch, Now now) {
  const auto refused = batch.status() ? store_.refused() : std::nullopt;
  if (!refused) return error;
  // It may as well be the store that takes nothing.
  faulty_ = true;
  if (const Status taken = probe(now); !taken) return taken.error();
  if (*refused < expiry_.removals()) {
    lone_fault_ = LoneFault{expiry_.put_aside(*refused, now.boot), error};
    removes_apart_ = true;
    return items_.empty() ? Step::idle : Step::more;
  }
  const auto item =
      items_.begin() + static_cast<ptrdiff_t>(batch.item_of(*refused - expiry_.removals()));
  lone_fault_ = LoneFault{provider_of(item->request), error};
  std::rotate(items_.begin(), item, item + 1);
  complete(items_, 1, [](size_t) { return Outcome{.refusal = Refusal::failed}; });
  items_.erase(items_.begin());
  return Step::more;
}

Status Board::remove_apart(Now now) {
  for (int tries = 0; tries < kRemovalTries; ++tries) {
    expiry_.begin();
    Batch batch(context(), 0);
    remove_due(batch, now.boot);
    Status committed = commit(batch, now);
    const auto refused = batch.status() ? store_.refused() : std::nullopt;
    if (committed) {
      removes_apart_ = expiry_.has_more();
      publish_batch(batch, now);
      expiry_.commit(now.boot);
      return {};
    }
    if (!refused) return committed;
    lone_fault_ = LoneFault{expiry_.put_aside(*refused, now.boot), committed.error()};
  }
  return {};
}

// What was loaded in other spellings than the contract's. A row that cannot be mended stays as it
// is, and is looked at again by the next start.
Status Board::repair() {
  while (!repairs_.empty()) {
    Status repaired = store_.apply(repairs_);
    const auto refused = store_.refused();
    if (repaired) {
      release(repairs_);
    } else if (refused) {
      repairs_.erase(repairs_.begin() + static_cast<ptrdiff_t>(*refused));
    } else {
      return repaired;
    }
  }
  return {};
}

// Needs no store: the rows keep the times of their posts.
void Board::extend_leases(Now now) {
  Batch batch(context(), 0);
  leases_.extend(index_.in_use(), expiry_.is_due(now.boot), now.boot, batch);
  if (!batch.changes().empty()) publish_batch(batch, now);
}

void Board::end_outage(Now now) {
  const Duration lasted = leases_.resume(index_.in_use(), now.boot);
  const auto recorded = records_.record_outage(lasted, now);
  if (!recorded) return;
  auto outages = std::make_shared<Outages>(*this->outages());
  outages->push_back(*recorded);
  const MutexLock lock(mutex_);
  outages_ = std::move(outages);
}

std::shared_ptr<const Outages> Board::outages() const {
  const MutexLock lock(mutex_);
  return outages_;
}

Status Board::commit(const Batch& batch, Now now) {
  if (!batch.status()) return batch.status();
  if (!batch.changes().empty()) return store_.apply(batch.changes());
  return faulty_ ? probe(now) : store_.check();
}

// A store that has failed is well again once it has room for any post: a small change may still fit
// where the next post does not.
Status Board::probe(Now now) {
  if (!faulty_) return {};
  if (Status taken = store_.apply({}); !taken) return taken;
  faulty_ = false;
  end_outage(now);
  const MutexLock lock(mutex_);
  write_fault_.reset();
  return {};
}

// Up to a full batch, in the order of arrival; what a fault has held back comes first.
bool Board::take_queued() {
  const MutexLock lock(mutex_);
  const size_t room = options_.batch_max - std::min(options_.batch_max, items_.size());
  for (size_t i = std::min(room, queue_.size()); i > 0; --i) {
    items_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  last_batch_size_ = items_.size();
  return !queue_.empty();
}

void Board::publish_batch(Batch& batch, Now now) noexcept {
  const bool changed = !batch.changes().empty() || expiry_.has_swept();
  change_feed_.record(batch.changes());
  steps_ += changed ? 1 : 0;
  const Revision revision = change_feed_.revision();
  const auto apply = [&](Index& index) {
    batch.apply_to(index);
    index.set_last(steps_, revision);
    if (expiry_.is_complete()) index.refresh_zone_maps(now.boot);
  };
  for (const auto& [key, times] : batch.signed_times()) pins_.set(key, times);
  if (changed) {
    apply(index_.idle());
    index_.flip();
  }
  const size_t count = batch.outcomes.size();
  complete(items_, count, [&](size_t i) { return std::move(batch.outcomes[i]); });
  items_.erase(items_.begin(), items_.begin() + static_cast<ptrdiff_t>(count));
  if (changed && change_feed_.has_subscribers()) {
    change_feed_.publish(std::make_shared<const EventBatch>(EventBatch{steps_, batch.events()}));
  }
  if (changed) {
    index_.wait_for_readers();
    apply(index_.idle());
  }
}

Status Board::clean_up(bool more_expired, Now now) {
  if (more_expired) return {};
  Status made = records_.make_room_for_pins(index_.in_use(), now);
  if (!made || now.boot < next_clean_up_) return made;
  next_clean_up_ = now.boot + options_.clean_up_interval;
  return records_.keep(index_.in_use(), now);
}

Status Board::record_shutdown(Now now) { return records_.keep_all(index_.in_use(), now); }

// Keeps what may still succeed, and completes what has waited long enough as busy; what finds no
// memory to be completed waits for the next step.
void Board::hold_back(Error error, Now now) noexcept {
  faulty_ = true;
  static_cast<void>(catch_exceptions([&]() -> Status {
    leases_.stop(now.boot);
    return {};
  }));
  {
    const MutexLock lock(mutex_);
    write_fault_ = std::move(error);
  }
  for (size_t completed = 1; completed > 0;) {
    const Status tried = catch_exceptions([&]() -> Status {
      if (items_.empty()) take_queued();
      complete(items_, count_due(now), [](size_t) { return kBusy; });
      return {};
    });
    completed =
        std::erase_if(items_, [](const Item& item) { return item.reply_to.executor == nullptr; });
    if (!tried || !items_.empty()) return;  // the queue holds nothing older
  }
}

size_t Board::count_due(Now now) const {
  const MutexLock lock(mutex_);
  const auto is_due = [&, ended = holding_ends_ <= now.boot](const Item& item) {
    return ended || item.queued + options_.hold <= now.boot;
  };
  return static_cast<size_t>(std::ranges::find_if_not(items_, is_due) - items_.begin());
}

void Board::end_holding(BootTime end) {
  const MutexLock lock(mutex_);
  holding_ends_ = end;
}

void Board::abandon() {
  {
    const MutexLock lock(mutex_);
    abandoned_ = true;
  }
  do {
    complete(items_, items_.size(), [](size_t) { return kBusy; });
    items_.clear();
    take_queued();
  } while (!items_.empty());
}

}  // namespace discovery

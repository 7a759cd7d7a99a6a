#include "board/board.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace discovery {

namespace {

// Removals that one batch makes beside its posts: few enough that no post waits long behind them.
constexpr size_t kRemovalsMax = 256;
constexpr Duration kSweepInterval = std::chrono::seconds{1};

}  // namespace

/// What one step decides, before anything of it is true.
class Board::Batch {
 public:
  Batch(const Index& committed, size_t changes) : committed_(committed), size_(committed.size()) {
    changes_.reserve(changes);
    own_.reserve(changes);
  }

  /// What stands under an id, the batch's own earlier changes included (null: nothing); expired or
  /// not. Good until the next call: put() and remove() take it to say what stands there now.
  const Listing*& find(std::string_view id) {
    const auto [own, added] = own_.try_emplace(id, nullptr);
    if (added) own->second = committed_.find(id);
    return own->second;
  }
  void put(const ListingDraft& listing, const Listing*& former) {
    if (former == nullptr) ++size_;
    former = listing.get();
    changes_.push_back({listing, {}});
  }
  void remove(std::string_view id, const Listing*& former) {
    --size_;
    former = nullptr;
    changes_.push_back({nullptr, std::string(id)});
  }
  void remove_leftover(const std::string& stored_id) { changes_.push_back({nullptr, stored_id}); }

  size_t size() const { return size_; }
  const std::vector<Change>& changes() const { return changes_; }

  std::vector<Outcome> outcomes;  // one per item
  size_t leftovers = 0;           // taken from the back of leftovers_
  bool swept = false;
  bool more_expired = false;

 private:
  const Index& committed_;
  size_t size_;
  std::vector<Change> changes_;
  // What the batch has looked at, as it leaves it. Views of ids that the items or the committed
  // listings own.
  boost::unordered_flat_map<std::string_view, const Listing*> own_;
};

void Outbox::prompt(Board& board) { board.ring(); }

Board::Board(const BoardOptions& options, Store& store)
    : options_(options), store_(store), index_(options.seed) {}

Board::~Board() = default;

Result<LoadReport> Board::load(const CodecOptions& codec, unsigned threads, Now now) {
  Result<LoadedBoard> loaded = load_board(store_, codec, threads, options_.lease, now);
  if (!loaded) return loaded.error();
  if (!loaded->repairs.empty()) {
    if (const Status repaired = store_.apply(loaded->repairs); !repaired) return repaired.error();
  }
  leftovers_ = std::move(loaded->leftovers);
  const auto fill = [&](Index& index) {
    for (const ListingPtr& listing : loaded->listings) index.put(listing);
  };
  std::thread other([&] { fill(index_.copies()[1]); });
  fill(index_.copies()[0]);
  other.join();
  return loaded->report;
}

Status Board::publish(ListingDraft draft, Done done, BootTime now) {
  return enqueue({std::move(draft), {}, std::move(done), now});
}

Status Board::withdraw(std::string provider_id, Done done, BootTime now) {
  return enqueue({nullptr, std::move(provider_id), std::move(done), now});
}

Status Board::enqueue(Item item) {
  Outbox& outbox = *item.done.outbox;
  bool first = false;
  {
    const MutexLock lock(mutex_);
    if (abandoned_) return fail(Code::busy, "the board takes no more");
    if (queue_.size() >= options_.queue_max) return fail(Code::busy, "the publish queue is full");
    first = queue_.empty();
    queue_.push_back(std::move(item));
  }
  if (first) outbox.prompt(*this);
  return {};
}

void Board::wait(Duration at_most) {
  const MutexLock lock(mutex_);
  if (!rung_ && !wake_) woken_.wait_for(mutex_, at_most);
  rung_ = wake_ = false;
}

void Board::pause(Duration at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  const MutexLock lock(mutex_);
  while (!wake_ && woken_.wait_until(mutex_, until) == std::cv_status::no_timeout) {
  }
}

void Board::ring() {
  {
    const MutexLock lock(mutex_);
    rung_ = true;
  }
  woken_.notify_one();
}

void Board::wake() {
  {
    const MutexLock lock(mutex_);
    wake_ = true;
  }
  woken_.notify_one();
}

std::string Board::write_fault() const {
  const MutexLock lock(mutex_);
  return write_fault_;
}

void Board::set_write_fault(std::string fault) {
  const MutexLock lock(mutex_);
  write_fault_ = std::move(fault);
}

Board::Step Board::step(Now now) {
  const bool more_queued = take_queued();
  Batch batch(index_.in_use(), items_.size());
  decide_expiries(now, batch);
  batch.outcomes.reserve(items_.size());
  for (Item& item : items_) batch.outcomes.push_back(decide(item, now, batch));
  // An empty transaction finds out whether a store that failed is well again.
  if (!batch.changes().empty() || faulty_) {
    if (const Status applied = store_.apply(batch.changes()); !applied) {
      hold_back(applied.error(), now);
      return Step::held;
    }
    if (std::exchange(faulty_, false)) set_write_fault({});
  }
  publish_batch(batch, now);
  return more_queued || batch.more_expired ? Step::more : Step::idle;
}

// Up to a full batch, in the order of arrival; what a fault has held back comes first.
bool Board::take_queued() {
  const MutexLock lock(mutex_);
  const size_t room = options_.batch_max - std::min(options_.batch_max, items_.size());
  if (items_.empty() && queue_.size() <= room) {
    std::swap(items_, queue_);
    return false;
  }
  const auto taken = queue_.begin() + static_cast<ptrdiff_t>(std::min(room, queue_.size()));
  std::move(queue_.begin(), taken, std::back_inserter(items_));
  queue_.erase(queue_.begin(), taken);
  return !queue_.empty();
}

// Removes in bounded steps; the rest follows in the next batches. Reads hide what has expired
// anyway.
void Board::decide_expiries(Now now, Batch& batch) {
  if (now.boot >= next_sweep_) {
    std::vector<const Listing*> expired;
    index_.in_use().find_expired(now.boot, kRemovalsMax, expired);
    for (const Listing* listing : expired) {
      batch.remove(listing->provider_id(), batch.find(listing->provider_id()));
    }
    batch.swept = true;
    batch.more_expired = expired.size() == kRemovalsMax;
  }
  if (now.boot < next_clean_up_) return;
  for (; batch.leftovers < std::min(kRemovalsMax, leftovers_.size()); ++batch.leftovers) {
    const Leftover& leftover = leftovers_[leftovers_.size() - 1 - batch.leftovers];
    if (leftover.due > now.boot) return;
    // A post has taken the row over since.
    if (index_.in_use().find(leftover.provider_id) != nullptr) continue;
    batch.remove_leftover(leftover.provider_id);
  }
  batch.more_expired |= batch.leftovers == kRemovalsMax;
}

Outcome Board::decide(Item& item, Now now, Batch& batch) {
  // Items of one batch are a microsecond apart, so that their order is the board's order.
  const Duration offset{static_cast<int64_t>(batch.outcomes.size())};
  if (item.draft) return decide_post(item, {now.wall + offset, now.boot + offset}, batch);
  const Listing*& listing = batch.find(item.provider_id);
  if (listing == nullptr || listing->expires() <= now.boot) return {Refusal::not_found, nullptr};
  batch.remove(item.provider_id, listing);
  return {};
}

Outcome Board::decide_post(Item& item, Now now, Batch& batch) {
  const Listing*& former = batch.find(item.draft->provider_id());
  if (former == nullptr && batch.size() >= options_.providers_max) return {Refusal::full, nullptr};
  const bool renews = former != nullptr && former->expires() > now.boot;
  item.draft->stamp({renews ? former->created() : now.wall, now.wall, now.wall + options_.lease,
                     now.boot + options_.lease});
  batch.put(item.draft, former);
  return {std::nullopt, item.draft};
}

void Board::publish_batch(Batch& batch, Now now) {
  const auto apply = [&](Index& index) {
    for (const Change& change : batch.changes()) {
      if (change.listing) {
        index.put(change.listing);
      } else {
        index.remove(change.provider_id);
      }
    }
    if (batch.swept) index.tighten(now.boot);
  };
  const bool changed = !batch.changes().empty() || batch.swept;
  if (changed) {
    apply(index_.idle());
    index_.flip();
  }
  settle(items_, std::move(batch.outcomes));
  items_.clear();
  if (changed) {
    index_.wait_for_readers();
    apply(index_.idle());
  }
  leftovers_.resize(leftovers_.size() - batch.leftovers);
  if (batch.more_expired) return;
  if (batch.swept) next_sweep_ = now.boot + kSweepInterval;
  if (now.boot >= next_clean_up_) next_clean_up_ = now.boot + options_.clean_up_interval;
}

// Keeps what may still succeed, and settles what has waited long enough.
void Board::hold_back(const Error& error, Now now) {
  faulty_ = true;
  std::vector<Item> due;
  {
    const MutexLock lock(mutex_);
    const bool ended = holding_ends_ <= now.boot;
    const auto is_due = [&](const Item& item) {
      return ended || item.queued + options_.hold <= now.boot;
    };
    write_fault_ = error.message;
    for (std::vector<Item>* items : {&items_, &queue_}) {
      const auto kept = std::find_if_not(items->begin(), items->end(), is_due);
      std::move(items->begin(), kept, std::back_inserter(due));
      items->erase(items->begin(), kept);
    }
  }
  settle(due, std::vector<Outcome>(due.size(), {Refusal::busy, nullptr}));
}

void Board::end_holding(BootTime end) {
  const MutexLock lock(mutex_);
  holding_ends_ = end;
}

void Board::abandon() {
  {
    const MutexLock lock(mutex_);
    abandoned_ = true;
    std::move(queue_.begin(), queue_.end(), std::back_inserter(items_));
    queue_.clear();
  }
  settle(items_, std::vector<Outcome>(items_.size(), {Refusal::busy, nullptr}));
  items_.clear();
}

void Board::settle(std::vector<Item>& items, std::vector<Outcome> outcomes) {
  std::vector<std::pair<Outbox*, std::vector<Settlement>>> parcels;  // one per I/O thread: few
  for (size_t i = 0; i < items.size(); ++i) {
    Outbox* outbox = items[i].done.outbox;
    auto parcel = std::ranges::find(parcels, outbox, &decltype(parcels)::value_type::first);
    if (parcel == parcels.end()) {
      parcel = parcels.emplace(parcels.end(), outbox, std::vector<Settlement>{});
      parcel->second.reserve(items.size() - i);
    }
    parcel->second.push_back({std::move(items[i].done.waiter), std::move(outcomes[i])});
  }
  for (auto& [outbox, settlements] : parcels) outbox->deliver(std::move(settlements));
}

}  // namespace discovery

// The board: what is there, as of one committed batch.
//
// Many threads read and publish. One writer thread calls step(), which takes what has queued up,
// commits it as one transaction, makes it visible, and completes every request: durable first,
// visible second, answered third.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "advertisement/validation.h"
#include "base/left_right.h"
#include "base/mutex.h"
#include "base/result.h"
#include "board/batch.h"
#include "board/change_feed.h"
#include "board/expiry_sweep.h"
#include "board/index/index.h"
#include "board/lease_extension.h"
#include "board/loader.h"
#include "board/post.h"
#include "board/providers/listed_hours.h"
#include "board/providers/new_provider_limit.h"
#include "board/providers/pins.h"
#include "board/providers/refusal_notes.h"
#include "board/queued_request.h"
#include "board/record_keeper.h"
#include "identity/provider_key.h"
#include "store/store.h"

namespace discovery {

class Board {
 public:
  Board(const BoardOptions& options, Store& store);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// Fills the empty board from the store. Before the first read() and the first step(); posts may
  /// queue meanwhile.
  Result<LoadReport> load(const ValidationOptions& validation, Now now);

  /// Queues a post; thread-safe. Code::busy when the queue is full or the board abandoned;
  /// `reply_to` is not used then.
  Status publish(Post post, ReplyTo reply_to, BootTime now);
  /// Queues a withdrawal; as publish().
  Status withdraw(Withdrawal withdrawal, ReplyTo reply_to, BootTime now);

  /// The newest time that a key has signed, if it is pinned: good for refusing early, while the
  /// writer decides. Thread-safe.
  std::optional<int64_t> last_time_ms(const ProviderKey& key) const { return pins_.newest(key); }
  /// Whether four fifths of the keys that can be remembered have signed. Thread-safe.
  bool pins_run_short() const { return pins_.size() >= options_.pins_max - options_.pins_max / 5; }
  /// When the board was down, or could write nothing. After load(); thread-safe from then on.
  std::shared_ptr<const Outages> outages() const;
  /// The changes, in order, for watches.
  ChangeFeed& change_feed() { return change_feed_; }
  /// Written where posts are refused, read where a provider is shown.
  RefusalNotes& refusal_notes() { return refusal_notes_; }

  /// Calls `visit(const Index&)` on one committed state; thread-safe and without waiting. The
  /// visitor must not block, and must not keep anything but counted handles.
  template <class F>
  auto read(F&& visit) const {
    return index_.read(std::forward<F>(visit));
  }

  enum class Step {
    idle,  // nothing is left to do before the next expiry
    more,  // call again at once
    held,  // the store refused; what was queued is kept for the next try
  };
  /// One batch of posts, withdrawals and expiries; the writer's thread only (tests call it
  /// themselves).
  Step step(Now now);

  /// Blocks the writer until notify() or interrupt() is called, or `at_most` has passed.
  void wait(Duration at_most);
  /// The same, but notify() does not end it.
  void pause(Duration at_most);
  /// Delays the next batch until `until`, or until it is large, where the last one was not small: a
  /// commit costs more than the posts in it. A lone post is not delayed.
  void coalesce(std::chrono::steady_clock::time_point until);
  /// What was queued waits for the writer. Thread-safe, as interrupt().
  void notify();
  void interrupt();

  /// Nothing is held for the store beyond `end`: the process is about to stop. Thread-safe.
  void end_holding(BootTime end);

  /// Writes down that the board was up until now. After the last step().
  Status record_shutdown(Now now);
  /// Completes everything still queued as busy, and takes no more. After the last step().
  void abandon();

  /// Why the store takes no writes at the moment; empty when it does. Thread-safe.
  std::optional<Error> write_fault() const;

  Duration lease() const { return options_.lease; }

  /// A change that the store refused, and it alone: the provider's id, and why.
  struct LoneFault {
    std::string provider_id;
    Error error;
  };
  /// The last since the last call, of those that there were. The writer's thread only.
  std::optional<LoneFault> take_lone_fault() { return std::exchange(lone_fault_, std::nullopt); }

 private:
  using Item = QueuedRequest;

  Result<Step> take_step(Now now);
  Batch::Context context();
  void remove_due(Batch& batch, BootTime now);
  void extend_leases(Now now);
  void end_outage(Now now);
  Status repair();
  Result<Step> refuse_alone(const Error& error, const Batch& batch, Now now);
  Status remove_apart(Now now);
  Status enqueue(Item item);
  bool take_queued();
  Status commit(const Batch& batch, Now now);
  Status probe(Now now);
  /// Shows the batch, and completes the items that it was made of, the first of items_. What is
  /// committed cannot be undone, and readers must never see part of a committed batch: if this
  /// throws, the process has to end.
  void publish_batch(Batch& batch, Now now) noexcept;
  Status clean_up(bool more_expired, Now now);
  void hold_back(Error error, Now now) noexcept;
  size_t count_due(Now now) const;

  const BoardOptions options_;
  Store& store_;
  LeftRight<Index> index_;
  ChangeFeed change_feed_;
  Pins pins_;
  RefusalNotes refusal_notes_;

  // The writer's own.
  NewProviderLimit new_provider_limit_;
  std::vector<Item> items_;  // this step's; after a fault, what waits for the next
  ExpirySweep expiry_;
  RecordKeeper records_;
  LeaseExtension leases_;
  std::vector<Change> repairs_;  // of what was loaded, that are not written yet
  size_t last_batch_size_ = 0;   // how many items the last step took
  bool removes_apart_ = false;   // from the items, since the store has refused some
  std::optional<LoneFault> lone_fault_;
  uint64_t steps_ = 0;     // that changed the board
  bool faulty_ = false;    // a try to write has failed, and no probe has succeeded since
  bool has_both_ = false;  // copies of what was loaded
  BootTime next_clean_up_{};

  mutable Mutex mutex_;
  std::condition_variable_any woken_;
  std::deque<Item> queue_ GUARDED_BY(mutex_);
  bool notified_ GUARDED_BY(mutex_) = false;
  bool interrupted_ GUARDED_BY(mutex_) = false;
  BootTime holding_ends_ GUARDED_BY(mutex_) = BootTime::max();
  bool abandoned_ GUARDED_BY(mutex_) = false;
  std::optional<Error> write_fault_ GUARDED_BY(mutex_);
  std::shared_ptr<const Outages> outages_ GUARDED_BY(mutex_) = std::make_shared<const Outages>();
};

}  // namespace discovery

// The board: what is there, as of one committed batch.
//
// Many threads read and publish. One writer thread calls step(), which takes what has queued up,
// commits it as one transaction, makes it visible, and settles every waiter: durable first, visible
// second, answered third.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <condition_variable>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "advertisement/codec.h"
#include "advertisement/listing.h"
#include "base/mutex.h"
#include "base/result.h"
#include "board/index.h"
#include "board/left_right.h"
#include "board/loader.h"
#include "store/store.h"

namespace discovery {

class Board;

enum class Refusal {
  not_found,  // nothing live to withdraw
  full,       // the board has as many providers as it may
  busy,       // the store did not take it in time
};

/// What became of a post or a withdrawal. `listing` is the stored advertisement of an accepted
/// post.
struct Outcome {
  std::optional<Refusal> refusal;
  ListingPtr listing;
};

/// Whoever waits for an Outcome. Settled exactly once, on the thread of its Outbox.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void settle(const Outcome& outcome) = 0;
};

struct Settlement {
  std::shared_ptr<Waiter> waiter;
  Outcome outcome;
};

/// Stands for one thread towards the board. Outlives the board's last step.
class Outbox {
 public:
  virtual ~Outbox() = default;
  /// Carries a batch's outcomes back. Called on the writer's thread; must not block.
  virtual void deliver(std::vector<Settlement> settlements) = 0;
  /// Calls Board::ring() when its thread has handled what is at hand, so that one batch takes it
  /// all. Called by publish() and withdraw(), when they find the queue empty.
  virtual void prompt(Board& board);
};

/// Whom to tell, and where.
struct Done {
  Outbox* outbox = nullptr;
  std::shared_ptr<Waiter> waiter;
};

struct BoardOptions {
  Duration lease = std::chrono::minutes{5};
  Duration clean_up_interval = std::chrono::seconds{60};
  Duration hold = std::chrono::seconds{10};  // how long a post may wait for the store
  size_t providers_max = 2'000'000;
  size_t queue_max = 65'536;
  size_t batch_max = 1'024;
  uint64_t seed = 0;  // keys the hash of provider ids
};

class Board {
 public:
  Board(const BoardOptions& options, Store& store);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// Fills the empty board from the store, on up to `threads` threads. Before the first read() and
  /// the first step(); posts may queue meanwhile.
  Result<LoadReport> load(const CodecOptions& codec, unsigned threads, Now now);

  /// Queues a post; thread-safe. Code::busy when the queue is full or the board abandoned; `done`
  /// is not used then.
  Status publish(ListingDraft draft, Done done, BootTime now);
  /// Queues the withdrawal of a canonical provider id; as publish().
  Status withdraw(std::string provider_id, Done done, BootTime now);

  /// Calls `visit(const Index&)` on one committed state; thread-safe, waits for nobody. The visitor
  /// must not block, and must not keep anything but counted handles.
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

  /// Blocks the writer until ring() or wake() is called, or `at_most` has passed.
  void wait(Duration at_most);
  /// The same, whoever rings.
  void pause(Duration at_most);
  /// What was queued waits for the writer. Thread-safe, as wake().
  void ring();
  void wake();

  /// Nothing is held for the store beyond `end`: the process is about to stop. Thread-safe.
  void end_holding(BootTime end);

  /// Settles everything still queued as busy, and takes no more. After the last step().
  void abandon();

  /// Why the store takes no writes at the moment; empty when it does. Thread-safe.
  std::string write_fault() const;

  Duration lease() const { return options_.lease; }

 private:
  struct Item {
    ListingDraft draft;       // null: a withdrawal
    std::string provider_id;  // of a withdrawal
    Done done;
    BootTime queued;
  };
  class Batch;

  Status enqueue(Item item);
  bool take_queued();
  void decide_expiries(Now now, Batch& batch);
  Outcome decide(Item& item, Now now, Batch& batch);
  Outcome decide_post(Item& item, Now now, Batch& batch);
  void publish_batch(Batch& batch, Now now);
  void hold_back(const Error& error, Now now);
  void set_write_fault(std::string fault);
  static void settle(std::vector<Item>& items, std::vector<Outcome> outcomes);

  const BoardOptions options_;
  Store& store_;
  LeftRight<Index> index_;

  // The writer's own.
  std::vector<Item> items_;          // this step's; after a fault, what waits for the next
  std::vector<Leftover> leftovers_;  // rows of the file that are not listed, last due first
  bool faulty_ = false;              // the last try to write failed
  BootTime next_sweep_{};
  BootTime next_clean_up_{};

  mutable Mutex mutex_;
  std::condition_variable_any woken_;
  std::vector<Item> queue_ GUARDED_BY(mutex_);
  bool rung_ GUARDED_BY(mutex_) = false;
  bool wake_ GUARDED_BY(mutex_) = false;
  BootTime holding_ends_ GUARDED_BY(mutex_) = BootTime::max();
  bool abandoned_ GUARDED_BY(mutex_) = false;
  std::string write_fault_ GUARDED_BY(mutex_);
};

}  // namespace discovery

// The board: what is there, as of one committed batch.
//
// Many threads read and publish; one writer thread calls step(), which takes what has queued up,
// commits it as one transaction, makes it visible, and settles every waiter: durable first, visible
// second, answered third.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "advertisement/codec.h"
#include "advertisement/listing.h"
#include "base/mutex.h"
#include "base/result.h"
#include "board/index.h"
#include "board/left_right.h"
#include "store/store.h"

namespace discovery {

/// What became of a post or withdrawal. `listing` is the stored advertisement of an accepted post.
/// Codes of a refusal: not_found (nothing to withdraw), conflict (the board is full), busy (the store
/// could not take it in time), internal.
struct Outcome {
  std::optional<Code> refusal;
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

/// Carries a batch's outcomes back to one thread. deliver() is called on the writer's thread and must
/// not block. Outlives the board's last step.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void deliver(std::vector<Settlement> settlements) = 0;
};

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
};

struct LoadReport {
  size_t listed = 0;
  size_t expired = 0;
  size_t refused = 0;     // by the contract's rules; kept in the file until expired
  size_t superseded = 0;  // older rows of a provider under another spelling of its id
};

class Board {
 public:
  Board(const BoardOptions& options, Store& store);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// Fills the empty board from the store, on `threads` threads. Before the first step().
  Result<LoadReport> load(const CodecOptions& codec, unsigned threads, Now now);

  /// Queues a post; thread-safe. Code::busy when the queue is full: then `done` is not used.
  Status publish(ListingDraft draft, Done done, BootTime now);
  /// Queues a withdrawal of a canonical provider id; as publish().
  Status withdraw(std::string provider_id, Done done, BootTime now);

  /// Calls `visit(const Index&)` on one committed state; thread-safe, waits for nobody. The visitor must not block
  /// and must not keep anything but counted handles.
  template <class F>
  auto read(F&& visit) const {
    return index_.read(std::forward<F>(visit));
  }

  /// One batch: posts, withdrawals and expiries. The writer's thread only (tests call it themselves).
  void step(Now now);

  /// Blocks the writer until there is work or `at_most` has passed.
  void wait(Duration at_most);

  /// Settles everything still queued as busy. After the last step().
  void abandon();

  /// Why the store takes no writes at the moment; empty when it does. Thread-safe.
  std::string write_fault() const;

  size_t queued() const;
  const BoardOptions& options() const { return options_; }

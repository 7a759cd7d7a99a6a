// What changes on the board, in order: published to watches, and kept for those that resume.
//
// The last limits::kLoggedChanges changes that have a revision are kept here as in the store, where
// they outlive the process.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/revision.h"
#include "listing/listing.h"
#include "store/store.h"

namespace discovery {

/// One change, with both sides of it.
struct BoardEvent {
  Revision revision = 0;    // 0: a refresh
  ListingPtr before;        // what was listed, expired or not; null: nothing
  ListingPtr after;         // what is listed now; null: it has departed
  std::string provider_id;  // of a departure
  History::State departure = History::State::expired;
  bool is_uncertain = false;  // it was listed before the last start; what it showed is not known
};

/// What one step of the board has changed.
struct EventBatch {
  uint64_t number = 0;  // as Index::batch() has it
  std::vector<BoardEvent> events;
};
using EventBatchPtr = std::shared_ptr<const EventBatch>;

/// Is given every batch, in order, on the thread of its executor.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  virtual void on_batch(const EventBatchPtr& batch) = 0;
};

/// Thread-safe.
class ChangeFeed {
 public:
  /// With what the store knows. Before the board is read or changed.
  void open(ChangeLogState state);

  /// The number of this run's epoch.
  uint64_t epoch() const;

  /// Of the first changes behind `revision` of that epoch, up to `end` and limits::kChangesAtOnce
  /// of them (so that neither the caller nor the writer waits long), the last one of each provider,
  /// in order: the last of all is among them, and the next call goes on from there. Empty where
  /// the log does not reach back that far.
  std::optional<std::vector<LoggedChange>> since(uint64_t epoch, Revision revision,
                                                 Revision end) const;

  /// Until unsubscribe(), every batch that a read of the board after this call does not show is
  /// published to `subscriber`, which must live until what was posted to `executor` has run.
  void subscribe(Executor& executor, Subscriber& subscriber);
  void unsubscribe(const Subscriber& subscriber);

  // The rest is for the writer.
  Revision revision() const;
  /// Keeps the changes that have a revision; before the board shows them.
  void record(const std::vector<Change>& changes);
  bool has_subscribers() const;
  /// After the board shows it.
  void publish(const EventBatchPtr& batch) const;

 private:
  struct Subscription {
    Executor* executor;
    Subscriber* subscriber;
  };

  mutable Mutex mutex_;
  std::vector<Epoch> epochs_ GUARDED_BY(mutex_);
  std::deque<LoggedChange> log_ GUARDED_BY(mutex_);
  Revision revision_ GUARDED_BY(mutex_) = 0;
  std::vector<Subscription> subscriptions_ GUARDED_BY(mutex_);
};

}  // namespace discovery

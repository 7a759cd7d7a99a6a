// Chooses what a batch removes because its time is over: listings whose lease has ended, and rows
// of the store that are not listed.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "board/batch.h"
#include "board/index/index.h"
#include "board/unlisted_rows.h"

namespace discovery {

/// Removes in bounded steps, of limits::kRemovalsPerBatch; the rest follows in the next batches.
/// Reads hide expired listings anyway. The writer's own: not synchronised.
class ExpirySweep {
 public:
  ExpirySweep() = default;
  explicit ExpirySweep(std::vector<UnlistedRow> last_due_first)
      : unlisted_rows_(std::move(last_due_first)) {}

  const UnlistedRows& unlisted_rows() const { return unlisted_rows_; }

  /// Begins a step.
  void begin() { step_ = {}; }
  /// Whether it is time to look for expired listings.
  bool is_due(BootTime now) const { return now >= next_sweep_; }
  /// Expires listings, if a sweep is due.
  void expire_listings(const Index& committed, BootTime now, Batch& batch);
  /// Removes unlisted rows that are due.
  void remove_unlisted(BootTime now, Batch& batch);
  /// The step's batch has been committed.
  void commit(BootTime now);
  /// The store refuses this removal of the step's: it is not tried again for ten minutes, nor is an
  /// unlisted row, and those removed before it, before the next start. Returns its provider's id.
  std::string put_aside(size_t removal, BootTime now);

  /// How many this step removes.
  size_t removals() const { return step_.expired.size() + step_.unlisted_rows; }

  /// Whether this step has looked for expired listings.
  bool has_swept() const { return step_.swept; }
  /// Whether it has left some for the next.
  bool has_more() const { return step_.more; }
  /// Whether it has swept, and leaves nothing for the next.
  bool is_complete() const { return step_.swept && !step_.more; }

 private:
  struct Step {
    bool swept = false;
    bool more = false;
    std::vector<const Listing*> expired;
    size_t unlisted_rows = 0;  // how many it removes
  };

  UnlistedRows unlisted_rows_;
  Step step_;
  BootTime next_sweep_{};
  std::unordered_map<const Listing*, ListingPtr> aside_;  // expired; the store does not let them go
  BootTime aside_until_{};
};

}  // namespace discovery

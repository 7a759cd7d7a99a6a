// Gives listings the time in which their leases stood still (contract, section 1).
#pragma once

#include <vector>

#include "base/clock.h"
#include "board/batch.h"
#include "board/index/index.h"
#include "board/lease_credit.h"

namespace discovery {

/// The writer's own: not synchronised.
class LeaseExtension {
 public:
  LeaseExtension(Duration lease, Duration most) : credit_(lease, most) {}

  /// The loader adds the outages before this run.
  LeaseCredit& credit() { return credit_; }

  /// Leases stand still from now on.
  void stop(BootTime now) { credit_.stop(now); }
  /// They run again: all that is listed is to be extended. Returns as LeaseCredit::resume().
  Duration resume(const Index& committed, BootTime now);

  /// Extends, in bounded steps, what would end soon, where `is_sweep` says that expired listings
  /// are looked for in this step; and now and then a piece of what stood still in an outage that is
  /// over.
  void extend(const Index& committed, bool is_sweep, BootTime now, Batch& batch);

 private:
  void extend(const Listing& listing, BootTime now, Batch& batch);

  LeaseCredit credit_;
  std::vector<ListingPtr> rest_;  // of what was listed at the end of an outage
  BootTime next_piece_{};
};

}  // namespace discovery

#include "board/lease_extension.h"

#include <utility>

#include "base/limits.h"
#include "base/release.h"

namespace discovery {

namespace {

// While leases stand still they are extended this much before they end, and for so much longer, so
// that few are extended often.
constexpr Duration kBefore = std::chrono::seconds{1};
constexpr Duration kAhead = std::chrono::seconds{5};
constexpr Duration kPieceInterval = std::chrono::milliseconds{100};  // watches are told of each

}  // namespace

Duration LeaseExtension::resume(const Index& committed, BootTime now) {
  const Duration lasted = credit_.resume(now);
  if (lasted == Duration::zero() || credit_.most() == Duration::zero()) return {};
  std::vector<const Listing*> listed;
  committed.find_expired(BootTime::max(), SIZE_MAX, listed);
  rest_.assign(listed.begin(), listed.end());
  return lasted;
}

void LeaseExtension::extend(const Index& committed, bool is_sweep, BootTime now, Batch& batch) {
  if (credit_.is_empty(now)) return release(rest_);
  if (is_sweep) {
    std::vector<const Listing*> ending;
    committed.find_expired(now + kBefore, SIZE_MAX, ending);
    for (const Listing* listing : ending) {
      if (batch.changes().size() == limits::kExtensionsPerBatch) break;
      extend(*listing, now, batch);
    }
  }
  if (now < next_piece_) return;
  next_piece_ = now + kPieceInterval;
  for (size_t i = 0; i < limits::kExtensionsPerBatch && !rest_.empty(); ++i) {
    const ListingPtr listing = std::move(rest_.back());
    rest_.pop_back();
    if (committed.find(listing->provider_id()) == listing) extend(*listing, now, batch);
  }
}

void LeaseExtension::extend(const Listing& listing, BootTime now, Batch& batch) {
  if (listing.expires() <= credit_.last_begin()) return;  // it had ended before
  const BootTime posted = listing.posted();
  const Duration given = listing.expires() - posted - credit_.length();
  const Duration more = credit_.of(posted, now + kAhead) - given;
  if (more > Duration::zero()) batch.extend(listing, more);
}

}  // namespace discovery

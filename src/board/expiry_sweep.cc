#include "board/expiry_sweep.h"

#include <algorithm>

#include "base/limits.h"

namespace discovery {

namespace {

constexpr Duration kSweepInterval = std::chrono::milliseconds{500};
constexpr Duration kAside = std::chrono::minutes{10};

}  // namespace

void ExpirySweep::expire_listings(const Index& committed, BootTime now, Batch& batch) {
  if (!is_due(now)) return;
  if (now >= aside_until_) aside_.clear();
  std::vector<const Listing*>& expired = step_.expired;
  constexpr size_t kMost = limits::kRemovalsPerBatch;
  committed.find_expired(now, kMost + aside_.size(), expired);
  std::erase_if(expired, [this](const Listing* listing) { return aside_.contains(listing); });
  if (expired.size() > kMost) expired.resize(kMost);
  for (const Listing* listing : expired) batch.expire(*listing);
  step_.swept = true;
  step_.more = expired.size() == kMost;
}

void ExpirySweep::remove_unlisted(BootTime now, Batch& batch) {
  const size_t all = std::min(limits::kRemovalsPerBatch, unlisted_rows_.size());
  for (; step_.unlisted_rows < all; ++step_.unlisted_rows) {
    const UnlistedRow& row = unlisted_rows_.from_end(step_.unlisted_rows);
    if (row.due > now) return;
    batch.remove(row);
  }
  step_.more |= step_.unlisted_rows == limits::kRemovalsPerBatch;
}

void ExpirySweep::commit(BootTime now) {
  unlisted_rows_.drop(step_.unlisted_rows);
  if (is_complete()) next_sweep_ = now + kSweepInterval;
}

std::string ExpirySweep::put_aside(size_t removal, BootTime now) {
  if (removal >= step_.expired.size()) {
    const size_t row = removal - step_.expired.size();
    std::string id = unlisted_rows_.from_end(row).provider_id;
    unlisted_rows_.drop(row + 1);
    return id;
  }
  if (aside_.empty()) aside_until_ = now + kAside;
  const Listing* const listing = step_.expired[removal];
  aside_.emplace(listing, listing);
  return std::string(listing->provider_id());
}

}  // namespace discovery

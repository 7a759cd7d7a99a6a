#include "board/expiry_sweep.h"

#include <algorithm>

namespace discovery {

namespace {

constexpr Duration kSweepInterval = std::chrono::milliseconds{500};
constexpr Duration kAside = std::chrono::seconds{60};

}  // namespace

void ExpirySweep::expire_listings(const Index& committed, BootTime now, size_t most, Batch& batch) {
  if (!is_due(now)) return;
  if (now >= aside_until_) aside_.clear();
  std::vector<const Listing*>& expired = step_.expired;
  committed.find_expired(now, most + aside_.size(), expired);
  std::erase_if(expired, [this](const Listing* listing) {
    return std::ranges::find(aside_, listing, &ListingPtr::get) != aside_.end();
  });
  if (expired.size() > most) expired.resize(most);
  for (const Listing* listing : expired) batch.expire(*listing);
  step_.swept = true;
  step_.more = expired.size() == most;
}

void ExpirySweep::remove_unlisted(BootTime now, size_t most, Batch& batch) {
  const size_t all = std::min(most, unlisted_rows_.size());
  for (; step_.unlisted_rows < all; ++step_.unlisted_rows) {
    const UnlistedRow& row = unlisted_rows_.from_end(step_.unlisted_rows);
    if (row.due > now) return;
    batch.remove(row);
  }
  step_.more |= step_.unlisted_rows == most;
}

void ExpirySweep::commit(BootTime now) {
  unlisted_rows_.drop(step_.unlisted_rows);
  if (is_complete()) next_sweep_ = now + kSweepInterval;
}

std::string ExpirySweep::put_aside(BootTime now) {
  if (step_.expired.empty()) {
    std::string id = unlisted_rows_.from_end(0).provider_id;
    unlisted_rows_.drop(1);
    return id;
  }
  if (aside_.empty()) aside_until_ = now + kAside;
  aside_.emplace_back(step_.expired.front());
  return std::string(step_.expired.front()->provider_id());
}

}  // namespace discovery

#include "board/expiry_sweep.h"

#include <algorithm>

#include "base/limits.h"

namespace discovery {

namespace {

constexpr Duration kSweepInterval = std::chrono::milliseconds{500};

}  // namespace

void ExpirySweep::expire_listings(const Index& committed, BootTime now, Batch& batch) {
  step_ = {};
  if (now < next_sweep_) return;
  std::vector<const Listing*> expired;
  committed.find_expired(now, limits::kRemovalsPerBatch, expired);
  for (const Listing* listing : expired) batch.expire(*listing);
  step_.swept = true;
  step_.more = expired.size() == limits::kRemovalsPerBatch;
}

void ExpirySweep::remove_unlisted(BootTime now, Batch& batch) {
  const size_t most = std::min(limits::kRemovalsPerBatch, unlisted_rows_.size());
  for (; step_.unlisted_rows < most; ++step_.unlisted_rows) {
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

}  // namespace discovery

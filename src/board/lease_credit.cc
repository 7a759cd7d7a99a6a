#include "board/lease_credit.h"

#include <algorithm>

namespace discovery {

namespace {

// What is shorter than this is no outage, as one commit that is tried again, or a quick restart;
// and a store that fails again so soon has not been well in between. This also bounds how many
// spans there are.
constexpr Duration kLeast = std::chrono::seconds{1};

constexpr BootTime kNotYet = BootTime::max();

}  // namespace

void LeaseCredit::add(BootTime begin, BootTime end) {
  if (end - begin >= kLeast) spans_.push_back({begin, end});
}

void LeaseCredit::stop(BootTime now) {
  if (spans_.empty() || spans_.back().end < now - kLeast) {
    spans_.push_back({now, kNotYet});
  } else {
    spans_.back().end = kNotYet;
  }
}

Duration LeaseCredit::resume(BootTime now) {
  if (spans_.empty() || spans_.back().end != kNotYet) return {};
  spans_.back().end = now;
  const Duration lasted = now - spans_.back().begin;
  if (lasted >= kLeast) return lasted;
  spans_.pop_back();
  return {};
}

bool LeaseCredit::is_empty(BootTime now, Duration length) const {
  return spans_.empty() || spans_.back().end < now - length - most_;
}

Duration LeaseCredit::of(BootTime begin, Duration length, BootTime now) const {
  Duration credit{};
  for (const Span& span : spans_) {
    if (span.end <= begin) continue;
    if (span.begin >= begin + length + credit) break;
    credit = std::min(credit + std::min(span.end, now) - std::max(span.begin, begin), most_);
  }
  return credit;
}

}  // namespace discovery

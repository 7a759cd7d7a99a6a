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
  if (!spans_.empty() && spans_.back().end == kNotYet) return;
  stopped_ = now;
  std::erase_if(spans_, [&](const Span& span) { return span.end < now - length_ - most_; });
  if (spans_.empty() || spans_.back().end < now - kLeast) {
    spans_.push_back({now, kNotYet});
  } else {
    spans_.back().end = kNotYet;
  }
}

Duration LeaseCredit::resume(BootTime now) {
  if (spans_.empty() || spans_.back().end != kNotYet) return {};
  spans_.back().end = now;
  if (now - spans_.back().begin < kLeast) spans_.pop_back();
  return now - stopped_ < kLeast ? Duration{} : now - stopped_;
}

bool LeaseCredit::is_empty(BootTime now) const {
  if (most_ == Duration::zero() || spans_.empty()) return true;
  const Span& last = spans_.back();
  return last.end == kNotYet ? now - last.begin < kLeast : last.end < now - length_ - most_;
}

Duration LeaseCredit::of(BootTime begin, BootTime now) const {
  Duration credit{};
  for (const Span& span : spans_) {
    if (span.end <= begin) continue;
    if (span.begin >= begin + length_ + credit) break;
    credit = std::min(credit + std::min(span.end, now) - std::max(span.begin, begin), most_);
  }
  return credit;
}

}  // namespace discovery

#include "board/providers/listed_hours.h"

#include <algorithm>

namespace discovery {

namespace {

constexpr std::chrono::hours kHour{1};

int64_t hour_of(WallTime time) {
  return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}

Interval hour_at(int64_t hour) {
  const WallTime begin{std::chrono::duration_cast<Duration>(kHour * hour)};
  return {begin, begin + kHour};
}

Interval overlap(const Interval& a, const Interval& b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

Duration length(const Interval& interval) {
  return std::max(Duration::zero(), Duration{interval.end - interval.begin});
}

}  // namespace

Duration time_up(const Interval& within, const Outages& outages) {
  Duration up = length(within);
  const auto first = std::ranges::partition_point(
      outages, [&](const Interval& outage) { return outage.end <= within.begin; });
  for (auto outage = first; outage != outages.end() && outage->begin < within.end; ++outage) {
    up -= length(overlap(*outage, within));
  }
  return up;
}

void ListedHours::add(const Interval& listed, const Outages& outages) {
  if (listed.end <= listed.begin) return;
  const int64_t last = hour_of(listed.end);
  const int64_t oldest = last - static_cast<int64_t>(kHoursMax) + 1;
  for (int64_t hour = std::max(hour_of(listed.begin), oldest); hour <= last; ++hour) {
    make_room(hour);
    const Duration up = time_up(overlap(listed, hour_at(hour)), outages);
    const auto added = std::max<int64_t>(0, std::chrono::round<std::chrono::seconds>(up).count());
    uint16_t& seconds = seconds_[static_cast<size_t>(hour - first_hour_)];
    seconds = static_cast<uint16_t>(std::min<int64_t>(seconds + added, 3600));
  }
}

// Up to and including `hour`, which is the newest unless the clock was set back; then it must not
// lie before everything else.
void ListedHours::make_room(int64_t hour) {
  const auto oldest = hour - static_cast<int64_t>(kHoursMax) + 1;
  if (seconds_.empty() || first_hour_ > hour ||
      first_hour_ + static_cast<int64_t>(seconds_.size()) <= oldest) {
    first_hour_ = hour;
    seconds_.assign(1, 0);
    return;
  }
  if (first_hour_ < oldest) {
    seconds_.erase(seconds_.begin(), seconds_.begin() + (oldest - first_hour_));
    first_hour_ = oldest;
  }
  const auto needed = static_cast<size_t>(hour - first_hour_) + 1;
  if (seconds_.size() < needed) seconds_.resize(needed);
}

Duration ListedHours::listed_since(WallTime begin) const {
  const int64_t skipped =
      std::clamp<int64_t>(hour_of(begin) - first_hour_, 0, static_cast<int64_t>(seconds_.size()));
  std::chrono::seconds sum{0};
  for (size_t i = static_cast<size_t>(skipped); i < seconds_.size(); ++i) {
    sum += std::chrono::seconds{seconds_[i]};
  }
  return sum;
}

// The first hour in eight bytes, then two bytes for each hour; least significant first.
std::string ListedHours::encode() const {
  std::string text;
  text.reserve(sizeof first_hour_ + 2 * seconds_.size());
  const auto put = [&](uint64_t number, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xff);
  };
  put(static_cast<uint64_t>(first_hour_), sizeof first_hour_);
  for (const uint16_t seconds : seconds_) put(seconds, sizeof seconds);
  return text;
}

ListedHours ListedHours::decode(std::string_view text) {
  ListedHours hours;
  const auto get = [&](size_t at, size_t bytes) {
    uint64_t number = 0;
    for (size_t i = bytes; i-- > 0;) number = number << 8 | static_cast<uint8_t>(text[at + i]);
    return number;
  };
  if (text.size() < sizeof hours.first_hour_) return hours;
  hours.first_hour_ = static_cast<int64_t>(get(0, sizeof hours.first_hour_));
  // A damaged text may name any hour; sums with it must not overflow.
  if (hours.first_hour_ < 0 || hours.first_hour_ > hour_of(WallTime::max())) return {};
  for (size_t at = sizeof hours.first_hour_; at + 2 <= text.size(); at += 2) {
    if (hours.seconds_.size() == kHoursMax) break;
    hours.seconds_.push_back(static_cast<uint16_t>(std::min<uint64_t>(get(at, 2), 3600)));
  }
  return hours;
}

}  // namespace discovery

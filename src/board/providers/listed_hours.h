// For how much of each hour a provider was listed, so that its share of the last days can be told
// in a bounded number of bytes, however often it came and went.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace discovery {

/// How long a provider is remembered after its last accepted post (contract, section 1).
inline constexpr std::chrono::days kHistoryKept{30};

/// A stretch of wall-clock time; empty where `end` is not after `begin`.
struct Interval {
  WallTime begin{};
  WallTime end{};
};

/// When the board itself was down, oldest first, without overlaps.
using Outages = std::vector<Interval>;

/// How long of `within` is not an outage.
Duration time_up(const Interval& within, const Outages& outages);

/// A value type. Remembers the 30 days before the last hour that was added; to the second.
class ListedHours {
 public:
  static constexpr size_t kHoursMax = 30 * 24 + 1;

  /// Adds a stretch of being listed, of which outages do not count. In the order of time.
  void add(const Interval& listed, const Outages& outages);

  /// How long it was listed since the beginning of the hour in which `begin` lies.
  Duration listed_since(WallTime begin) const;

  /// As it lies in the store; decode() takes what it can of a damaged text.
  std::string encode() const;
  static ListedHours decode(std::string_view text);

 private:
  void make_room(int64_t hour);

  int64_t first_hour_ = 0;         // since 1970
  std::vector<uint16_t> seconds_;  // by hour, from first_hour_
};

}  // namespace discovery

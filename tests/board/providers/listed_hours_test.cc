#include "board/providers/listed_hours.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace discovery {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kStart{hours{490'000}};

constexpr Duration full_hours(size_t count) { return hours{count}; }

TEST(ListedHours, NothingIsNothing) {
  EXPECT_EQ(ListedHours().listed_since(kStart), Duration::zero());
  EXPECT_EQ(ListedHours::decode("").listed_since(WallTime{}), Duration::zero());
}

TEST(ListedHours, AStretchCountsToTheSecond) {
  ListedHours listed_hours;
  listed_hours.add({kStart + minutes{50}, kStart + minutes{130} + seconds{7}}, {});
  EXPECT_EQ(listed_hours.listed_since(kStart), minutes{80} + seconds{7});
  EXPECT_EQ(listed_hours.listed_since(kStart + std::chrono::hours{1}), minutes{70} + seconds{7});
  // Counted from the beginning of the hour that is asked for.
  EXPECT_EQ(listed_hours.listed_since(kStart + minutes{59}), minutes{80} + seconds{7});
  EXPECT_EQ(listed_hours.listed_since(kStart + days{1}), Duration::zero());
}

TEST(ListedHours, AnEmptyStretchChangesNothing) {
  ListedHours listed_hours;
  listed_hours.add({kStart, kStart}, {});
  listed_hours.add({kStart + minutes{1}, kStart}, {});
  EXPECT_EQ(listed_hours.encode(), ListedHours().encode());
}

TEST(ListedHours, OutagesDoNotCount) {
  const Outages outages{{kStart - hours{1}, kStart + minutes{10}},
                        {kStart + minutes{20}, kStart + minutes{90}}};
  const Interval listed{kStart, kStart + hours{2}};
  EXPECT_EQ(time_up(listed, outages), minutes{40});
  ListedHours listed_hours;
  listed_hours.add(listed, outages);
  EXPECT_EQ(listed_hours.listed_since(kStart), minutes{40});
  EXPECT_EQ(listed_hours.listed_since(kStart + std::chrono::hours{1}), minutes{30});
}

TEST(ListedHours, AnHourNeverCountsMoreThanItself) {
  ListedHours listed_hours;
  for (int i = 0; i < 3; ++i) listed_hours.add({kStart, kStart + minutes{45}}, {});
  EXPECT_EQ(listed_hours.listed_since(kStart), minutes{60});
}

TEST(ListedHours, ThirtyDaysAreRememberedAndNotMore) {
  ListedHours listed_hours;
  listed_hours.add({kStart, kStart + days{45}}, {});
  EXPECT_EQ(listed_hours.listed_since(kStart), days{30});
  EXPECT_EQ(listed_hours.encode().size(), 8 + 2 * ListedHours::kHoursMax);
}

TEST(ListedHours, AfterALongAbsenceTheOldIsForgotten) {
  ListedHours listed_hours;
  listed_hours.add({kStart, kStart + full_hours(1)}, {});
  listed_hours.add({kStart + days{31}, kStart + days{31} + minutes{5}}, {});
  EXPECT_EQ(listed_hours.listed_since(WallTime{}), minutes{5});
}

TEST(ListedHours, SurvivesEncoding) {
  ListedHours listed_hours;
  listed_hours.add({kStart + minutes{7}, kStart + days{3}}, {});
  const ListedHours again = ListedHours::decode(listed_hours.encode());
  EXPECT_EQ(again.encode(), listed_hours.encode());
  EXPECT_EQ(again.listed_since(kStart + days{1}), days{2});
}

TEST(ListedHours, TakesWhatItCanOfADamagedText) {
  std::mt19937_64 random(1);
  ListedHours listed_hours;
  listed_hours.add({kStart, kStart + days{2}}, {});
  for (int i = 0; i < 2'000; ++i) {
    std::string text = listed_hours.encode();
    text.resize(random() % (text.size() + 1));
    for (int flips = 0; flips < 3 && !text.empty(); ++flips) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    ListedHours decoded = ListedHours::decode(text);
    decoded.add({kStart + days{2}, kStart + days{2} + minutes{5}}, {});
    EXPECT_LE(decoded.encode().size(), 8 + 2 * ListedHours::kHoursMax);
    EXPECT_LE(decoded.listed_since(WallTime{}), full_hours(ListedHours::kHoursMax));
  }
}

// Beside a plain count of seconds.
TEST(ListedHours, CountsAsANaiveModelDoes) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    ListedHours listed_hours;
    Outages outages;
    std::vector<bool> seconds_listed(4 * 24 * 3600);
    const auto mark = [&](size_t begin, size_t end, bool value) {
      for (size_t i = begin; i < std::min(end, seconds_listed.size()); ++i)
        seconds_listed[i] = value;
    };
    const auto at = [](size_t second) { return kStart + seconds{second}; };
    for (size_t t = random() % 9'000; t < seconds_listed.size(); t += random() % 40'000) {
      const size_t end = t + 1 + random() % 3'000;
      outages.push_back({at(t), at(end)});
      t = end;
    }
    for (size_t t = random() % 9'000; t < seconds_listed.size() - 30'000; t += random() % 20'000) {
      const size_t end = t + 1 + random() % 15'000;
      listed_hours.add({at(t), at(end)}, outages);
      mark(t, end, true);
      t = end;
    }
    for (const Interval& outage : outages) {
      mark(static_cast<size_t>((outage.begin - kStart) / seconds{1}),
           static_cast<size_t>((outage.end - kStart) / seconds{1}), false);
    }
    for (size_t hour = 0; hour < 96; ++hour) {
      const auto expected = std::count(seconds_listed.begin() + static_cast<ptrdiff_t>(hour * 3600),
                                       seconds_listed.end(), true);
      EXPECT_EQ(listed_hours.listed_since(at(hour * 3600)), seconds{expected}) << hour;
    }
  }
}

}  // namespace
}  // namespace discovery

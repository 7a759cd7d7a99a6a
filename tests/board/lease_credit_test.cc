#include "board/lease_credit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/seed.h"

namespace discovery {
namespace {

using std::chrono::seconds;

constexpr seconds kLease{300};

BootTime at(int second) { return BootTime{seconds{second}}; }

Duration given(const LeaseCredit& credit, BootTime begin, BootTime now) {
  return credit.of(begin, now);
}

TEST(LeaseCredit, IsTheTimeInWhichLeasesStoodStill) {
  LeaseCredit credit(kLease, seconds{100});
  credit.add(at(10), at(20));
  credit.stop(at(50));
  credit.stop(at(54));
  EXPECT_EQ(given(credit, at(0), at(55)), seconds{15});
  EXPECT_EQ(given(credit, at(15), at(55)), seconds{10});
  EXPECT_EQ(given(credit, at(52), at(55)), seconds{3});
  EXPECT_EQ(credit.resume(at(60)), seconds{10});
  EXPECT_EQ(given(credit, at(52), at(90)), seconds{8});
  EXPECT_EQ(given(credit, at(60), at(90)), seconds{0});
  EXPECT_EQ(credit.resume(at(90)), seconds{0}) << "they run";
}

TEST(LeaseCredit, GivesNothingToWhatHadEnded) {
  LeaseCredit credit(kLease, seconds{1'000});
  credit.add(at(300), at(400));
  EXPECT_EQ(given(credit, at(0), at(500)), seconds{0});
  credit = LeaseCredit(kLease, seconds{1'000});
  credit.add(at(290), at(400));
  credit.add(at(405), at(500));
  credit.add(at(510), at(600));
  EXPECT_EQ(given(credit, at(0), at(700)), seconds{110 + 95}) << "of 10 seconds, 5 were left";
}

TEST(LeaseCredit, HasAnEnd) {
  LeaseCredit credit(kLease, seconds{100});
  credit.stop(at(0));
  EXPECT_EQ(given(credit, at(0), at(1'000)), seconds{100});
  EXPECT_EQ(given(LeaseCredit(kLease, {}), at(0), at(1'000)), seconds{0});
}

TEST(LeaseCredit, AStoreThatFailsAgainAtOnceHasNotBeenWell) {
  LeaseCredit credit(kLease, seconds{100});
  credit.stop(at(0));
  credit.resume(at(10));
  credit.stop(at(11));
  EXPECT_EQ(given(credit, at(0), at(20)), seconds{20});
}

// What is told of it is written down, and added again by the next start.
TEST(LeaseCredit, TellsOfEachStandstillByItself) {
  LeaseCredit credit(kLease, seconds{1'000});
  credit.add(at(0), at(100));
  credit.stop(at(100));
  EXPECT_EQ(credit.resume(at(160)), seconds{60});
  credit.stop(at(161));
  EXPECT_EQ(credit.resume(at(200)), seconds{39});
  EXPECT_EQ(given(credit, at(0), at(300)), seconds{200});
}

TEST(LeaseCredit, AnInstantDoesNotCount) {
  LeaseCredit credit(kLease, seconds{100});
  credit.add(at(0), at(0) + std::chrono::milliseconds{999});
  credit.stop(at(10));
  EXPECT_EQ(credit.resume(at(10) + std::chrono::milliseconds{999}), seconds{0});
  EXPECT_TRUE(credit.is_empty(at(20)));
}

TEST(LeaseCredit, IsEmptyOnceNoLeaseThatRunsHasStoodStill) {
  LeaseCredit credit(kLease, seconds{100});
  EXPECT_TRUE(credit.is_empty(at(0)));
  credit.stop(at(0));
  EXPECT_FALSE(credit.is_empty(at(10'000)));
  credit.resume(at(1'000));
  EXPECT_FALSE(credit.is_empty(at(1'400)));
  EXPECT_TRUE(credit.is_empty(at(1'401)));
}

TEST(LeaseCredit, AgreesWithCountingSeconds) {
  std::mt19937_64 random(chosen_seed().value_or(1));
  for (int round = 0; round < 100; ++round) {
    LeaseCredit credit(seconds{60}, seconds{100});
    std::vector<bool> stands_still;
    for (int now = 0; now < 500; ++now) {
      const bool stood = !stands_still.empty() && stands_still.back();
      const bool turns = now % 5 == 0 && random() % 4 == 0;
      if (turns && stood) credit.resume(at(now));
      if (turns && !stood) credit.stop(at(now));
      stands_still.push_back(turns != stood);
      // Of leases that may still run.
      for (int begin = std::max(0, now - 150); begin < now; begin += 7) {
        int left = 60;
        int counted = 0;
        for (int second = begin; second < now && left > 0; ++second) {
          const bool stands = stands_still[static_cast<size_t>(second)] && counted < 100;
          stands ? ++counted : --left;
        }
        ASSERT_EQ(credit.of(at(begin), at(now)), seconds{counted}) << begin << " to " << now;
      }
    }
  }
}

}  // namespace
}  // namespace discovery

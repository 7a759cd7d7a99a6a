#include "board/lease_credit.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/support/seed.h"

namespace discovery {
namespace {

using std::chrono::seconds;

constexpr seconds kLease{300};

BootTime at(int second) { return BootTime{seconds{second}}; }

Duration given(const LeaseCredit& credit, BootTime begin, BootTime now) {
  return credit.of(begin, kLease, now);
}

TEST(LeaseCredit, IsTheTimeInWhichLeasesStoodStill) {
  LeaseCredit credit(seconds{100});
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
  LeaseCredit credit(seconds{1'000});
  credit.add(at(300), at(400));
  EXPECT_EQ(given(credit, at(0), at(500)), seconds{0});
  credit = LeaseCredit(seconds{1'000});
  credit.add(at(290), at(400));
  credit.add(at(405), at(500));
  credit.add(at(510), at(600));
  EXPECT_EQ(given(credit, at(0), at(700)), seconds{110 + 95}) << "of 10 seconds, 5 were left";
}

TEST(LeaseCredit, HasAnEnd) {
  LeaseCredit credit(seconds{100});
  credit.stop(at(0));
  EXPECT_EQ(given(credit, at(0), at(1'000)), seconds{100});
  EXPECT_EQ(given(LeaseCredit({}), at(0), at(1'000)), seconds{0});
}

TEST(LeaseCredit, AStoreThatFailsAgainAtOnceHasNotBeenWell) {
  LeaseCredit credit(seconds{100});
  credit.stop(at(0));
  credit.resume(at(10));
  credit.stop(at(11));
  EXPECT_EQ(given(credit, at(0), at(20)), seconds{20});
}

TEST(LeaseCredit, AnInstantDoesNotCount) {
  LeaseCredit credit(seconds{100});
  credit.add(at(0), at(0) + std::chrono::milliseconds{999});
  credit.stop(at(10));
  EXPECT_EQ(credit.resume(at(10) + std::chrono::milliseconds{999}), seconds{0});
  EXPECT_TRUE(credit.is_empty(at(20), kLease));
}

TEST(LeaseCredit, IsEmptyOnceNoLeaseThatRunsHasStoodStill) {
  LeaseCredit credit(seconds{100});
  EXPECT_TRUE(credit.is_empty(at(0), kLease));
  credit.stop(at(0));
  EXPECT_FALSE(credit.is_empty(at(10'000), kLease));
  credit.resume(at(1'000));
  EXPECT_FALSE(credit.is_empty(at(1'400), kLease));
  EXPECT_TRUE(credit.is_empty(at(1'401), kLease));
}

TEST(LeaseCredit, AgreesWithCountingSeconds) {
  std::mt19937_64 random(chosen_seed().value_or(1));
  for (int round = 0; round < 100; ++round) {
    LeaseCredit credit(seconds{100});
    std::vector<bool> stands_still;
    for (int second = 0; second < 500; ++second) {
      const bool stood = !stands_still.empty() && stands_still.back();
      const bool turns = second % 5 == 0 && random() % 4 == 0;
      if (turns && stood) credit.resume(at(second));
      if (turns && !stood) credit.stop(at(second));
      stands_still.push_back(turns != stood);
    }
    for (int begin = 0; begin < 500; begin += 7) {
      int left = 60;
      int counted = 0;
      for (int second = begin; second < 500 && left > 0; ++second) {
        const bool stands = stands_still[static_cast<size_t>(second)] && counted < 100;
        stands ? ++counted : --left;
      }
      EXPECT_EQ(credit.of(at(begin), seconds{60}, at(500)), seconds{counted});
    }
  }
}

}  // namespace
}  // namespace discovery

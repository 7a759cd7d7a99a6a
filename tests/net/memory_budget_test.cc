#include "net/memory_budget.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

TEST(MemoryBudget, AsksForNothingWithinTheBudget) {
  MemoryBudget budget(800, 2);
  size_t reported = 0;
  budget.report(800, reported);
  EXPECT_EQ(reported, 800U);
  EXPECT_EQ(budget.excess(800), 0U);
  budget.report(900, reported);
  EXPECT_GT(budget.excess(900), 0U);
  budget.report(100, reported);
  EXPECT_EQ(budget.excess(100), 0U);
}

TEST(MemoryBudget, AsksThoseAboveTheirPartForWhatIsMoreThanSevenEighths) {
  MemoryBudget budget(800, 2);
  size_t of_one = 0;
  size_t of_another = 0;
  budget.report(300, of_one);
  budget.report(600, of_another);
  EXPECT_EQ(budget.excess(300), 0U);
  EXPECT_EQ(budget.excess(600), 200U);
}

TEST(MemoryBudget, LeavesAThreadItsPart) {
  MemoryBudget budget(800, 2);
  size_t of_one = 0;
  size_t of_another = 0;
  budget.report(10'000, of_one);
  budget.report(410, of_another);
  EXPECT_EQ(budget.excess(410), 60U);
}

}  // namespace
}  // namespace discovery

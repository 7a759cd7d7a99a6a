#include "net/memory_budget.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

TEST(MemoryBudget, AsksForNothingWithinTheBudget) {
  MemoryBudget budget(800, 2);
  budget.report(0, 800);
  EXPECT_EQ(budget.excess(800), 0U);
  budget.report(800, 100);
  EXPECT_EQ(budget.excess(100), 0U);
}

TEST(MemoryBudget, AsksThoseAboveTheirPartForWhatIsMoreThanSevenEighths) {
  MemoryBudget budget(800, 2);
  budget.report(0, 300);  // of one thread
  budget.report(0, 600);  // of another
  EXPECT_EQ(budget.excess(300), 0U);
  EXPECT_EQ(budget.excess(600), 200U);
}

TEST(MemoryBudget, LeavesAThreadItsPart) {
  MemoryBudget budget(800, 2);
  budget.report(0, 10'000);
  budget.report(0, 410);
  EXPECT_EQ(budget.excess(410), 60U);
}

}  // namespace
}  // namespace discovery

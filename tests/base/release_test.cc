#include "base/release.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace discovery {
namespace {

// `text = {}` did not: every connection kept the memory of its longest request.
TEST(Release, GivesMemoryBack) {
  std::string text(10'000, 'x');
  release(text);
  EXPECT_EQ(text, "");
  EXPECT_EQ(text.capacity(), std::string().capacity());
  std::vector<int> numbers(100);
  release(numbers);
  EXPECT_EQ(numbers.capacity(), 0U);
}

}  // namespace
}  // namespace discovery

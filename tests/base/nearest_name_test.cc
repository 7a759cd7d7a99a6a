#include "base/nearest_name.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

TEST(EditDistance, CountsInsertionsRemovalsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("port", "port"), 0U);
  EXPECT_EQ(edit_distance("prot", "port"), 1U);
  EXPECT_EQ(edit_distance("abcd", "badc"), 2U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
}

std::string nearest(std::string_view wanted) {
  NearestName candidate(wanted);
  for (const char* name : {"cpu", "memory", "storage", "MAX_PAGE_SIZE"}) candidate.consider(name);
  return candidate.nearest();
}

TEST(NearestName, FindsTheNearestNameInAnyCase) {
  EXPECT_EQ(nearest("CPUS"), "cpu");
  EXPECT_EQ(nearest("memroy"), "memory");
  EXPECT_EQ(nearest("max_pagesize"), "MAX_PAGE_SIZE");
}

TEST(NearestName, LetsAtMostAThirdOfTheLettersDiffer) {
  EXPECT_EQ(nearest("gpu"), "cpu");
  EXPECT_EQ(nearest("gpa"), "");
  EXPECT_EQ(nearest("memxxy"), "memory");
  EXPECT_EQ(nearest("mexxxy"), "");
  EXPECT_EQ(nearest(""), "");
  EXPECT_EQ(nearest("utm_source"), "");
}

TEST(NearestName, LooksAtTheFirst64Bytes) {
  EXPECT_EQ(nearest("cpu" + std::string(100'000, 'x')), "");
  EXPECT_EQ(NearestName(std::string(100, 'X')).wanted(), std::string(64, 'x'));
}

}  // namespace
}  // namespace discovery

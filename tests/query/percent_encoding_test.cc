#include "query/percent_encoding.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

TEST(PercentDecode, TakesAPlusForASpaceOnlyInQueries) {
  std::string out;
  ASSERT_TRUE(percent_decode("a+b%2Bc%2bd", Plus::space, out));
  EXPECT_EQ(out, "a b+c+d");
  ASSERT_TRUE(percent_decode("a+b%2Bc", Plus::literal, out));
  EXPECT_EQ(out, "a+b+c");
  ASSERT_TRUE(percent_decode("", Plus::literal, out));
  EXPECT_EQ(out, "");
}

TEST(PercentDecode, TakesUtf8UpToItsLimits) {
  for (const std::string text : {"%00", "%7F", "%C2%80", "%DF%BF", "%E0%A0%80", "%ED%9F%BF",
                                 "%EE%80%80", "%EF%BF%BF", "%F0%90%80%80", "%F4%8F%BF%BF", "é€😀"}) {
    std::string out;
    EXPECT_TRUE(percent_decode(text, Plus::space, out)) << text;
  }
}

TEST(PercentDecode, RefusesWhatIsNotUtf8) {
  for (const std::string text :
       {"%80",       "%BF",          "%C0%80",    "%C1%BF",       "%C2",          "%C2%7F",
        "%C2%C0",    "%C3%28",       "%E0%9F%BF", "%E2%82",       "%E2%82a",      "%ED%A0%80",
        "%ED%BF%BF", "%F0%8F%BF%BF", "%F0%9F%98", "%F4%90%80%80", "%F5%80%80%80", "%F8%88%80%80%80",
        "%FE",       "%FF",          "a\xff",     "\xc3",         "%C3\xa"}) {
    std::string out;
    EXPECT_FALSE(percent_decode(text, Plus::space, out)) << text;
  }
}

}  // namespace
}  // namespace discovery

#include "base/boolean.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

TEST(Boolean, TakesEachWordInAnyCase) {
  for (const char* yes : {"1", "true", "True", "TRUE", "yes", "on", "t", "Y"}) {
    EXPECT_EQ(parse_boolean(yes), true) << yes;
  }
  for (const char* no : {"0", "false", "False", "FALSE", "no", "off", "f", "N"}) {
    EXPECT_EQ(parse_boolean(no), false) << no;
  }
}

TEST(Boolean, TakesNothingElse) {
  for (const char* text : {"", " ", " 1", "1 ", "2", "-1", "01", "tru", "truee", "none", "null"}) {
    EXPECT_EQ(parse_boolean(text), std::nullopt) << '"' << text << '"';
  }
}

}  // namespace
}  // namespace discovery

#include "listing/find_member.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery {
namespace {

TEST(ObjectScan, FindsTheValueOfAKey) {
  const std::string_view object = R"({"a":1,"b":"x","c":{"d":2,"e":[1,{"f":3}]},"g":[],"h":null})";
  EXPECT_EQ(find_member(object, "a"), "1");
  EXPECT_EQ(find_member(object, "b"), R"("x")");
  EXPECT_EQ(find_member(object, "c"), R"({"d":2,"e":[1,{"f":3}]})");
  EXPECT_EQ(find_member(object, "g"), "[]");
  EXPECT_EQ(find_member(object, "h"), "null");
}

TEST(ObjectScan, LooksAtTheObjectItselfAlone) {
  const std::string_view object = R"({"c":{"d":2,"e":[1,{"f":3}]},"g":1})";
  for (const std::string_view key : {"d", "e", "f", "", "gg", "G"}) {
    EXPECT_EQ(find_member(object, key), "") << key;
  }
}

TEST(ObjectScan, IsNotMisledByTexts) {
  const std::string_view object =
      R"({"x":"\",\"a\":1,{[","\"a":2,"a\\":3,"y":["]","}"],"z":{"}":"{"},"a":4})";
  EXPECT_EQ(find_member(object, "a"), "4");
}

TEST(ObjectScan, FindsNothingWhereThereIsNothing) {
  for (const std::string_view object : {"", "{}", "{", "null"}) {
    EXPECT_EQ(find_member(object, "a"), "") << object;
  }
}

// Rendered text is never cut; were it, nothing outside of it may be read.
TEST(ObjectScan, StaysWithinItsText) {
  const std::string object = R"({"k":"a\"b","l":[1,{"m":"\\"}],"a":7})";
  for (size_t size = 0; size < object.size(); ++size) {
    const std::string cut = object.substr(0, size);
    const std::string_view found = find_member(cut, "a");
    EXPECT_TRUE(found.empty() || found == "7") << cut;
  }
}

}  // namespace
}  // namespace discovery

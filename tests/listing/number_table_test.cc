#include "listing/number_table.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace discovery {
namespace {

std::optional<double> number_in(std::string_view object, std::string_view key) {
  const NumberTable table = number_table(object, 0, object.size(), {});
  const double* const found = find_number(table, object, NumberKey(key));
  return found == nullptr ? std::nullopt : std::optional(*found);
}

TEST(NumberTable, FindsTheNumbersOfAnObject) {
  const std::string_view object =
      R"({"a":1,"b":-2.5,"c":1e-7,"d":18446744073709551615,"long_name_9":0})";
  EXPECT_EQ(number_in(object, "a"), 1);
  EXPECT_EQ(number_in(object, "b"), -2.5);
  EXPECT_EQ(number_in(object, "c"), 1e-7);
  EXPECT_EQ(number_in(object, "d"), 18446744073709551615.0);
  EXPECT_EQ(number_in(object, "long_name_9"), 0);
}

TEST(NumberTable, LooksAtTheObjectItselfAlone) {
  const std::string_view object = R"({"c":{"d":2,"e":[1,{"f":3}]},"g":1})";
  for (const std::string_view key : {"c", "d", "e", "f", "", "gg", "G"}) {
    EXPECT_EQ(number_in(object, key), std::nullopt) << key;
  }
}

TEST(NumberTable, IsNotMisledByTexts) {
  const std::string_view object =
      R"({"x":"\",\"a\":1,{[","\"a":2,"a\\":3,"y":["]","}"],"z":{"}":"{"},"t":"5","n":null,"a":4})";
  EXPECT_EQ(number_in(object, "a"), 4);
  EXPECT_EQ(number_in(object, R"(\"a)"), std::nullopt) << "queries cannot name such a key";
  for (const std::string_view key : {"t", "n", "x"})
    EXPECT_EQ(number_in(object, key), std::nullopt);
}

TEST(NumberTable, FindsNothingWhereThereIsNothing) {
  for (const std::string_view object : {"", "{}", "{", "null"}) {
    EXPECT_EQ(number_in(object, "a"), std::nullopt) << object;
  }
}

TEST(NumberTable, LeavesOutWhatHasAPlaceOfItsOwn) {
  const std::string_view object = R"({"cpu":4,"gpu":2})";
  constexpr std::array<std::string_view, 1> kLeftOut{"cpu"};
  const NumberTable table = number_table(object, 0, object.size(), kLeftOut);
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(*find_number(table, object, NumberKey("gpu")), 2);
}

TEST(NumberTable, CountsKeysFromTheBeginOfTheWholeText) {
  const std::string text = R"({"pricing":{"a":1},"rest":{"a":2}})";
  const size_t begin = text.find(R"({"a":2})");
  const NumberTable table = number_table(text, begin, 7, {});
  EXPECT_EQ(*find_number(table, text, NumberKey("a")), 2);
}

TEST(NumberTable, FindsEachOfMany) {
  std::string object = "{";
  for (int i = 0; i < 400; ++i) {
    object += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  }
  object += '}';
  const NumberTable table = number_table(object, 0, object.size(), {});
  ASSERT_EQ(table.size(), 400U);
  for (int i = 0; i < 400; ++i) {
    const double* const found = find_number(table, object, NumberKey("k" + std::to_string(i)));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, i);
  }
  EXPECT_EQ(find_number(table, object, NumberKey("k400")), nullptr);
}

// Rendered text is never cut; were it, nothing outside of it may be read.
TEST(NumberTable, StaysWithinItsText) {
  const std::string object = R"({"k":"a\"b","l":[1,{"m":"\\"}],"a":7})";
  for (size_t size = 0; size < object.size(); ++size) {
    const std::string cut = object.substr(0, size);
    const auto found = number_in(cut, "a");
    EXPECT_TRUE(!found || found == 7) << cut;
  }
}

}  // namespace
}  // namespace discovery

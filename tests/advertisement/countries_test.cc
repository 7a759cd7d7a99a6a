#include "advertisement/countries.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery {
namespace {

std::string stored(std::string_view code) {
  const auto country = parse_country(code);
  return country ? std::string(country_code(*country)) : "refused";
}

TEST(Countries, NumbersAreDenseAndAlphabetical) {
  std::string previous;
  for (unsigned i = 0; i < kCountryCount; ++i) {
    const std::string code(country_code(static_cast<Country>(i)));
    EXPECT_LT(previous, code);
    if (code != "UK" && code != "EL") {
      EXPECT_EQ(parse_country(code), static_cast<Country>(i));
    }
    previous = code;
  }
}

TEST(Countries, AnyTwoLettersAreAccepted) {
  size_t accepted = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      if (parse_country(std::string{static_cast<char>(first), static_cast<char>(second)})) {
        ++accepted;
      }
    }
  }
  EXPECT_EQ(accepted, 52 * 52) << "each letter in two cases";
  for (const char* code : {"AA", "XX", "ZZ", "EU", "AN", "SU", "TP"}) EXPECT_EQ(stored(code), code);
}

TEST(Countries, AnyCaseIsStoredInUpperCase) {
  for (const char* code : {"SE", "se", "Se", "sE"}) EXPECT_EQ(stored(code), "SE");
  EXPECT_EQ(stored("xk"), "XK");
  EXPECT_EQ(stored("ad"), "AD");
  EXPECT_EQ(stored("zw"), "ZW");
}

TEST(Countries, CommonNamesAreStoredAsTheCode) {
  EXPECT_EQ(stored("UK"), "GB");
  EXPECT_EQ(stored("uk"), "GB");
  EXPECT_EQ(stored("EL"), "GR");
}

TEST(Countries, AnythingElseIsRefused) {
  for (const std::string_view code :
       {"", "S", "SWE", "1E", "S1", "S ", " S", "@A", "[A", "`A", "{A", "é", "SE "}) {
    EXPECT_EQ(stored(code), "refused") << code;
  }
  EXPECT_EQ(stored(std::string_view("S\0", 2)), "refused");
}

}  // namespace
}  // namespace discovery

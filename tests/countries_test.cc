#include "advertisement/countries.h"

#include <gtest/gtest.h>

#include <set>
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
    EXPECT_EQ(parse_country(code), static_cast<Country>(i));
    previous = code;
  }
}

TEST(Countries, OnlyAssignedCodesAndTwoAliasesAreAccepted) {
  std::set<std::string> codes;
  size_t accepted = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string code = {static_cast<char>(first), static_cast<char>(second)};
      if (const auto country = parse_country(code)) {
        ++accepted;
        codes.emplace(country_code(*country));
      }
    }
  }
  EXPECT_EQ(codes.size(), kCountryCount);
  EXPECT_EQ(accepted, (kCountryCount + 2) * 4) << "each letter in two cases, and UK and EL";
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

TEST(Countries, UnassignedCodesAreRefused) {
  for (const std::string_view code :
       {"",   "S",  "SWE", "XX", "ZZ", "AA", "EU", "AN", "SU", "YU", "CS", "TP", "ZR", "QM",
        "XA", "AC", "IC",  "TA", "1E", "S1", "S ", " S", "@A", "[A", "`A", "{A", "é",  "SE "}) {
    EXPECT_EQ(stored(code), "refused") << code;
  }
  EXPECT_EQ(stored(std::string_view("S\0", 2)), "refused");
}

}  // namespace
}  // namespace discovery

#include "query/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace discovery {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr size_t kPageMax = 10'000;
constexpr size_t kTargetMax = 8 * 1024;

const std::vector<std::string> kNames{"cpu",      "memory",  "storage",          "country",
                                      "platform", "network", "payments_network", "provider_id",
                                      "verified", "limit"};

QueryFaults parse(std::string_view text) {
  Query query;
  return parse_query(text, kPageMax, query);
}

Query accepted(std::string_view text) {
  Query query;
  const QueryFaults faults = parse_query(text, kPageMax, query);
  EXPECT_THAT(faults.faults, IsEmpty()) << text;
  EXPECT_EQ(faults.too_small, std::nullopt) << text;
  return query;
}

// Each fault of a query as `<parameter>: <message>`.
std::vector<std::string> faults_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const Fault& fault : parse(text).faults) {
    EXPECT_EQ(fault.location.front(), "query");
    EXPECT_EQ(fault.type, "value_error");
    lines.push_back((fault.location.size() > 1 ? fault.location.back() : "") + ": " +
                    fault.message);
  }
  return lines;
}

std::vector<std::string> countries_of(std::string_view text) {
  const Query query = accepted(text);
  std::vector<std::string> codes;
  for (Country country = 0; country < kCountryCount; ++country) {
    if (query.filter.bounds().countries->test(country)) codes.emplace_back(country_code(country));
  }
  return codes;
}

TEST(Query, AsksForEverythingWhereNothingIsAsked) {
  for (const std::string_view text : {"", "&", "&&&&"}) {
    const Query query = accepted(text);
    EXPECT_EQ(query, [] {
      Query everything;
      everything.limit = kPageMax;
      return everything;
    }());
    EXPECT_EQ(query.filter.bounds(), Bounds());
    EXPECT_TRUE(query.filter.exact());
    EXPECT_EQ(query.limit, kPageMax);
  }
}

TEST(Query, ForgetsWhatTheFormerOneAsked) {
  Query query;
  const std::string all =
      "cpu=2&memory=3&storage=4&country=SE&platform=x&network=y&payments_network=z&provider_id=p&"
      "verified=true&limit=5&min_gpu=1&q=cpu%3E%3D4&fields=country&sort=-price&count=true";
  ASSERT_TRUE(parse_query(all, kPageMax, query).none());
  EXPECT_EQ(query.limit, 5U);
  ASSERT_TRUE(parse_query("", kPageMax, query).none());
  EXPECT_EQ(query, accepted(""));
}

class SizeParameter : public testing::TestWithParam<std::pair<const char*, int64_t Bounds::*>> {
 protected:
  std::string asking(std::string_view value) {
    return std::string(GetParam().first) + "=" + std::string(value);
  }
};

TEST_P(SizeParameter, TakesIntegersFromOne) {
  const auto size = [&](std::string_view value) {
    return accepted(asking(value)).filter.bounds().*GetParam().second;
  };
  EXPECT_EQ(size("1"), 1);
  EXPECT_EQ(size("0000000000000000000000000004"), 4);
  EXPECT_EQ(size("%34"), 4);
  EXPECT_EQ(size("2147483647"), 2'147'483'647);
}

TEST_P(SizeParameter, MatchesNothingBeyondTheLargestSize) {
  for (const std::string_view value : {"2147483648", "4294967297", "9223372036854775807",
                                       "9223372036854775808", "18446744073709551617"}) {
    EXPECT_FALSE(accepted(asking(value)).filter.bounds().possible) << value;
  }
  EXPECT_FALSE(accepted(asking(std::string(8'000, '9'))).filter.bounds().possible);
}

TEST_P(SizeParameter, IsTooSmallBelowOne) {
  for (const std::string_view value :
       {"0", "-0", "000", "-1", "-2147483649", "-9223372036854775809", "-99999999999999999999"}) {
    const QueryFaults faults = parse(asking(value));
    EXPECT_THAT(faults.faults, IsEmpty()) << value;
    ASSERT_TRUE(faults.too_small) << value;
    EXPECT_EQ(*faults.too_small, std::string(GetParam().first) + " must be at least 1");
  }
}

TEST_P(SizeParameter, RefusesWhatIsNoInteger) {
  for (const std::string_view value :
       {"4.0",  "4.",  "1e3",  "0x10",      "four",  "true",  "null", "+4",
        "%2B4", "4+",  "%204", "4%20",      "-",     "--4",   "- 4",  "4-",
        "4,5",  "%00", "4%00", "%EF%BC%94", "1_000", "\"4\"", "4\t"}) {
    EXPECT_THAT(faults_of(asking(value)),
                ElementsAre(std::string(GetParam().first) + ": must be an integer"))
        << value;
  }
}

INSTANTIATE_TEST_SUITE_P(Query, SizeParameter,
                         testing::Values(std::pair{"cpu", &Bounds::cpu},
                                         std::pair{"memory", &Bounds::memory},
                                         std::pair{"storage", &Bounds::storage}),
                         [](const auto& test) { return std::string(test.param.first); });

TEST(Query, NamesTheFirstSizeThatIsTooSmall) {
  EXPECT_EQ(parse("memory=4&storage=0&cpu=-1").too_small, "storage must be at least 1");
}

TEST(Query, TellsFaultsAndSizesBelowOneApart) {
  const QueryFaults faults = parse("cpu=0&memory=x");
  EXPECT_THAT(faults.faults, SizeIs(1));
  EXPECT_TRUE(faults.too_small);
  EXPECT_FALSE(faults.none());
}

TEST(Query, RefusesAValueThatIsMissingOrEmpty) {
  for (const std::string& name : kNames) {
    EXPECT_THAT(faults_of(name), ElementsAre(name + ": must not be empty"));
    EXPECT_THAT(faults_of(name + "="), ElementsAre(name + ": must not be empty"));
    EXPECT_THAT(faults_of(name + "&_x=1"), ElementsAre(name + ": must not be empty"));
  }
}

TEST(Query, RefusesASingleValuedParameterSentTwice) {
  for (const std::string name : {"cpu", "memory", "storage", "limit"}) {
    EXPECT_THAT(faults_of(name + "=1&" + name + "=1"),
                ElementsAre(name + ": may be given only once"));
    EXPECT_THAT(faults_of(name + "=1&%" + "63pu=2&" + name + "=1"),
                Contains(name + ": may be given only once"));
    EXPECT_THAT(faults_of(name + "=&" + name + "=1"),
                ElementsAre(name + ": must not be empty", name + ": may be given only once"));
  }
}

TEST(Query, TakesLimitsUpToThePage) {
  EXPECT_TRUE(accepted("limit=1").is_limited);
  EXPECT_FALSE(accepted("cpu=1").is_limited);
  EXPECT_EQ(accepted("limit=1").limit, 1U);
  EXPECT_EQ(accepted("limit=0010").limit, 10U);
  EXPECT_EQ(accepted("limit=10000").limit, 10'000U);
  for (const std::string_view value : {"0", "-1", "10001", "2147483648", "99999999999999999999",
                                       "ten", "1.0", "-", "1,2", "%2B1"}) {
    EXPECT_THAT(faults_of("limit=" + std::string(value)),
                ElementsAre("limit: must be an integer from 1 to 10000"))
        << value;
  }
}

TEST(Query, BoundsTheLimitByTheConfiguredPage) {
  Query query;
  EXPECT_TRUE(parse_query("", 7, query).none());
  EXPECT_EQ(query.limit, 7U);
  EXPECT_TRUE(parse_query("limit=7", 7, query).none());
  EXPECT_THAT(parse_query("limit=8", 7, query).faults, SizeIs(1));
}

TEST(Query, TakesVerifiedAsSettingsTakeBooleans) {
  for (const std::string value : {"true", "True", "TRUE", "1", "yes", "on", "t", "Y", "%20true+"}) {
    EXPECT_EQ(accepted("verified=" + value).filter.bounds().verified, true) << value;
  }
  for (const std::string value : {"false", "False", "0", "no", "off", "f", "N"}) {
    EXPECT_EQ(accepted("verified=" + value).filter.bounds().verified, false) << value;
  }
  EXPECT_THAT(faults_of("verified=true&verified=true"),
              ElementsAre("verified: may be given only once"));
  for (const std::string value : {"2", "ja", "true,false", "verified", "+", "t rue"}) {
    EXPECT_THAT(faults_of("verified=" + value),
                ElementsAre("verified: must be a boolean: 1/0, true/false, yes/no, on/off, t/f, "
                            "y/n in any case"));
  }
}

TEST(Query, NormalisesCountriesAsAPostDoes) {
  EXPECT_THAT(countries_of("country=SE"), ElementsAre("SE"));
  EXPECT_THAT(countries_of("country=sE"), ElementsAre("SE"));
  EXPECT_THAT(countries_of("country=uk,EL,xk"), ElementsAre("GB", "GR", "XK"));
  EXPECT_THAT(countries_of("country=SE,DE&country=FR&country=DE"), ElementsAre("DE", "FR", "SE"));
  EXPECT_THAT(countries_of("country=SE%2CDE"), ElementsAre("DE", "SE"));
  EXPECT_THAT(countries_of("country=zz,EU"), ElementsAre("EU", "ZZ"));
}

TEST(Query, NamesWhatIsNoCountry) {
  for (const std::string code : {"S", "SWE", "S1", "S E", "Sweden", "ÅX"}) {
    EXPECT_THAT(faults_of("country=" + code),
                ElementsAre("country: '" + code + "' is not a country code of two letters"));
  }
  EXPECT_THAT(faults_of("country=Q,SE&country=X1"), SizeIs(2));
}

TEST(Query, NormalisesPlatformsAsAPostDoes) {
  EXPECT_THAT(accepted("platform=AMD64,x86_64&platform=aarch64,ARM64").filter.bounds().platforms,
              ElementsAre("arm64", "x86_64"));
  EXPECT_THAT(accepted("platform=" + std::string(32, 'A')).filter.bounds().platforms,
              ElementsAre(std::string(32, 'a')));
  EXPECT_THAT(accepted("platform=a.b-c_9").filter.bounds().platforms, ElementsAre("a.b-c_9"));
  for (const std::string& value : {std::string(33, 'a'), std::string("a+b"), std::string("a:b"),
                                   std::string("%C3%A4"), std::string("a%00")}) {
    EXPECT_THAT(faults_of("platform=" + value),
                ElementsAre("platform: must be 1 to 32 of a-z 0-9 _ . -"));
  }
}

TEST(Query, NormalisesNetworksAsAPostDoes) {
  const Query query = accepted("network=Polygon,mainnet&payments_network=eip155%3A137,A.b_c-D");
  EXPECT_THAT(query.filter.bounds().networks, ElementsAre("mainnet", "polygon"));
  EXPECT_THAT(query.filter.bounds().payments_networks, ElementsAre("a.b_c-d", "eip155:137"));
  for (const std::string name : {"network", "payments_network"}) {
    EXPECT_THAT(faults_of(name + "=" + std::string(64, 'n')), IsEmpty());
    for (const std::string& value :
         {std::string(65, 'n'), std::string("a b"), std::string("a/b")}) {
      EXPECT_THAT(faults_of(name + "=" + value),
                  ElementsAre(name + ": must be 1 to 64 of a-z 0-9 _ . : -"));
    }
  }
}

TEST(Query, TakesEverySpellingOfAProviderForOne) {
  const std::string digits = "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
  const std::string upper = "5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED";
  EXPECT_THAT(accepted("provider_id=0x" + digits + ",0x" + upper).filter.bounds().provider_ids,
              ElementsAre("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
  EXPECT_THAT(
      accepted("provider_id=ed25519%3A" + std::string(64, 'A')).filter.bounds().provider_ids,
      ElementsAre("ed25519:" + std::string(64, 'a')));
  EXPECT_THAT(accepted("provider_id=b,a&provider_id=A,b").filter.bounds().provider_ids,
              ElementsAre("A", "a", "b"));
}

TEST(Query, ChecksProviderIdsAsAPostDoes) {
  EXPECT_THAT(accepted("provider_id=" + std::string(128, 'p')).filter.bounds().provider_ids,
              SizeIs(1));
  EXPECT_THAT(accepted("provider_id=a%2Bb").filter.bounds().provider_ids, ElementsAre("a+b"));
  for (const std::string& value :
       {std::string(129, 'p'), std::string("."), std::string(".."), std::string("a+b"),
        std::string("a/b"), std::string("0x12"), std::string("0X" + std::string(40, '1')),
        std::string("Ed25519:" + std::string(64, '1')), std::string("%C3%A9")}) {
    EXPECT_THAT(faults_of("provider_id=" + value), SizeIs(1)) << value;
  }
}

TEST(Query, RefusesEmptyItemsOfALists) {
  for (const std::string name :
       {"country", "platform", "network", "payments_network", "provider_id"}) {
    for (const std::string value : {",", "SE,", ",SE", "SE,,DE", ",,"}) {
      EXPECT_THAT(faults_of(name + "=" + value), Contains(name + ": has an empty item in its list"))
          << name << "=" << value;
    }
  }
}

TEST(Query, TakesBlanksAroundTheItemsOfALists) {
  EXPECT_THAT(countries_of("country=SE,+FI"), ElementsAre("FI", "SE"));
  EXPECT_THAT(countries_of("country=%20SE%20,%09fi%20%20"), ElementsAre("FI", "SE"));
  for (const std::string name :
       {"platform", "network", "payments_network", "provider_id", "fields"}) {
    const std::string item = name == "fields" ? "country" : "a";
    EXPECT_EQ(accepted(name + "=+" + item + "+,+" + item + "%20"), accepted(name + "=" + item));
    EXPECT_THAT(faults_of(name + "=" + item + ",+,"),
                ElementsAre(name + ": has an empty item in its list",
                            name + ": has an empty item in its list"));
    EXPECT_THAT(faults_of(name + "=+"), ElementsAre(name + ": has an empty item in its list"));
  }
}

TEST(Query, LooksAtTheItemsBehindAnEmptyOne) {
  EXPECT_THAT(faults_of("country=,ZZZ"),
              AllOf(SizeIs(2), Contains(HasSubstr("empty item")), Contains(HasSubstr("'ZZZ'"))));
}

TEST(Query, IgnoresNamesThatBeginWithAnUnderscore) {
  EXPECT_EQ(accepted("_=1&_x=2&_x=3&_cpu=0&%5Fy&_z=%zz&cpu=2"), accepted("cpu=2"));
}

TEST(Query, DecodesNamesAndValues) {
  EXPECT_EQ(accepted("c%70u=%34&%63ountry=%73%65"), accepted("cpu=4&country=SE"));
}

TEST(Query, RefusesBrokenEscapes) {
  for (const std::string_view value :
       {"%", "%3", "4%", "4%3", "%zz", "%3g", "%g3", "% 4", "%%34"}) {
    EXPECT_THAT(faults_of("cpu=" + std::string(value)),
                ElementsAre("cpu: is not percent-encoded UTF-8"))
        << value;
    EXPECT_THAT(faults_of(std::string(value) + "=1"),
                ElementsAre(": a parameter's name is not percent-encoded UTF-8"))
        << value;
  }
}

TEST(Query, ReportsAllFaultsTogether) {
  EXPECT_THAT(faults_of("cpu=x&cpu=1&memory=&storage=1.5&country=Z&platform=%2F&network=+&"
                        "payments_network=%FF&provider_id=..&limit=0&nothing=1"),
              SizeIs(11));
}

TEST(Query, BearsWhateverFitsIntoATarget) {
  const auto repeated = [](std::string_view piece) {
    std::string text;
    while (text.size() + piece.size() <= kTargetMax) text += piece;
    return text;
  };
  EXPECT_THAT(parse(repeated("x")).faults, SizeIs(1));
  EXPECT_THAT(parse(repeated("%")).faults, SizeIs(1));
  EXPECT_THAT(parse(repeated("&")).faults, IsEmpty());
  EXPECT_THAT(parse(repeated("x&")).faults, SizeIs(testing::Ge(64U)));
  EXPECT_THAT(parse("country=" + repeated(",")).faults, testing::Not(IsEmpty()));
  EXPECT_THAT(parse(repeated("country=SE,DE&")).faults, IsEmpty());
  EXPECT_THAT(parse(repeated("_&")).faults, IsEmpty());
  EXPECT_THAT(accepted("provider_id=" + repeated("a,") + "b").filter.bounds().provider_ids,
              ElementsAre("a", "b"));
}

}  // namespace
}  // namespace discovery

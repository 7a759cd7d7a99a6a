// What holds for a body as a whole, for pricing, and for rows of the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "advertisement/advertisement_parser.h"
#include "advertisement/json/json_text.h"
#include "base/limits.h"
#include "listing/listing.h"

namespace discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kSizes = R"({"cpu":4,"memory":8,"storage":100})";
constexpr std::string_view kRequired =
    R"("ip_address":"83.233.10.2","country":"SE","resources":{"cpu":4,"memory":8,"storage":100})";

struct Parsed {
  Advertisement advertisement;
  Faults faults;
};

Parsed parse(std::string_view body) {
  AdvertisementParser parser({});
  Parsed parsed;
  parser.parse(body, parsed.advertisement, parsed.faults);
  return parsed;
}

/// A valid body and further members.
std::string body_and(std::string_view members) {
  return "{" + std::string(kRequired) + "," + std::string(members) + "}";
}

using Location = std::vector<std::string>;

void expect_fault(std::string_view body, const Location& location, const std::string& message) {
  const Parsed parsed = parse(body);
  ASSERT_EQ(parsed.faults.size(), 1U) << body.substr(0, 200);
  EXPECT_EQ(parsed.faults[0].location, location);
  EXPECT_THAT(parsed.faults[0].message, HasSubstr(message));
}

std::string stored_pricing(const std::string& pricing) {
  const Parsed parsed = parse(body_and("\"pricing\":" + pricing));
  EXPECT_THAT(parsed.faults, IsEmpty()) << pricing.substr(0, 200);
  return parsed.advertisement.pricing_json;
}

std::string nested(size_t levels, std::string_view innermost) {
  return std::string(levels, '[') + std::string(innermost) + std::string(levels, ']');
}

TEST(ParserDocument, MustBeAnObject) {
  for (const char* body : {"[]", "4", "\"x\"", "null", "true", " [] "}) {
    expect_fault(body, {"body"}, "must be a JSON object");
  }
  expect_fault("", {"body"}, "is empty");
  expect_fault(" \n", {"body"}, "is empty");
}

TEST(ParserDocument, RefusesEveryTruncation) {
  const std::string body = body_and(R"("pricing":{"a":[1,"\u00e9é"]})");
  ASSERT_THAT(parse(body).faults, IsEmpty());
  for (size_t length = 0; length < body.size(); ++length) {
    const Parsed parsed = parse(body.substr(0, length));
    ASSERT_EQ(parsed.faults.size(), 1U) << length;
    EXPECT_THAT(parsed.faults[0].location, ElementsAre("body"));
  }
}

TEST(ParserDocument, RefusesTrailingBytes) {
  EXPECT_THAT(parse(body_and("\"a\":1") + " \r\n\t").faults, IsEmpty());
  for (const std::string_view trailing : {"x", "}", ",", "{}", "null", "\"", "\xff"}) {
    const Parsed parsed = parse(body_and("\"a\":1") + std::string(trailing));
    ASSERT_EQ(parsed.faults.size(), 1U) << trailing;
  }
  EXPECT_EQ(parse(body_and("\"a\":1") + '\0').faults.size(), 1U);
}

TEST(ParserDocument, RefusesWhatIsNotJson) {
  for (const char* value : {"01",          "1.",          ".5",
                            "+1",          "0x1",         "NaN",
                            "Infinity",    "-",           "1e",
                            "1e+",         "tru",         "nul",
                            "'a'",         R"("\x")",     R"("\u12")",
                            R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")",
                            "[1,]",        "[,1]",        "{\"b\":1,}",
                            "{\"b\"}",     "{b:1}",       "{1:1}",
                            "[1 2]",       "\"a\nb\"",    "\"a\tb\"",
                            "\"a\x01\"",   "/*c*/1",      "[1,99999999999999999999999.]",
                            "-01e999",     "[1e999,01]",  "1e999x",
                            "--1e999"}) {
    const Parsed parsed = parse(body_and("\"x\":" + std::string(value)));
    ASSERT_EQ(parsed.faults.size(), 1U) << value;
    EXPECT_THAT(parsed.faults[0].location, ElementsAre("body"));
    EXPECT_THAT(parsed.faults[0].message, HasSubstr("is not valid JSON")) << value;
  }
  expect_fault("\xef\xbb\xbf{}", {"body"}, "is not valid JSON");
}

TEST(ParserDocument, RefusesWhatIsNotUtf8) {
  for (const char* bytes :
       {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    expect_fault(body_and("\"x\":\"" + std::string(bytes) + "\""), {"body"}, "UTF-8");
  }
}

TEST(ParserDocument, NestsAtMostSixteenLevels) {
  for (const char* innermost : {"", "1"}) {
    EXPECT_THAT(parse(body_and("\"x\":" + nested(15, innermost))).faults, IsEmpty());
    expect_fault(body_and("\"x\":" + nested(16, innermost)), {"body"}, "deeper than 16");
    expect_fault(body_and("\"x\":" + nested(17, innermost)), {"body"}, "deeper than 16");
  }
  expect_fault(body_and("\"x\":" + nested(8'000, "")), {"body"}, "deeper than 16");
  expect_fault(std::string(limits::kBodyBytes, '['), {"body"}, "is not valid JSON");
  std::string objects = "1";
  for (int i = 0; i < 15; ++i) objects = R"({"a":)" + objects + "}";
  EXPECT_THAT(parse(body_and("\"x\":" + objects)).faults, IsEmpty());
  expect_fault(body_and("\"x\":{\"a\":" + objects + "}"), {"body"}, "deeper than 16");
}

TEST(ParserDocument, HoldsAtMostSixteenKibibytes) {
  std::string body = body_and(R"("a":1)");
  body.append(limits::kBodyBytes - body.size(), ' ');
  EXPECT_THAT(parse(body).faults, IsEmpty());
  expect_fault(body + " ", {"body"}, "16384");
  expect_fault(std::string(10'000'000, 'x'), {"body"}, "16384");
}

TEST(ParserDocument, RefusesRepeatedKeysAnywhere) {
  const std::string repeated = "more than once";
  expect_fault(body_and(R"("country":"SE")"), {"body", "country"}, repeated);
  expect_fault(body_and(R"("country":null)"), {"body", "country"}, repeated);
  expect_fault(body_and(R"("a":1,"a":1)"), {"body", "a"}, repeated);
  expect_fault(body_and(R"("a":1,"\u0061":1)"), {"body", "a"}, repeated);
  expect_fault(body_and(R"("":1,"":1)"), {"body", ""}, repeated);
  expect_fault(body_and(R"("a":[0,{"b":{"c":1,"d":2,"c":3}}])"), {"body", "a", "1", "b", "c"},
               repeated);
  expect_fault(body_and(R"("pricing":{"usd_per_core_month":1,"usd_per_core_month":1})"),
               {"body", "pricing", "usd_per_core_month"}, repeated);
  EXPECT_THAT(parse(body_and(R"("a":{"a":{"a":1}},"A":1,"b":["a","a"])")).faults, IsEmpty());
}

TEST(ParserDocument, FindsARepeatedKeyAmongMany) {
  for (const size_t count : {15U, 16U, 17U, 1'000U}) {
    std::string members;
    for (size_t i = 0; i < count; ++i) {
      members += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
    }
    EXPECT_THAT(parse(body_and("\"a\":{" + members + "}")).faults, IsEmpty());
    expect_fault(body_and("\"a\":{" + members + ",\"k7\":2}"), {"body", "a", "k7"},
                 "more than once");
  }
}

TEST(ParserDocument, RefusesNulAnywhere) {
  const std::string message = "must not hold \\u0000";
  expect_fault(body_and(R"("a":"x\u0000y")"), {"body", "a"}, message);
  expect_fault(body_and(R"("a":[["\u0000"]])"), {"body", "a", "0", "0"}, message);
  expect_fault(body_and(R"("provider_name":"\u0000")"), {"body", "provider_name"}, message);
  expect_fault(body_and(R"("a\u0000":1)"), {"body", std::string("a\0", 2)}, message);
  EXPECT_THAT(parse(body_and(R"("a":"\\u0000")")).faults, IsEmpty());
  EXPECT_EQ(parse(body_and(std::string("\"a\":\"\0\"", 7))).faults.size(), 1U);
}

TEST(ParserDocument, BoundsTheFaultsItTells) {
  std::string members;
  for (int i = 0; i < 1'000; ++i) members += "\"K" + std::to_string(i) + "\":0,";
  const Parsed many = parse(R"({"resources":{)" + members + R"("cpu":0}})");
  EXPECT_EQ(many.faults.size(), limits::kBodyFaults);

  const std::string long_key =
      "K" + std::string(62, 'k') + std::string("é") + std::string(9'000, 'k');
  const Parsed shortened = parse(body_and(R"("pricing":{")" + long_key + R"(":1e999})"));
  ASSERT_EQ(shortened.faults.size(), 1U + 1U) << "and the pricing is too long";
  EXPECT_THAT(shortened.faults[0].location,
              ElementsAre("body", "pricing", "K" + std::string(62, 'k') + "…"));
}

TEST(ParserPricing, KeepsValuesAndTheirKindAsSent) {
  EXPECT_EQ(stored_pricing("null"), "");
  EXPECT_EQ(stored_pricing("{}"), "{}");
  const std::string kept =
      R"({"glm_per_core_month":6,"usd_per_core_month":6.0,"usd_per_gb_ram_month":null,)"
      R"("setup_fee":-12,"big":18446744073709551615,"least":-9223372036854775808,"x":{"y":[1,2.5,)"
      R"(true,null,"é\"\\\n\r\t\u0001"],"":{}},"z":[]})";
  EXPECT_EQ(stored_pricing(kept), kept);
}

TEST(ParserPricing, WritesTheShortestNumberThatReadsBackEqual) {
  const auto stored = [](const std::string& number) {
    const std::string pricing = stored_pricing("{\"a\":" + number + "}");
    return pricing.substr(5, pricing.size() - 6);
  };
  EXPECT_EQ(stored("6.00"), "6.0");
  EXPECT_EQ(stored("-6.0"), "-6.0");
  EXPECT_EQ(stored("0.1"), "0.1");
  EXPECT_EQ(stored("0.10"), "0.1");
  EXPECT_EQ(stored("0.000001"), "0.000001");
  EXPECT_EQ(stored("0.0000001"), "1e-07");
  EXPECT_EQ(stored("0.30000000000000004"), "0.30000000000000004");
  EXPECT_EQ(stored("123456.789"), "123456.789");
  EXPECT_EQ(stored("999999999.999999"), "999999999.999999");
  EXPECT_EQ(stored("100000.0"), "100000.0");
  EXPECT_EQ(stored("1E2"), "100.0");
  EXPECT_EQ(stored("0.050"), "0.05");
  EXPECT_EQ(stored("-0"), "0");
  EXPECT_EQ(stored("-0.0"), "0.0");
  EXPECT_EQ(stored("1e300"), "1e+300");
  EXPECT_EQ(stored("5e-324"), "5e-324");
  EXPECT_EQ(stored("4.0e15"), "4e+15");
}

TEST(ParserPricing, BoundsKnownPrices) {
  for (const std::string currency : {"usd", "glm"}) {
    for (const std::string part :
         {"_per_core_month", "_per_gb_ram_month", "_per_gb_storage_month"}) {
      const std::string name = currency + part;
      for (const char* value : {"0", "0.0", "-0.0", "1000000000", "1e9", "1e-300", "null"}) {
        stored_pricing("{\"" + name + "\":" + value + "}");
      }
      for (const char* value : {"-1", "-1e-300", "1000000001", "1000000000.0001", "1e300", "1e999",
                                "18446744073709551616", "\"6\"", "true", "[]", "{}"}) {
        expect_fault(body_and("\"pricing\":{\"" + name + "\":" + value + "}"),
                     {"body", "pricing", name}, "from 0 to 1000000000");
      }
    }
  }
}

// A sign that no reader sees once sent a price to a place before the first.
TEST(ParserPricing, NegativeZeroIsZeroInFiguresToo) {
  const Parsed parsed =
      parse(body_and(R"("pricing":{"usd_per_core_month":-0.0,"usd_per_gb_ram_month":1,)"
                     R"("usd_per_gb_storage_month":-0})"));
  ASSERT_TRUE(parsed.advertisement.prices.usd.known());
  EXPECT_FALSE(std::signbit(parsed.advertisement.prices.usd.core));
  EXPECT_FALSE(std::signbit(parsed.advertisement.prices.usd.storage));
}

TEST(ParserPricing, RefusesNumbersItCouldNotKeep) {
  for (const char* value :
       {"18446744073709551616", "-9223372036854775809", "1e301", "1e999", "[{\"b\":-1e999}]"}) {
    expect_fault(body_and(R"("pricing":{"a":)" + std::string(value) + "}"),
                 {"body", "pricing", "a"}, "64 bits");
  }
}

TEST(ParserPricing, BoundsItsLengthAsRendered) {
  const auto pricing = [](size_t length) {
    return R"("pricing":{ "a" : ")" + std::string(length - 8, 'x') + R"(" })";
  };
  EXPECT_EQ(parse(body_and(pricing(kPricingBytesMax))).advertisement.pricing_json.size(),
            kPricingBytesMax);
  EXPECT_THAT(parse(body_and(pricing(kPricingBytesMax))).faults, IsEmpty());
  expect_fault(body_and(pricing(kPricingBytesMax + 1)), {"body", "pricing"}, "4096");
}

TEST(ParserPricing, MustBeAnObject) {
  for (const char* value : {"[]", "4", "\"x\"", "true"}) {
    expect_fault(body_and("\"pricing\":" + std::string(value)), {"body", "pricing"}, "an object");
  }
}

AdvertisementParser::Columns example_row() {
  return {.provider_id = "provider123",
          .provider_name = "Åke \"big\"",
          .ip_address = "83.233.10.2",
          .country = "SE",
          .platform = "x86_64",
          .network = "mainnet",
          .payments_network = "",
          .resources = kSizes,
          .pricing = R"({"usd_per_core_month":6.0,"x":[1]})"};
}

TEST(ParserColumns, ReadsARowByTheSameRules) {
  AdvertisementParser parser({"other", "polygon"});
  Advertisement advertisement;
  ASSERT_TRUE(parser.parse(example_row(), advertisement));
  EXPECT_EQ(advertisement.provider_id, "provider123");
  EXPECT_EQ(advertisement.provider_name, "Åke \"big\"");
  EXPECT_EQ(advertisement.network, "mainnet");
  EXPECT_EQ(advertisement.payments_network, "polygon");
  EXPECT_EQ(advertisement.resources_json, kSizes);
  EXPECT_EQ(advertisement.pricing_json, example_row().pricing);
}

TEST(ParserColumns, TakesEmptyAndNullPricingAsNull) {
  AdvertisementParser parser({});
  Advertisement advertisement;
  for (const std::string_view pricing : {"", "null", " null "}) {
    AdvertisementParser::Columns row = example_row();
    ASSERT_TRUE(parser.parse(row, advertisement));
    row.pricing = pricing;
    ASSERT_TRUE(parser.parse(row, advertisement));
    EXPECT_EQ(advertisement.pricing_json, "");
  }
}

TEST(ParserColumns, RefusesWhatAPostMayNotSay) {
  using Column = std::string_view AdvertisementParser::Columns::*;
  const std::string long_id(129, 'p');
  const std::string deep = R"({"a":)" + nested(15, "") + "}";
  const std::string large(limits::kBodyBytes + 1, ' ');
  const std::vector<std::pair<Column, std::string_view>> faults = {
      {&AdvertisementParser::Columns::provider_id, ""},
      {&AdvertisementParser::Columns::provider_id, long_id},
      {&AdvertisementParser::Columns::provider_name, "a\nb"},
      {&AdvertisementParser::Columns::provider_name, "a\xff"},
      {&AdvertisementParser::Columns::provider_name, "\xe2\x80"},
      {&AdvertisementParser::Columns::provider_name, std::string_view("a\0b", 3)},
      {&AdvertisementParser::Columns::ip_address, ""},
      {&AdvertisementParser::Columns::ip_address, "0.0.0.0"},
      {&AdvertisementParser::Columns::country, ""},
      {&AdvertisementParser::Columns::country, "X1"},
      {&AdvertisementParser::Columns::platform, "a b"},
      {&AdvertisementParser::Columns::network, "\""},
      {&AdvertisementParser::Columns::payments_network, "\xff"},
      {&AdvertisementParser::Columns::resources, ""},
      {&AdvertisementParser::Columns::resources, "null"},
      {&AdvertisementParser::Columns::resources, R"({"cpu":4,"memory":8})"},
      {&AdvertisementParser::Columns::resources, R"({"cpu":4,"memory":8,"storage":100}})"},
      {&AdvertisementParser::Columns::resources, R"({"cpu":4,"memory":8,"storage":100,"cpu":4})"},
      {&AdvertisementParser::Columns::pricing, "[]"},
      {&AdvertisementParser::Columns::pricing, R"({"a":"\u0000"})"},
      {&AdvertisementParser::Columns::pricing, deep},
      {&AdvertisementParser::Columns::pricing, large},
  };
  AdvertisementParser parser({});
  for (const auto& [column, value] : faults) {
    AdvertisementParser::Columns row = example_row();
    row.*column = value;
    Advertisement advertisement;
    EXPECT_FALSE(parser.parse(row, advertisement)) << value.substr(0, 100);
    EXPECT_TRUE(parser.parse(example_row(), advertisement))
        << "a refused row leaves nothing behind";
  }
}

TEST(ParserColumns, ReadsAListingsFieldsBackEqual) {
  AdvertisementParser parser({});
  Parsed posted = parse(body_and(
      R"("platform":"amd64","provider_name":"a\"\\😀","network":"n","pricing":{"a":1e5,"b":0.1})"));
  ASSERT_THAT(posted.faults, IsEmpty());
  posted.advertisement.provider_id = "p";
  const ListingDraft listing = Listing::draft(posted.advertisement);
  const std::string name = listing->provider_name();
  Advertisement again;
  ASSERT_TRUE(parser.parse({.provider_id = listing->provider_id(),
                            .provider_name = name,
                            .ip_address = listing->ip_address(),
                            .country = country_code(listing->country()),
                            .platform = listing->platform(),
                            .network = listing->network(),
                            .payments_network = listing->payments_network(),
                            .resources = listing->resources_json(),
                            .pricing = listing->pricing_json()},
                           again));
  EXPECT_EQ(again, posted.advertisement);
}

TEST(JsonString, EscapesJsonStrings) {
  const auto escaped = [](std::string_view text) {
    std::string out = "x";
    append_json_string(out, text);
    return out;
  };
  EXPECT_EQ(escaped(""), R"(x"")");
  EXPECT_EQ(escaped("é/\x7f"), "x\"é/\x7f\"");
  EXPECT_EQ(escaped("\"\\\n\r\t\b\x1f"), R"(x"\"\\\n\r\t\u0008\u001f")");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), R"(x"\u0000")");
}

// Texts are looked at in pieces of several bytes.
TEST(JsonString, EscapesWhereverItStands) {
  for (const auto& [special, escape] : std::vector<std::pair<std::string, std::string>>{
           {"\"", "\\\""}, {"\\", "\\\\"}, {"\x1f", "\\u001f"}, {"\x20", " "}, {"\xff", "\xff"}}) {
    for (size_t before = 0; before < 20; ++before) {
      for (size_t behind = 0; behind < 20; ++behind) {
        std::string out;
        append_json_string(out, std::string(before, '!') + special + std::string(behind, '\x80'));
        EXPECT_EQ(out, '"' + std::string(before, '!') + escape + std::string(behind, '\x80') + '"');
      }
    }
  }
}

}  // namespace
}  // namespace discovery

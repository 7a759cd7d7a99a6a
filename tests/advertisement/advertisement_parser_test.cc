#include "advertisement/advertisement_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view kSizes = R"({"cpu":4,"memory":8,"storage":100})";

struct Parsed {
  Advertisement advertisement;
  Faults faults;

  /// `body.resources.cpu` for each fault.
  std::vector<std::string> places() const {
    std::vector<std::string> joined;
    for (const Fault& fault : faults) {
      std::string place;
      for (const std::string& element : fault.location)
        place += (place.empty() ? "" : ".") + element;
      joined.push_back(place);
    }
    return joined;
  }
};

Parsed parse(std::string_view body, ValidationOptions options = {}) {
  AdvertisementParser parser(std::move(options));
  Parsed parsed;
  parser.parse(body, parsed.advertisement, parsed.faults);
  return parsed;
}

/// A valid body in which one field has another value, or is added.
std::string body_with(std::string_view name, std::string_view value) {
  std::vector<std::pair<std::string, std::string>> fields = {{"ip_address", R"("83.233.10.2")"},
                                                             {"country", R"("SE")"},
                                                             {"resources", std::string(kSizes)}};
  bool known = false;
  for (auto& [field, field_value] : fields) {
    if (field != name) continue;
    field_value = value;
    known = true;
  }
  if (!known) fields.emplace_back(name, value);
  std::string body;
  for (const auto& [field, field_value] : fields) {
    body += (body.empty() ? "{\"" : ",\"") + field + "\":" + field_value;
  }
  return body + "}";
}

std::string body_without(std::string_view name) {
  std::string body = body_with(name, "null");
  const size_t begin = body.find("\"" + std::string(name) + "\":null");
  body.replace(begin, name.size() + 7, R"("nothing":null)");
  return body;
}

std::string body_with_cpu(std::string_view value) {
  return body_with("resources",
                   R"({"cpu":)" + std::string(value) + R"(,"memory":8,"storage":100})");
}

std::string body_with_further(std::string_view members) {
  return body_with("resources",
                   R"({"cpu":4,"memory":8,"storage":100,)" + std::string(members) + "}");
}

void expect_fault(const std::string& body, const std::string& place, const std::string& message) {
  const Parsed parsed = parse(body);
  EXPECT_THAT(parsed.places(), ElementsAre(place)) << body.substr(0, 200);
  ASSERT_FALSE(parsed.faults.empty());
  EXPECT_THAT(parsed.faults[0].message, HasSubstr(message));
}

Advertisement accepted(const std::string& body, ValidationOptions options = {}) {
  Parsed parsed = parse(body, std::move(options));
  EXPECT_THAT(parsed.places(), IsEmpty()) << body.substr(0, 200);
  return parsed.advertisement;
}

std::string repeat(std::string_view text, size_t count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

TEST(AdvertisementParser, ReadsTheContractsExample) {
  const Advertisement advertisement = accepted(
      R"({"ip_address": "83.233.10.2", "country": "SE", "platform": "x86_64",
     "resources": {"cpu": 4, "memory": 8, "storage": 100},
     "pricing": {"usd_per_core_month": 6.0, "usd_per_gb_ram_month": 2.5,
                 "usd_per_gb_storage_month": 0.12, "glm_per_core_month": 12.0,
                 "glm_per_gb_ram_month": 5.0, "glm_per_gb_storage_month": 0.24}})");
  EXPECT_EQ(advertisement.ip_address, "83.233.10.2");
  EXPECT_EQ(country_code(advertisement.country), "SE");
  EXPECT_EQ(advertisement.platform, "x86_64");
  EXPECT_EQ(advertisement.provider_name, "");
  EXPECT_EQ(advertisement.sizes, (Sizes{4, 8, 100}));
  EXPECT_EQ(advertisement.resources_json, kSizes);
  EXPECT_EQ(
      advertisement.pricing_json,
      R"({"usd_per_core_month":6.0,"usd_per_gb_ram_month":2.5,"usd_per_gb_storage_month":0.12,)"
      R"("glm_per_core_month":12.0,"glm_per_gb_ram_month":5.0,"glm_per_gb_storage_month":0.24})");
}

TEST(AdvertisementParser, RequiresThreeFields) {
  for (const char* name : {"ip_address", "country", "resources"}) {
    const std::string place = std::string("body.") + name;
    expect_fault(body_without(name), place, "is required");
    expect_fault(body_with(name, "null"), place, "is required");
  }
  EXPECT_THAT(parse("{}").places(),
              UnorderedElementsAre("body.ip_address", "body.country", "body.resources"));
}

TEST(AdvertisementParser, ReportsAllFaultsTogetherWithTheirPlaces) {
  const Parsed parsed = parse(
      R"({"ip_address":"1.2.3","country":"X1","platform":"a b","provider_name":7,"network":"!",)"
      R"("payments_network":"","resources":{"cpu":0,"memory":"8","Gpu":1,"gpu":-1},)"
      R"("pricing":{"usd_per_core_month":-1,"x":{"y":1,"y":2}}})");
  EXPECT_THAT(parsed.places(),
              UnorderedElementsAre(
                  "body.ip_address", "body.country", "body.platform", "body.provider_name",
                  "body.network", "body.payments_network", "body.resources.cpu",
                  "body.resources.memory", "body.resources.storage", "body.resources.Gpu",
                  "body.resources.gpu", "body.pricing.usd_per_core_month", "body.pricing.x.y"));
  for (const Fault& fault : parsed.faults) EXPECT_EQ(fault.type, "value_error");
}

TEST(AdvertisementParser, AppendsToTheFaultsOfOthers) {
  AdvertisementParser parser({});
  Advertisement advertisement;
  Faults faults(limits::kBodyFaults, Fault{{"header", "X-Provider-ID"}, "malformed"});
  parser.parse(body_with("country", R"("X1")"), advertisement, faults);
  ASSERT_EQ(faults.size(), limits::kBodyFaults + 1);
  EXPECT_THAT(faults.back().location, ElementsAre("body", "country"));
}

TEST(AdvertisementParser, RefusesTextsOfAnotherType) {
  for (const char* name :
       {"ip_address", "country", "platform", "provider_name", "network", "payments_network"}) {
    for (const char* value : {"5", "true", "{}", "[]", "1.5"}) {
      expect_fault(body_with(name, value), std::string("body.") + name, "must be a string");
    }
  }
}

TEST(AdvertisementParser, IgnoresUnknownTopLevelFields) {
  EXPECT_EQ(accepted(body_with("extra", R"({"a":[1,2,{"b":null}],"big":1e999})")),
            accepted(body_with("country", R"("SE")")));
}

TEST(AdvertisementParser, StoresAddressesInCanonicalForm) {
  const auto stored = [](const char* text) {
    return accepted(body_with("ip_address", '"' + std::string(text) + '"')).ip_address;
  };
  EXPECT_EQ(stored("::ffff:1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(stored("2001:0DB8::0001"), "2001:db8::1");
  EXPECT_EQ(stored("127.0.0.1"), "127.0.0.1");
}

TEST(AdvertisementParser, RefusesOtherAddresses) {
  for (const char* text :
       {"", "999.1.1.1", "1.2.3", "01.2.3.4", "fe80::1%eth0", "example.org", "é"}) {
    expect_fault(body_with("ip_address", '"' + std::string(text) + '"'), "body.ip_address",
                 "literal IPv4 or IPv6");
  }
  for (const char* text : {"0.0.0.0", "::", "224.0.0.1", "ff02::1", "::ffff:0.0.0.0",
                           "255.255.255.255", "::ffff:255.255.255.255"}) {
    expect_fault(body_with("ip_address", '"' + std::string(text) + '"'), "body.ip_address",
                 "unspecified, multicast or broadcast");
  }
}

TEST(AdvertisementParser, RefusesUnreachableAddressesWhereThePolicySaysSo) {
  ValidationOptions options;
  options.address_policy = AddressPolicy::public_only;
  EXPECT_THAT(parse(body_with("ip_address", R"("10.0.0.1")"), options).places(),
              ElementsAre("body.ip_address"));
  EXPECT_THAT(parse(body_with("ip_address", R"("83.233.10.2")"), options).places(), IsEmpty());
}

TEST(AdvertisementParser, TakesAnyTwoLettersForACountry) {
  for (const std::string text : {"X1", "", "Sweden", "S "}) {
    expect_fault(body_with("country", '"' + text + '"'), "body.country", "two letters");
  }
  EXPECT_EQ(country_code(accepted(body_with("country", R"("xx")")).country), "XX");
  EXPECT_EQ(country_code(accepted(body_with("country", R"("uk")")).country), "GB");
}

TEST(AdvertisementParser, NormalisesPlatforms) {
  const auto stored = [](const std::string& text) {
    return accepted(body_with("platform", '"' + text + '"')).platform;
  };
  EXPECT_EQ(stored("X86_64"), "x86_64");
  EXPECT_EQ(stored("AMD64"), "x86_64");
  EXPECT_EQ(stored("aarch64"), "arm64");
  EXPECT_EQ(stored("risc-v.64_x"), "risc-v.64_x");
  EXPECT_EQ(stored(std::string(32, 'a')), std::string(32, 'a'));
  EXPECT_EQ(accepted(body_with("platform", "null")).platform, "");
  for (const std::string& text :
       {std::string(), std::string(33, 'a'), std::string("a b"), std::string("a:b"),
        std::string("é"), std::string("a\\n"), std::string("a/b")}) {
    expect_fault(body_with("platform", '"' + text + '"'), "body.platform", "1 to 32");
  }
}

TEST(AdvertisementParser, NormalisesNetworks) {
  for (const std::string name : {"network", "payments_network"}) {
    const auto stored = [&](const std::string& text) {
      const Advertisement read = accepted(body_with(name, '"' + text + '"'));
      return name == "network" ? read.network : read.payments_network;
    };
    EXPECT_EQ(stored("Polygon:Main_net-1.0"), "polygon:main_net-1.0");
    EXPECT_EQ(stored(std::string(64, 'n')), std::string(64, 'n'));
    for (const std::string& text : {std::string(), std::string(65, 'n'), std::string("a b"),
                                    std::string("é"), std::string("a@b")}) {
      expect_fault(body_with(name, '"' + text + '"'), "body." + name, "1 to 64");
    }
  }
}

TEST(AdvertisementParser, FillsInTheBoardsOwnNetworks) {
  const ValidationOptions options{"mainnet", "polygon"};
  const Advertisement silent = accepted(body_with("network", "null"), options);
  EXPECT_EQ(silent.network, "mainnet");
  EXPECT_EQ(silent.payments_network, "polygon");
  EXPECT_EQ(accepted(body_with("network", R"("testnet")"), options).network, "testnet");
  EXPECT_EQ(accepted(body_with("network", "null")).network, "");
}

TEST(AdvertisementParser, BoundsProviderNamesInCodePoints) {
  const auto body = [](const std::string& name) {
    return body_with("provider_name", '"' + name + '"');
  };
  for (const char* character : {"a", "é", "本", "😀"}) {
    EXPECT_EQ(accepted(body(repeat(character, 64))).provider_name, repeat(character, 64));
    expect_fault(body(repeat(character, 65)), "body.provider_name", "at most 64");
  }
  EXPECT_EQ(accepted(body("")).provider_name, "");
  EXPECT_EQ(accepted(body(R"(a\"\\\/b)")).provider_name, R"(a"\/b)");
  EXPECT_EQ(accepted(body(R"(\ud83d\ude00)")).provider_name, "😀");
}

TEST(AdvertisementParser, RefusesControlsInProviderNames) {
  for (const char* escape :
       {R"(\u0001)", R"(\n)", R"(\t)", R"(\u001f)", R"(\u007f)", R"(\u0080)", R"(\u009f)",
        R"(\u2028)", R"(\u2029)", R"(\u202a)", R"(\u202e)", R"(\u2066)", R"(\u2069)"}) {
    expect_fault(body_with("provider_name", '"' + std::string("a") + escape + "b\""),
                 "body.provider_name", "control");
  }
  for (const char* escape :
       {" ", "~", R"(\u00a0)", R"(\u2027)", R"(\u202f)", R"(\u2065)", R"(\u206a)", R"(\ud7ff)"}) {
    accepted(body_with("provider_name", '"' + std::string("a") + escape + '"'));
  }
}

TEST(AdvertisementParser, RefusesProviderNamesWithoutAVisibleCharacter) {
  for (const char* name :
       {R"(\u00a0)",       R"(\u00ad)",       R"(\u034f)",       R"(\u061c)",
        R"(\u115f\u1160)", R"(\u1680)",       R"(\u17b4\u17b5)", R"(\u180b\u180f)",
        R"(\u2000\u200a)", R"(\u200b)",       R"(\u200e\u200f)", R"(\u202f)",
        R"(\u205f)",       R"(\u2060)",       R"(\u2064)",       R"(\u206f)",
        R"(\u2800)",       R"(\u3000)",       R"(\u3164)",       R"(\ufe00\ufe0f)",
        R"(\ufeff)",       R"(\uffa0)",       R"(\ufffb)",       R"(\ud82f\udca0)",
        R"(\ud834\udd73)", R"(\udb40\udc00)", R"(\udb43\udfff)", R"( \u200b )"}) {
    expect_fault(body_with("provider_name", '"' + std::string(name) + '"'), "body.provider_name",
                 "must hold a visible character, or be empty");
    accepted(body_with("provider_name", '"' + std::string(name) + ".\""));
  }
  for (const char* name : {"-", R"(\u0301)", R"(\ue000)", R"(\ufffd)", R"(\u180a)", R"(\u2010)"}) {
    accepted(body_with("provider_name", '"' + std::string(name) + '"'));
  }
}

TEST(AdvertisementParser, TakesBlanksAloneForNoProviderName) {
  EXPECT_EQ(accepted(body_with("provider_name", R"(" ")")).provider_name, "");
  EXPECT_EQ(accepted(body_with("provider_name", R"("     ")")).provider_name, "");
  EXPECT_EQ(accepted(body_with("provider_name", R"(" a ")")).provider_name, " a ");
}

TEST(AdvertisementParser, ReadsIntegersHoweverTheyAreWritten) {
  for (const auto& [text, cpu] :
       std::vector<std::pair<const char*, int32_t>>{{"1", 1},
                                                    {"4.0", 4},
                                                    {"1e3", 1000},
                                                    {"1.5e1", 15},
                                                    {"4000e-3", 4},
                                                    {"2147483647", INT32_MAX},
                                                    {"2147483647.0", INT32_MAX}}) {
    EXPECT_EQ(accepted(body_with_cpu(text)).sizes.cpu, cpu) << text;
    EXPECT_EQ(accepted(body_with_cpu(text)).resources_json,
              "{\"cpu\":" + std::to_string(cpu) + ",\"memory\":8,\"storage\":100}");
  }
}

TEST(AdvertisementParser, RefusesOtherSizes) {
  for (const char* text : {"0",
                           "-0",
                           "0.0",
                           "-1",
                           "4.5",
                           "\"4\"",
                           "true",
                           "null",
                           "[]",
                           "{}",
                           "2147483648",
                           "2147483647.5",
                           "9223372036854775807",
                           "9223372036854775808",
                           "18446744073709551615",
                           "18446744073709551616",
                           "-18446744073709551616",
                           "1e400",
                           "-1e400",
                           "1e308",
                           "1e-400"}) {
    expect_fault(body_with_cpu(text), "body.resources.cpu", "an integer from 1 to 2147483647");
  }
}

TEST(AdvertisementParser, ReportsAHugeNumberTogetherWithOtherFaults) {
  const Parsed parsed =
      parse(R"({"ip_address":"1.2.3.4\"1e999","country":"SE",)"
            R"("resources":{"cpu":18446744073709551616,"memory":-1E+999,"storage":1e-999}})");
  EXPECT_THAT(parsed.places(),
              UnorderedElementsAre("body.ip_address", "body.resources.cpu", "body.resources.memory",
                                   "body.resources.storage"));
}

TEST(AdvertisementParser, KeepsFurtherResourcesInTheOrderSent) {
  const Advertisement advertisement = accepted(body_with(
      "resources", R"({"gpu":1,"storage":3,"zzz_9":0,"memory":2,"cpu":1,"a":2147483647,"b":-0})"));
  EXPECT_EQ(advertisement.resources_json,
            R"({"cpu":1,"memory":2,"storage":3,"gpu":1,"zzz_9":0,"a":2147483647,"b":0})");
  EXPECT_EQ(advertisement.sizes, (Sizes{1, 2, 3}));
}

TEST(AdvertisementParser, BoundsFurtherResources) {
  const auto members = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      const std::string name = "r" + std::to_string(10 + i) + std::string(29, 'x');
      text += (i == 0 ? "\"" : ",\"") + name + "\":2147483647";
    }
    return text;
  };
  const Advertisement most = accepted(body_with_further(members(16)));
  EXPECT_LE(most.resources_json.size(), kResourcesBytesMax);
  EXPECT_THAT(most.resources_json, HasSubstr("r25"));
  expect_fault(body_with_further(members(17)), "body.resources", "at most 16");
  for (const char* value : {"-1", "2147483648", "0.5", "null", "\"1\"", "false"}) {
    expect_fault(body_with_further(R"("gpu":)" + std::string(value)), "body.resources.gpu",
                 "from 0 to 2147483647");
  }
}

TEST(AdvertisementParser, RefusesMalformedResourceNames) {
  accepted(body_with_further('"' + std::string(32, 'a') + "\":1"));
  for (const std::string& name : {std::string("Gpu"), std::string("1a"), std::string("_a"),
                                  std::string("a-b"), std::string("é"), std::string(33, 'a')}) {
    expect_fault(body_with_further('"' + name + "\":1"), "body.resources." + name, "letter");
  }
  EXPECT_THAT(parse(body_with_further(R"("":1)")).faults.at(0).location,
              ElementsAre("body", "resources", ""));
}

TEST(AdvertisementParser, ResourcesMustBeAnObject) {
  for (const char* value : {"[]", "4", "\"x\"", "true"}) {
    expect_fault(body_with("resources", value), "body.resources", "must be an object");
  }
}

}  // namespace
}  // namespace discovery

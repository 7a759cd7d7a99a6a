// Random machines and random questions about them, each with the plain predicate that answers it: a
// naive model of filters, written without them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "advertisement/advertisement_parser.h"
#include "listing/listing.h"
#include "query/filter.h"

namespace discovery {

/// One machine as plain values.
struct Machine {
  std::string id, name, address, country;
  std::string platform, network, payments_network;  // empty: null
  std::map<std::string, double> resources, pricing;
  bool verified = false;
};

using Predicate = std::function<bool(const Machine&)>;

/// An expression as text, and what it means.
struct Question {
  std::string text;
  Predicate holds;
};

inline std::optional<double> at(const std::map<std::string, double>& values,
                                const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

// Known of a currency whose three prices were all sent and are not all 0.
inline std::optional<double> monthly_price(const Machine& machine, const std::string& currency,
                                           const AskedSize& size) {
  const auto core = at(machine.pricing, currency + "_per_core_month");
  const auto ram = at(machine.pricing, currency + "_per_gb_ram_month");
  const auto storage = at(machine.pricing, currency + "_per_gb_storage_month");
  if (!core || !ram || !storage || *core + *ram + *storage == 0) return std::nullopt;
  return *core * static_cast<double>(size.cpu) + *ram * static_cast<double>(size.memory) +
         *storage * static_cast<double>(size.storage);
}

inline std::string to_json(const std::map<std::string, double>& values) {
  std::string json = "{";
  for (const auto& [key, value] : values) {
    json += (json.size() > 1 ? ",\"" : "\"") + key + "\":" + std::to_string(value);
  }
  return json + "}";
}

inline std::string quoted(const std::string& text) {
  return text.empty() ? "null" : '"' + text + '"';
}

inline ListingDraft listing_of(const Machine& machine) {
  static AdvertisementParser parser({});
  const std::string body =
      R"({"ip_address":)" + quoted(machine.address) + R"(,"country":)" + quoted(machine.country) +
      R"(,"provider_name":)" + quoted(machine.name) + R"(,"platform":)" + quoted(machine.platform) +
      R"(,"network":)" + quoted(machine.network) + R"(,"payments_network":)" +
      quoted(machine.payments_network) + R"(,"resources":)" + to_json(machine.resources) +
      R"(,"pricing":)" + to_json(machine.pricing) + "}";
  Advertisement advertisement;
  Faults faults;
  parser.parse(body, advertisement, faults);
  EXPECT_TRUE(faults.empty()) << body;
  advertisement.provider_id = machine.id;
  advertisement.verified = machine.verified;
  return Listing::draft(advertisement);
}

inline bool within(const Bounds& bounds, const Machine& machine, const AskedSize& size) {
  const auto chosen = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto affordable = [&](const std::optional<double>& most, const std::string& currency) {
    const auto price = monthly_price(machine, currency, size);
    return !most || (price && *price <= *most);
  };
  const auto& resources = machine.resources;
  return bounds.possible && resources.at("cpu") >= static_cast<double>(bounds.cpu) &&
         resources.at("memory") >= static_cast<double>(bounds.memory) &&
         resources.at("storage") >= static_cast<double>(bounds.storage) &&
         affordable(bounds.usd_per_month, "usd") && affordable(bounds.glm_per_month, "glm") &&
         bounds.verified.value_or(machine.verified) == machine.verified &&
         (!bounds.countries || bounds.countries->test(parse_country(machine.country).value())) &&
         chosen(bounds.provider_ids, machine.id) && chosen(bounds.platforms, machine.platform) &&
         chosen(bounds.networks, machine.network) &&
         chosen(bounds.payments_networks, machine.payments_network);
}

inline const std::vector<std::string> kCountries{"DE", "FR", "ZZ"};
inline const std::vector<std::string> kPlatforms{"arm64", "riscv64", "x86_64"};
inline const std::vector<std::string> kNetworks{"devnet", "mainnet"};
inline const std::vector<std::string> kIds{"a", "b", "c"};
inline const std::vector<std::string> kAddresses{"83.233.10.2", "83.233.10.3"};
inline const std::vector<std::string> kUnitPrices{
    "usd_per_core_month", "usd_per_gb_ram_month", "usd_per_gb_storage_month",
    "glm_per_core_month", "glm_per_gb_ram_month", "glm_per_gb_storage_month"};

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  int upto(int most) { return std::uniform_int_distribution(0, most)(engine_); }
  bool once_in(int times) { return upto(times - 1) == 0; }
  const std::string& one_of(const std::vector<std::string>& texts) {
    return texts[static_cast<size_t>(upto(static_cast<int>(texts.size()) - 1))];
  }
  std::string maybe(const std::vector<std::string>& texts) {
    return once_in(4) ? "" : one_of(texts);
  }

 private:
  std::mt19937_64 engine_;
};

inline Machine random_machine(Dice& dice) {
  Machine machine{.id = dice.one_of(kIds),
                  .name = dice.maybe(kIds),
                  .address = dice.one_of(kAddresses),
                  .country = dice.one_of(kCountries),
                  .platform = dice.maybe(kPlatforms),
                  .network = dice.maybe(kNetworks),
                  .payments_network = dice.maybe(kNetworks),
                  .resources = {},
                  .pricing = {},
                  .verified = dice.once_in(2)};
  for (const std::string size : {"cpu", "memory", "storage"}) {
    machine.resources[size] = 1 + dice.upto(4);
  }
  if (dice.once_in(2)) machine.resources["gpu"] = dice.upto(2);
  for (const std::string& key : kUnitPrices) {
    if (!dice.once_in(10)) machine.pricing[key] = dice.once_in(3) ? 0 : dice.upto(40) / 8.0;
  }
  if (dice.once_in(2)) machine.pricing["setup_fee"] = dice.upto(3);
  return machine;
}

/// Writes random questions.
class Questioner {
 public:
  Questioner(Dice& dice, const AskedSize& size) : dice_(dice), size_(size) {}

  Question ask(int depth) {
    if (depth == 0 || dice_.once_in(3)) return ask_one();
    if (dice_.once_in(4)) {
      const Question part = ask(depth - 1);
      return {"!(" + part.text + ")", [=](const Machine& m) { return !part.holds(m); }};
    }
    const Question first = ask(depth - 1);
    const Question second = ask(depth - 1);
    const std::string texts[] = {"(" + first.text + ")", "(" + second.text + ")"};
    if (dice_.once_in(2)) {
      return {texts[0] + " && " + texts[1],
              [=](const Machine& m) { return first.holds(m) && second.holds(m); }};
    }
    return {texts[0] + " || " + texts[1],
            [=](const Machine& m) { return first.holds(m) || second.holds(m); }};
  }

 private:
  using Number = std::function<std::optional<double>(const Machine&)>;

  Question ask_one() {
    const AskedSize size = size_;
    const std::string resource = dice_.one_of({"cpu", "memory", "storage", "gpu"});
    const std::string key = dice_.one_of(kUnitPrices);
    const std::string currency = dice_.one_of({"usd", "glm"});
    switch (dice_.upto(13)) {
      case 0:
      case 1:
      case 2:
        return compare((resource == "gpu" ? "resources." : "") + resource,
                       [=](const Machine& m) { return at(m.resources, resource); });
      case 3:
        return compare(key, [=](const Machine& m) { return at(m.pricing, key); });
      case 4:
      case 5:
        return compare(currency + "_per_month",
                       [=](const Machine& m) { return monthly_price(m, currency, size); });
      case 6:
        return compare("pricing.setup_fee",
                       [](const Machine& m) { return at(m.pricing, "setup_fee"); });
      case 7:
        return choose("country", &Machine::country, kCountries);
      case 8:
        return choose("platform", &Machine::platform, kPlatforms);
      case 9:
        return choose("network", &Machine::network, kNetworks);
      case 10:
        return choose("provider_id", &Machine::id, kIds);
      case 11:
        return choose("payments_network", &Machine::payments_network, kNetworks);
      case 12:
        return choose("ip_address", &Machine::address, kAddresses);
      default: {
        const bool truth = dice_.once_in(2);
        return {truth ? "verified=true" : "verified=false",
                [=](const Machine& m) { return m.verified == truth; }};
      }
    }
  }

  Question compare(const std::string& name, const Number& number) {
    const double asked = dice_.upto(12) / 2.0 - (dice_.once_in(8) ? 1 : 0);
    const std::string value = std::to_string(asked);
    const auto with = [&](const std::string& comparison, auto compares) -> Question {
      return {name + comparison + value, [=](const Machine& m) {
                const auto known = number(m);
                return known && compares(*known, asked);
              }};
    };
    switch (dice_.upto(5)) {
      case 0:
        return with("=", std::equal_to<>());
      case 1:
        return with("!=", std::not_equal_to<>());
      case 2:
        return with("<", std::less<>());
      case 3:
        return with("<=", std::less_equal<>());
      case 4:
        return with(">", std::greater<>());
      default:
        return with(">=", std::greater_equal<>());
    }
  }

  Question choose(const std::string& name, std::string Machine::*text,
                  const std::vector<std::string>& texts) {
    const std::string first = dice_.one_of(texts);
    const std::string second = dice_.one_of(texts);
    switch (dice_.upto(2)) {
      case 0:
        return {name + "=\"" + first + "\"", [=](const Machine& m) { return m.*text == first; }};
      case 1:
        return {name + "!=\"" + first + "\"",
                [=](const Machine& m) { return !(m.*text).empty() && m.*text != first; }};
      default:
        return {name + " in [\"" + first + "\", \"" + second + "\"]",
                [=](const Machine& m) { return m.*text == first || m.*text == second; }};
    }
  }

  Dice& dice_;
  const AskedSize size_;
};

}  // namespace discovery

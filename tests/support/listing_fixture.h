// Advertisements and listings in one line, and questions.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "listing/listing.h"
#include "query/query.h"

namespace discovery {

inline Country country(std::string_view code) { return parse_country(code).value(); }

/// A valid advertisement, as the parser would have it; change what a test is about.
inline Advertisement offer(std::string_view provider_id, std::string_view country_code = "SE",
                           Sizes sizes = {4, 8, 100}) {
  Advertisement advertisement;
  advertisement.provider_id = provider_id;
  advertisement.ip_address = "83.233.10.2";
  advertisement.country = country(country_code);
  advertisement.platform = "x86_64";
  advertisement.sizes = sizes;
  advertisement.resources_json = R"({"cpu":)" + std::to_string(sizes.cpu) + R"(,"memory":)" +
                                 std::to_string(sizes.memory) + R"(,"storage":)" +
                                 std::to_string(sizes.storage) + "}";
  return advertisement;
}

/// Posted prices; what existing providers send is in USD and GLM.
inline Advertisement priced(Advertisement advertisement, const UnitPrices& usd) {
  advertisement.prices.usd = usd;
  return advertisement;
}

inline ListingPtr listed(const Advertisement& advertisement, WallTime created, BootTime expires) {
  const ListingDraft draft = Listing::draft(advertisement);
  draft->stamp({created, created, created, expires});
  return draft;
}

/// The ids of a page, in its order.
inline std::vector<std::string> ids_of(const std::vector<const Listing*>& page) {
  std::vector<std::string> ids;
  for (const Listing* listing : page) ids.emplace_back(listing->provider_id());
  return ids;
}

/// What a target with these parameters asks for.
inline Query asked(const std::string& parameters) {
  Query query;
  const QueryFaults faults = parse_query(parameters, 1'000'000, query);
  EXPECT_TRUE(faults.none()) << parameters;
  return query;
}

inline Query everything() { return asked(""); }

}  // namespace discovery

#include "board/index/census.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/limits.h"
#include "tests/support/index_model.h"

namespace discovery {
namespace {

void add(Totals& totals, const Listing& listing) {
  ++totals.providers;
  totals.verified += listing.verified() ? 1 : 0;
  totals.cpu += static_cast<uint64_t>(listing.sizes().cpu);
  totals.memory += static_cast<uint64_t>(listing.sizes().memory);
  totals.storage += static_cast<uint64_t>(listing.sizes().storage);
}

using Rows = std::vector<const Listing*>;

// Against the price that stands at the nearest rank.
void expect_quantiles(const Quantiles& quantiles, const Rows& rows, double UnitPrices::*unit,
                      UnitPrices Prices::*currency) {
  std::vector<double> prices;
  for (const Listing* listing : rows) {
    const UnitPrices& sent = listing->prices().*currency;
    if (sent.known()) prices.push_back(sent.*unit);
  }
  std::ranges::sort(prices);
  for (size_t i = 0; i < kPercents.size(); ++i) {
    const size_t rank = (prices.size() * kPercents[i] + 99) / 100;
    ASSERT_NEAR(quantiles[i], prices[rank - 1], prices[rank - 1] * 0.008 + 1e-30);
  }
}

void expect_prices(const PriceStats& stats, const Rows& rows) {
  for (const auto& of :
       {std::pair{&PriceStats::usd, &Prices::usd}, {&PriceStats::glm, &Prices::glm}}) {
    const auto of_stats = of.first;
    const auto of_listing = of.second;
    const bool known = std::ranges::any_of(
        rows, [&](const Listing* listing) { return (listing->prices().*of_listing).known(); });
    ASSERT_EQ((stats.*of_stats).has_value(), known);
    if (!known) continue;
    const UnitQuantiles& units = *(stats.*of_stats);
    expect_quantiles(units.core, rows, &UnitPrices::core, of_listing);
    expect_quantiles(units.ram, rows, &UnitPrices::ram, of_listing);
    expect_quantiles(units.storage, rows, &UnitPrices::storage, of_listing);
  }
}

void compare(const Model& model, const Stats& stats) {
  Rows all;
  Totals totals;
  std::map<Country, Rows> countries;
  std::map<std::string, Totals> platforms;
  for (const auto& [id, listing] : model.rows()) {
    all.push_back(listing.get());
    add(totals, *listing);
    countries[listing->country()].push_back(listing.get());
    add(platforms[std::string(listing->platform())], *listing);
  }
  ASSERT_EQ(stats.totals, totals);
  expect_prices(stats.prices, all);
  ASSERT_EQ(stats.countries.size(), countries.size());
  auto country = countries.begin();
  for (const Stats::OfCountry& one : stats.countries) {
    ASSERT_EQ(one.country, country->first);
    Totals sums;
    for (const Listing* listing : country->second) add(sums, *listing);
    ASSERT_EQ(one.totals, sums);
    expect_prices(one.prices, country->second);
    ++country;
  }
  ASSERT_EQ(stats.platforms.size(), platforms.size());
  for (const auto& [platform, sums] : stats.platforms) ASSERT_EQ(sums, platforms.at(platform));
}

TEST(Stats, AgreeWithANaiveModel) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Model model(seed, 200, {"SE", "DE", "XK"});
    Copies copies(model);
    copies.fill(100);
    change(model, copies, 1'500, [&] {
      if (!model.chance(3)) return;
      for (const Index* index : copies.all()) compare(model, index->stats());
    });
  }
}

TEST(Stats, AnEmptyBoardHasNoPrices) {
  const Stats stats = Index(1).stats();
  EXPECT_EQ(stats.totals, Totals());
  EXPECT_FALSE(stats.prices.usd);
  EXPECT_TRUE(stats.countries.empty());
  EXPECT_TRUE(stats.platforms.empty());
}

// From nothing, which is below every octave, to the most that may be asked, and beyond what a float
// holds.
TEST(Stats, TellTheLeastAndTheGreatestPrices) {
  for (const double price : {-0.0, 0.0, 1e-300, 1e-9, 1e9, 1e300}) {
    Advertisement advertisement = offer("p");
    advertisement.prices.usd = UnitPrices{price, 1.5, 2.5};
    const ListingPtr listing = listed(advertisement, WallTime{}, BootTime::max());
    Census census;
    census.add(*listing);
    const Quantiles cores = census.stats().prices.usd->core;
    for (const double one : cores) {
      if (price < 1e-40) {
        EXPECT_EQ(one, 0);
      } else if (price <= 1e9) {
        EXPECT_NEAR(one, price, price * 0.008);
      }
    }
    census.remove(*listing);
    EXPECT_FALSE(census.stats().prices.usd);
  }
}

TEST(Stats, NameThePlatformsWithTheMostProviders) {
  Census census;
  const auto add_some = [&](size_t platforms, const std::string& prefix, int each) {
    for (size_t i = 0; i < platforms; ++i) {
      for (int k = 0; k < each; ++k) {
        Advertisement advertisement = offer(prefix + std::to_string(i * 10) + std::to_string(k));
        advertisement.platform = prefix + std::to_string(i);
        census.add(*listed(advertisement, WallTime{}, BootTime::max()));
      }
    }
  };
  add_some(limits::kStatsPlatforms, "often", 2);
  EXPECT_EQ(census.stats().platforms.size(), limits::kStatsPlatforms);
  add_some(1, "a-rare", 1);
  const Stats stats = census.stats();
  ASSERT_EQ(stats.platforms.size(), limits::kStatsPlatforms);
  for (const auto& one : stats.platforms) EXPECT_EQ(one.totals.providers, 2U);
}

}  // namespace
}  // namespace discovery

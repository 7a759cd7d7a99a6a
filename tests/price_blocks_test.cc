#include "board/price_blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/board_fixture.h"

namespace discovery {
namespace {

class PriceBlocksTest : public testing::Test {
 protected:
  ListingPtr offered(const std::string& id, std::optional<UnitPrices> usd) {
    Advertisement advertisement = offer(id);
    advertisement.prices.usd = usd;
    return listed(advertisement, WallTime{}, BootTime::max());
  }
  void insert(const ListingPtr& listing, uint16_t id_code = 0) {
    listings_.push_back(listing);
    blocks_.insert(*listing, id_code);
  }
  void remove(const Listing& listing) {
    const uint32_t place = places_.at(&listing);
    places_.erase(&listing);
    blocks_.remove(place);
  }

  /// Every listing stands where it was last told to, within its block's bounds, and nowhere else.
  void check() {
    size_t rows = 0;
    for (const PriceBlocks::Group* group : {&known(), &unknown()}) {
      ASSERT_EQ(group->zones.size(), group->blocks.size());
      for (const auto& block : group->blocks) {
        ASSERT_GT(block->used, 0U);
        rows += block->used;
        const PriceZone& zone = group->zones[block->position];
        for (uint32_t slot = 0; slot < block->used; ++slot) check_row(*block, slot, zone);
      }
    }
    EXPECT_EQ(rows, places_.size());
  }
  const PriceBlocks::Group& known() const { return blocks_.known(country("SE")); }
  const PriceBlocks::Group& unknown() const { return blocks_.unknown(country("SE")); }

  std::vector<ListingPtr> listings_;
  std::map<const Listing*, uint32_t> places_;
  PriceBlocks blocks_{
      [this](const Listing& listing, uint32_t place) { places_[&listing] = place; }};

 private:
  void check_row(const PriceBlock& block, uint32_t slot, const PriceZone& zone) {
    const Listing& listing = *block.rows[slot];
    ASSERT_EQ(places_.at(&listing), block.number * kBlockRows + slot);
    const auto usd = listing.prices().usd;
    if (!usd) return;
    ASSERT_LE(zone.least.core, usd->core);
    ASSERT_LE(zone.least.ram, usd->ram);
    ASSERT_LE(zone.least.storage, usd->storage);
    ASSERT_GE(zone.most.core, usd->core);
    ASSERT_GE(zone.most.ram, usd->ram);
    ASSERT_GE(zone.most.storage, usd->storage);
    ASSERT_LE(zone.id_least, block.columns.id(slot));
  }
};

TEST_F(PriceBlocksTest, KnownAndUnknownPricesLieApart) {
  insert(offered("known", UnitPrices{1, 2, 3}));
  insert(offered("unknown", std::nullopt));
  ASSERT_EQ(known().blocks.size(), 1U);
  ASSERT_EQ(unknown().blocks.size(), 1U);
  EXPECT_EQ(known().blocks.front()->rows[0]->provider_id(), "known");
  EXPECT_EQ(unknown().blocks.front()->rows[0]->provider_id(), "unknown");
  check();
}

TEST_F(PriceBlocksTest, AReplacementStaysUnlessItsPricesChange) {
  const ListingPtr first = offered("a", UnitPrices{1, 2, 3});
  insert(first);
  const ListingPtr same = offered("a", UnitPrices{1, 2, 3});
  blocks_.replace(places_.at(first.get()), *same, 7);
  EXPECT_EQ(known().blocks.front()->rows[0], same.get());
  EXPECT_EQ(known().blocks.front()->columns.id(0), 7);
  const ListingPtr unpriced = offered("a", std::nullopt);
  blocks_.replace(0, *unpriced, 7);
  EXPECT_TRUE(known().blocks.empty());
  EXPECT_EQ(unknown().blocks.front()->rows[0], unpriced.get());
}

// Blocks that fill, split into tighter ones, thin out and dissolve, with many full neighbours.
TEST_F(PriceBlocksTest, KeepsEveryListingThroughSplitsAndRemovals) {
  const uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, 1);
  for (int i = 0; i < 20'000; ++i) {
    std::optional<UnitPrices> usd;
    if (i % 3 != 0) usd = {std::exp(normal(random)), std::exp(normal(random)), 1};
    if (i % 4 == 0) usd = UnitPrices{6, 2.5, 0.12};
    insert(offered("p" + std::to_string(i), usd), static_cast<uint16_t>(random() % 4'096));
  }
  check();
  std::shuffle(listings_.begin(), listings_.end(), random);
  for (size_t i = 0; i + 100 < listings_.size(); ++i) remove(*listings_[i]);
  check();
  EXPECT_LE(known().blocks.size() + unknown().blocks.size(), 4U);
  for (size_t i = listings_.size() - 100; i < listings_.size(); ++i) remove(*listings_[i]);
  EXPECT_TRUE(known().blocks.empty());
  EXPECT_TRUE(unknown().blocks.empty());
}

TEST_F(PriceBlocksTest, AFillIsAsTightAsSplits) {
  std::mt19937_64 random(6);
  std::normal_distribution<double> normal(0, 1);
  std::vector<PriceBlocks::Offer> offers;
  for (uint32_t i = 0; i < 20'000; ++i) {
    std::optional<UnitPrices> usd;
    if (i % 3 != 0) usd = {std::exp(normal(random)), std::exp(normal(random)), 1};
    listings_.push_back(offered("p" + std::to_string(i), usd));
    const auto id_code = static_cast<uint16_t>(random() % 4'096);
    offers.push_back({listings_.back().get(), RowCodes(*listings_.back(), id_code), usd, i});
  }
  blocks_.fill(country("SE"), offers,
               [&](uint32_t row, uint32_t place) { places_[listings_[row].get()] = place; });
  ASSERT_EQ(places_.size(), listings_.size());
  check();
  EXPECT_LE(known().blocks.size() + unknown().blocks.size(), 20'000 / (kBlockRows / 2));
  // Few blocks reach down to the cheapest cores.
  std::vector<double> cores;
  for (const PriceZone& zone : known().zones) cores.push_back(zone.least.core);
  std::ranges::sort(cores);
  EXPECT_GT(cores[cores.size() / 2], 0.3);
  for (size_t i = 0; i + 1 < listings_.size(); ++i) remove(*listings_[i]);
  check();
}

TEST_F(PriceBlocksTest, SplitsApartWhatCostsDifferently) {
  for (uint32_t i = 0; i <= kBlockRows; ++i) {
    const double price = i % 2 == 0 ? 1 : 100;
    insert(offered("p" + std::to_string(i), UnitPrices{1, price, 1}));
  }
  ASSERT_EQ(known().blocks.size(), 2U);
  for (const PriceZone& zone : known().zones) EXPECT_EQ(zone.least.ram, zone.most.ram);
  check();
}

TEST_F(PriceBlocksTest, SplitsByIdWhatCostsTheSame) {
  for (uint32_t i = 0; i <= kBlockRows; ++i) {
    insert(offered("p" + std::to_string(i), UnitPrices{6, 2, 1}), static_cast<uint16_t>(i % 512));
  }
  ASSERT_EQ(known().blocks.size(), 2U);
  EXPECT_NE(known().zones[0].id_least < 256, known().zones[1].id_least < 256);
  check();
}

}  // namespace
}  // namespace discovery

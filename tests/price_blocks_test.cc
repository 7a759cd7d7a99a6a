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
    for (const PriceBlocks::Blocks* blocks : {&known(), &unknown()}) {
      for (const auto& block : *blocks) {
        ASSERT_GT(block->used, 0U);
        rows += block->used;
        for (uint32_t slot = 0; slot < block->used; ++slot) check_row(*block, slot);
      }
    }
    EXPECT_EQ(rows, places_.size());
  }
  const PriceBlocks::Blocks& known() const { return blocks_.known(country("SE")); }
  const PriceBlocks::Blocks& unknown() const { return blocks_.unknown(country("SE")); }

  std::vector<ListingPtr> listings_;
  std::map<const Listing*, uint32_t> places_;
  PriceBlocks blocks_{
      [this](const Listing& listing, uint32_t place) { places_[&listing] = place; }};

 private:
  void check_row(const PriceBlock& block, uint32_t slot) {
    const Listing& listing = *block.rows[slot];
    ASSERT_EQ(places_.at(&listing), block.number * kBlockRows + slot);
    const auto usd = listing.prices().usd;
    if (!usd) return;
    ASSERT_LE(block.zone.least.core, usd->core);
    ASSERT_LE(block.zone.least.ram, usd->ram);
    ASSERT_LE(block.zone.least.storage, usd->storage);
    ASSERT_GE(block.zone.most.core, usd->core);
    ASSERT_GE(block.zone.most.ram, usd->ram);
    ASSERT_GE(block.zone.most.storage, usd->storage);
    ASSERT_LE(block.zone.id_least, block.columns.id(slot));
  }
};

TEST_F(PriceBlocksTest, KnownAndUnknownPricesLieApart) {
  insert(offered("known", UnitPrices{1, 2, 3}));
  insert(offered("unknown", std::nullopt));
  ASSERT_EQ(known().size(), 1U);
  ASSERT_EQ(unknown().size(), 1U);
  EXPECT_EQ(known().front()->rows[0]->provider_id(), "known");
  EXPECT_EQ(unknown().front()->rows[0]->provider_id(), "unknown");
  check();
}

TEST_F(PriceBlocksTest, AReplacementStaysUnlessItsPricesChange) {
  const ListingPtr first = offered("a", UnitPrices{1, 2, 3});
  insert(first);
  const ListingPtr same = offered("a", UnitPrices{1, 2, 3});
  blocks_.replace(places_.at(first.get()), *same, 7);
  EXPECT_EQ(known().front()->rows[0], same.get());
  EXPECT_EQ(known().front()->columns.id(0), 7);
  const ListingPtr unpriced = offered("a", std::nullopt);
  blocks_.replace(0, *unpriced, 7);
  EXPECT_TRUE(known().empty());
  EXPECT_EQ(unknown().front()->rows[0], unpriced.get());
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
  EXPECT_LE(known().size() + unknown().size(), 4U);
  for (size_t i = listings_.size() - 100; i < listings_.size(); ++i) remove(*listings_[i]);
  EXPECT_TRUE(known().empty());
  EXPECT_TRUE(unknown().empty());
}

TEST_F(PriceBlocksTest, SplitsApartWhatCostsDifferently) {
  for (uint32_t i = 0; i <= kBlockRows; ++i) {
    const double price = i % 2 == 0 ? 1 : 100;
    insert(offered("p" + std::to_string(i), UnitPrices{1, price, 1}));
  }
  ASSERT_EQ(known().size(), 2U);
  for (const auto& block : known()) EXPECT_EQ(block->zone.least.ram, block->zone.most.ram);
  check();
}

TEST_F(PriceBlocksTest, SplitsByIdWhatCostsTheSame) {
  for (uint32_t i = 0; i <= kBlockRows; ++i) {
    insert(offered("p" + std::to_string(i), UnitPrices{6, 2, 1}), static_cast<uint16_t>(i % 512));
  }
  ASSERT_EQ(known().size(), 2U);
  EXPECT_NE(known()[0]->zone.id_least < 256, known()[1]->zone.id_least < 256);
  check();
}

}  // namespace
}  // namespace discovery

#include "board/index/price_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/listing_fixture.h"

namespace discovery {
namespace {

// Rows are numbers here, and what they cost is kept beside.
class PriceTreeTest : public testing::Test {
 protected:
  static PriceTree::Member offered(uint32_t row, const UnitPrices& usd, Sizes sizes = {},
                                   uint32_t created = 0) {
    Advertisement advertisement = offer("p" + std::to_string(row), "SE", sizes);
    advertisement.prices.usd = usd;
    return {RowCodes(*listed(advertisement, WallTime{}, BootTime::max())), created, RowNumber{row}};
  }
  void insert(const PriceTree::Member& member) {
    members_[member.row.value] = member;
    tree_.insert(country("SE"), member);
  }
  void replace(const PriceTree::Member& member) {
    members_[member.row.value] = member;
    tree_.replace(member);
  }
  void remove(uint32_t row) {
    members_.erase(row);
    tree_.remove(RowNumber{row});
  }
  // Some cost the same, some say nothing of it; sizes are of a few common ones, and others.
  std::vector<PriceTree::Member> random_members(uint32_t count, std::mt19937_64& random) {
    std::normal_distribution<double> normal(0, 1);
    std::vector<PriceTree::Member> members;
    for (uint32_t row = 0; row < count; ++row) {
      UnitPrices usd;
      if (row % 3 != 0) usd = {std::exp(normal(random)), std::exp(normal(random)), 1};
      if (row % 4 == 0) usd = UnitPrices{6, 2.5, 0.12};
      const auto size = [&] { return 1 + static_cast<int32_t>(std::exp(2 + normal(random))); };
      const Sizes sizes = row % 4 == 1 ? Sizes{4, 8, 100} : Sizes{size(), size(), size()};
      members.push_back(offered(row, usd, sizes, static_cast<uint32_t>(random() % 4'096)));
    }
    return members;
  }

  /// Every row stands where it was last told to, within its leaf's zone map, and nowhere else.
  void check() {
    size_t rows = 0;
    for (const PriceTree::Partition* partition : {&partition_, &unpriced_}) {
      ASSERT_EQ(partition->zone_maps.size(), partition->numbers.size());
      for (size_t i = 0; i < partition->zone_maps.size(); ++i) {
        const PriceLeaf& leaf = tree_.numbered(partition->numbers[i]);
        ASSERT_GT(leaf.used, 0U);
        ASSERT_EQ(leaf.position, i);
        rows += leaf.used;
        for (uint32_t slot = 0; slot < leaf.used; ++slot) {
          check_row(partition->zone_maps[i], leaf, slot);
        }
      }
    }
    EXPECT_EQ(rows, members_.size());
  }
  size_t count() const { return partition_.zone_maps.size() + unpriced_.zone_maps.size(); }

  std::map<uint32_t, PriceTree::Member> members_;
  PriceTree tree_;
  const PriceTree::Partition& partition_ = tree_.of(country("SE"));
  const PriceTree::Partition& unpriced_ = tree_.unpriced(country("SE"));

 private:
  void check_row(const ZoneMap& zone_map, const PriceLeaf& leaf, uint32_t slot) {
    const PriceTree::Member& member = members_.at(leaf.rows[slot].value);
    const RowCodes& codes = member.codes;
    ASSERT_EQ(leaf.columns.codes(slot), codes);
    ASSERT_EQ(leaf.created[slot], member.created);
    ASSERT_LE(zone_map.created_least, member.created);
    ASSERT_GE(zone_map.created_most, member.created);
    for (size_t i = 0; i < kDimensions; ++i) {
      ASSERT_LE(zone_map.size_least[i], codes.size[i]);
      ASSERT_GE(zone_map.size_most[i], codes.size[i]);
      ASSERT_LE(zone_map.price_least[i], codes.price[i]);
      ASSERT_GE(zone_map.price_most[i], codes.price[i]);
    }
  }
};

TEST_F(PriceTreeTest, UnknownPricesLieApart) {
  insert(offered(1, UnitPrices{1, 2, 3}));
  insert(offered(2, {}));
  EXPECT_EQ(count(), 2U);
  EXPECT_EQ(tree_.numbered(partition_.numbers[0]).rows[0].value, 1U);
  check();
}

TEST_F(PriceTreeTest, AReplacementStaysUnlessPricesChange) {
  insert(offered(1, UnitPrices{1, 2, 3}, {4, 4, 4}));
  insert(offered(2, UnitPrices{1, 2, 3}, {4, 4, 4}));
  replace(offered(1, UnitPrices{9, 9, 9}, {4, 4, 4}));
  check();
  replace(offered(2, UnitPrices{1, 2, 3}, {64, 4, 4}));
  check();
  replace(offered(1, {}, {4, 4, 4}));
  check();
  EXPECT_EQ(unpriced_.zone_maps.size(), 1U);
}

// One's new number is another's old one.
TEST_F(PriceTreeTest, RowsThatMoveStayWhereTheyAre) {
  for (const uint32_t row : {1U, 2U, 3U}) insert(offered(row, UnitPrices{1.0 * row, 2, 3}));
  tree_.relocate({{{1}, {2}}, {{2}, {1}}, {{3}, {700}}});
  std::swap(members_[1], members_[2]);
  members_[700] = members_.at(3);
  members_.erase(3);
  check();
  for (const uint32_t row : {1U, 2U, 700U}) remove(row);
  EXPECT_EQ(count(), 0U);
}

// PriceTree that fill, split into tighter ones, thin out and dissolve, with many full neighbours.
TEST_F(PriceTreeTest, KeepsEveryRowThroughSplitsAndRemovals) {
  const uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const auto& member : random_members(20'000, random)) insert(member);
  check();
  std::vector<uint32_t> rows(members_.size());
  std::iota(rows.begin(), rows.end(), 0U);
  std::shuffle(rows.begin(), rows.end(), random);
  for (size_t i = 0; i + 100 < rows.size(); ++i) remove(rows[i]);
  check();
  EXPECT_LE(count(), 4U);
  for (size_t i = rows.size() - 100; i < rows.size(); ++i) remove(rows[i]);
  EXPECT_EQ(count(), 0U);
}

TEST_F(PriceTreeTest, FewClustersReachDownToTheCheapest) {
  std::mt19937_64 random(6);
  for (const auto& member : random_members(20'000, random)) insert(member);
  check();
  std::vector<double> cores;
  for (const ZoneMap& zone_map : partition_.zone_maps)
    cores.push_back(least_of_price_code(zone_map.price_least[0]));
  std::ranges::sort(cores);
  EXPECT_GT(cores[cores.size() / 2], 0.3);
}

TEST_F(PriceTreeTest, SplitsApartWhatDiffersMost) {
  for (uint32_t row = 0; row <= kGroupRows; ++row) {
    const bool is_even = row % 2 == 0;
    insert(offered(row, UnitPrices{1, is_even ? 1.0 : 100.0, 1}));
  }
  ASSERT_EQ(partition_.zone_maps.size(), 2U);
  for (const ZoneMap& zone_map : partition_.zone_maps)
    EXPECT_EQ(zone_map.price_least[1], zone_map.price_most[1]);
  check();
}

TEST_F(PriceTreeTest, SplitsByCreationWhatCostsTheSame) {
  for (uint32_t row = 0; row <= kGroupRows; ++row) {
    insert(offered(row, UnitPrices{6, 2, 1}, {1, 1, 1}, row * 7 % 512));
  }
  ASSERT_EQ(partition_.zone_maps.size(), 2U);
  EXPECT_NE(partition_.zone_maps[0].created_least < 256,
            partition_.zone_maps[1].created_least < 256);
  check();
}

}  // namespace
}  // namespace discovery

#include "board/clusters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/board_fixture.h"

namespace discovery {
namespace {

// Rows are numbers here, and what they cost is kept beside.
class ClustersTest : public testing::Test, public ClusterOwner {
 protected:
  uint16_t id_code(uint32_t row) const override { return members_.at(row).codes.id; }
  void moved(uint32_t row, uint32_t place) override { places_[row] = place; }

  static Clusters::Member offered(uint32_t row, std::optional<UnitPrices> usd, Sizes sizes = {},
                                  uint16_t id_code = 0) {
    Advertisement advertisement = offer("p" + std::to_string(row), "SE", sizes);
    advertisement.prices.usd = usd;
    return {RowCodes(*listed(advertisement, WallTime{}, BootTime::max()), id_code), usd, row};
  }
  void insert(const Clusters::Member& member) {
    members_[member.row] = member;
    clusters_.insert(country("SE"), member);
  }
  void remove(uint32_t row) {
    const uint32_t place = places_.at(row);
    places_.erase(row);
    clusters_.remove(place);
  }
  // Some cost the same, some say nothing of it; sizes are of a few common ones, and others.
  std::vector<Clusters::Member> random_members(uint32_t count, std::mt19937_64& random) {
    std::normal_distribution<double> normal(0, 1);
    std::vector<Clusters::Member> members;
    for (uint32_t row = 0; row < count; ++row) {
      std::optional<UnitPrices> usd;
      if (row % 3 != 0) usd = {std::exp(normal(random)), std::exp(normal(random)), 1};
      if (row % 4 == 0) usd = UnitPrices{6, 2.5, 0.12};
      const auto size = [&] { return 1 + static_cast<int32_t>(std::exp(2 + normal(random))); };
      const Sizes sizes = row % 4 == 1 ? Sizes{4, 8, 100} : Sizes{size(), size(), size()};
      members.push_back(offered(row, usd, sizes, static_cast<uint16_t>(random() % 4'096)));
    }
    return members;
  }

  /// Every row stands where it was last told to, within its cluster's bounds, and nowhere else.
  void check() {
    size_t rows = 0;
    for (const Clusters::Group* group : {&group_, &unpriced_}) {
      ASSERT_EQ(group->zones.size(), group->clusters.size());
      for (const auto& cluster : group->clusters) {
        ASSERT_GT(cluster->used, 0U);
        rows += cluster->used;
        for (uint32_t slot = 0; slot < cluster->used; ++slot) {
          check_row(*group, *cluster, slot);
        }
        check_classes(*cluster);
      }
    }
    EXPECT_EQ(rows, places_.size());
  }
  size_t count() const { return group_.clusters.size() + unpriced_.clusters.size(); }

  std::map<uint32_t, Clusters::Member> members_;
  std::map<uint32_t, uint32_t> places_;
  Clusters clusters_{*this};
  const Clusters::Group& group_ = clusters_.of(country("SE"));
  const Clusters::Group& unpriced_ = clusters_.unpriced(country("SE"));

 private:
  void check_row(const Clusters::Group& group, const Cluster& cluster, uint32_t slot) {
    ASSERT_EQ(group.numbers[cluster.position], cluster.number);
    const ClusterZone& zone = group.zones[cluster.position];
    const uint32_t row = cluster.rows[slot];
    ASSERT_EQ(places_.at(row), cluster.number * kBlockRows + slot);
    const RowCodes& codes = members_.at(row).codes;
    ASSERT_EQ(cluster.columns.codes(slot), codes);
    ASSERT_LE(zone.id_least, codes.id);
    for (size_t i = 0; i < kDimensions; ++i) {
      ASSERT_GE(zone.size_most[i], codes.size[i]);
    }
    const auto usd = members_.at(row).usd;
    if (!usd) return;
    ASSERT_EQ(cluster.prices.at(cluster.price_of.at(slot)).usd, *usd);
    const PriceBounds& prices = group.prices[cluster.position];
    ASSERT_LE(prices.least.core, usd->core);
    ASSERT_LE(prices.least.ram, usd->ram);
    ASSERT_LE(prices.least.storage, usd->storage);
    ASSERT_GE(prices.most.core, usd->core);
    ASSERT_GE(prices.most.ram, usd->ram);
    ASSERT_GE(prices.most.storage, usd->storage);
  }
  static void check_classes(const Cluster& cluster) {
    const bool is_unpriced = cluster.columns.codes(0).price[0] == kUnknownPrice;
    ASSERT_EQ(cluster.price_of.empty(), is_unpriced);
    std::vector<uint32_t> rows(cluster.prices.size());
    for (uint32_t slot = 0; slot < cluster.used && !cluster.price_of.empty(); ++slot) {
      ++rows.at(cluster.price_of[slot]);
    }
    std::set<std::array<double, 3>> seen;
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto& [usd, members] = cluster.prices[i];
      ASSERT_EQ(members, rows[i]);
      if (members == 0) continue;
      ASSERT_TRUE(seen.insert({usd.core, usd.ram, usd.storage}).second) << "each is there once";
    }
  }
};

TEST_F(ClustersTest, UnknownPricesLieApart) {
  insert(offered(1, UnitPrices{1, 2, 3}));
  insert(offered(2, std::nullopt));
  EXPECT_EQ(count(), 2U);
  EXPECT_EQ(group_.clusters.front()->rows[0], 1U);
  check();
}

TEST_F(ClustersTest, AReplacementStaysUnlessPricesChange) {
  insert(offered(1, UnitPrices{1, 2, 3}, {4, 4, 4}));
  insert(offered(2, UnitPrices{1, 2, 3}, {4, 4, 4}));
  members_[1] = offered(1, UnitPrices{9, 9, 9}, {4, 4, 4});
  clusters_.replace(places_.at(1), members_[1]);
  check();
  EXPECT_EQ(places_.at(1), 1U);
  members_[2] = offered(2, UnitPrices{1, 2, 3}, {64, 4, 4});
  clusters_.replace(places_.at(2), members_[2]);
  check();
  members_[1] = offered(1, std::nullopt, {4, 4, 4});
  clusters_.replace(places_.at(1), members_[1]);
  check();
  EXPECT_EQ(unpriced_.clusters.size(), 1U);
}

TEST_F(ClustersTest, ARowIsRenamedWhereItStands) {
  insert(offered(1, UnitPrices{1, 2, 3}));
  clusters_.rename(places_.at(1), 7);
  EXPECT_EQ(group_.clusters.front()->rows[0], 7U);
}

// Clusters that fill, split into tighter ones, thin out and dissolve, with many full neighbours.
TEST_F(ClustersTest, KeepsEveryRowThroughSplitsAndRemovals) {
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

TEST_F(ClustersTest, AFillIsAsTightAsSplits) {
  std::mt19937_64 random(6);
  auto members = random_members(20'000, random);
  for (const auto& member : members) members_[member.row] = member;
  clusters_.fill(country("SE"), members);
  ASSERT_EQ(places_.size(), members_.size());
  check();
  EXPECT_LE(count(), 20'000 / (kBlockRows * 3 / 4));
  // Few clusters reach down to the cheapest cores.
  std::vector<double> cores;
  for (size_t i = 0; i < group_.zones.size(); ++i) {
    cores.push_back(group_.prices[i].least.core);
  }
  std::ranges::sort(cores);
  EXPECT_GT(cores[cores.size() / 2], 0.3);
  for (uint32_t row = 0; row + 1 < members_.size(); ++row) remove(row);
  check();
}

TEST_F(ClustersTest, SplitsApartWhatDiffersMost) {
  for (uint32_t row = 0; row <= kBlockRows; ++row) {
    const bool is_even = row % 2 == 0;
    insert(offered(row, UnitPrices{1, is_even ? 1.0 : 100.0, 1}));
  }
  ASSERT_EQ(group_.clusters.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(group_.prices[i].least.ram, group_.prices[i].most.ram);
  }
  check();
}

TEST_F(ClustersTest, SplitsByIdWhatIsAlike) {
  for (uint32_t row = 0; row <= kBlockRows; ++row) {
    insert(offered(row, UnitPrices{6, 2, 1}, {1, 1, 1}, static_cast<uint16_t>(row % 512)));
  }
  ASSERT_EQ(group_.clusters.size(), 2U);
  EXPECT_NE(group_.zones[0].id_least < 256, group_.zones[1].id_least < 256);
  check();
}

TEST_F(ClustersTest, FollowsANewScaleOfIds) {
  std::mt19937_64 random(7);
  for (const auto& member : random_members(2'000, random)) insert(member);
  for (auto& [row, member] : members_) member.codes.id = static_cast<uint16_t>(random() % 4'096);
  clusters_.recode();
  check();
}

}  // namespace
}  // namespace discovery

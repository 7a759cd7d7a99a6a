#include "board/size_lists.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "board/size_walk.h"
#include "tests/board_fixture.h"

namespace discovery {
namespace {

// Rows are the numbers of ids here.
class SizeListsTest : public testing::Test, public RowOwner {
 protected:
  static constexpr uint64_t kSeed = 20261129;

  uint16_t id_code(uint32_t row) const override {
    return static_cast<uint16_t>(ids_.at(row) / ids_to_a_code_);
  }
  const Listing& listing(uint32_t row) const override { return *listings_.at(row); }

  size_t below(size_t bound) { return random_() % bound; }
  // Few of them, so that many tie, and some that share a code with others.
  Sizes some_sizes() {
    const auto size = [&] {
      const size_t kind = below(10);
      return static_cast<int32_t>(kind < 6   ? 1 + below(8)
                                  : kind < 8 ? 8'192 + below(8)
                                  : kind < 9 ? 1 + below(5'000)
                                             : INT32_MAX - below(3));
    };
    return {size(), size(), size()};
  }
  SizedRow sized(uint32_t row) const { return {listings_.at(row)->sizes(), id_code(row), row}; }
  static ListingPtr offered(uint32_t id, const Sizes& sizes) {
    return listed(offer("p" + std::to_string(100'000 + id), "SE", sizes), WallTime{},
                  BootTime::max());
  }
  void know(uint32_t row, uint32_t id, const Sizes& sizes) {
    ids_[row] = id;
    listings_[row] = offered(id, sizes);
  }
  void insert(uint32_t row, const Sizes& sizes) {
    know(row, row, sizes);
    lists_.insert(country_, sized(row));
  }
  void remove(uint32_t row) {
    lists_.remove(country_, sized(row));
    listings_.erase(row);
    ids_.erase(row);
  }
  void resize(uint32_t row, const Sizes& sizes) {
    const SizedRow former = sized(row);
    know(row, ids_.at(row), sizes);
    lists_.resize(country_, former, sizes);
  }
  uint32_t some_row() {
    auto row = listings_.lower_bound(static_cast<uint32_t>(below(kRows)));
    return (row == listings_.end() ? listings_.begin() : row)->first;
  }

  static int32_t size_of(const Sizes& sizes, Dimension dimension) {
    return std::array{sizes.cpu, sizes.memory, sizes.storage}[dimension];
  }
  /// What a walk should find, by a sort of all.
  std::vector<uint32_t> expected(Dimension dimension, Direction direction, const Sizes& least,
                                 const std::optional<std::pair<double, std::string>>& after) const {
    using Key = std::tuple<double, std::string, uint32_t>;
    const double sign = direction == Direction::ascending ? 1 : -1;
    std::vector<Key> keys;
    for (const auto& [row, listing] : listings_) {
      const Sizes& sizes = listing->sizes();
      const auto fits = [&](Dimension one) {
        return size_code(static_cast<uint32_t>(size_of(sizes, one))) >=
               size_code(static_cast<uint32_t>(size_of(least, one)));
      };
      if (!fits(kCpu) || !fits(kMemory) || !fits(kStorage)) continue;
      const std::string id(listing->provider_id());
      const double key = sign * size_of(sizes, dimension);
      if (after && std::tuple(key, id) <= std::tuple(sign * after->first, after->second)) continue;
      keys.emplace_back(key, id, row);
    }
    std::ranges::sort(keys);
    std::vector<uint32_t> rows;
    for (const Key& key : keys) rows.push_back(std::get<uint32_t>(key));
    return rows;
  }

  void check_walk() {
    const Sizes least = below(3) == 0 ? Sizes{1, 1, 1} : some_sizes();
    const auto dimension = static_cast<Dimension>(below(kDimensions));
    const Direction direction = below(2) == 0 ? Direction::ascending : Direction::descending;
    std::optional<std::pair<double, std::string>> after;
    std::optional<SizePlace> place;
    if (below(2) == 0) {
      const auto id = static_cast<uint32_t>(below(kRows));
      const Sizes sizes =
          below(2) == 0 || listings_.empty() ? some_sizes() : listing(some_row()).sizes();
      const double fraction = below(10) == 0 ? 0.5 : 0;  // nobody's, from a cursor made up
      after = {size_of(sizes, dimension) + fraction, "p" + std::to_string(100'000 + id)};
      place.emplace(after->first, after->second, static_cast<uint16_t>(id / ids_to_a_code_));
    }
    const SizeCodes codes{size_code(static_cast<uint32_t>(least.cpu)),
                          size_code(static_cast<uint32_t>(least.memory)),
                          size_code(static_cast<uint32_t>(least.storage))};
    SizeWalk walk(lists_.of(country_)[dimension], direction, codes, place ? &*place : nullptr);
    std::vector<uint32_t> found;
    while (walk.next()) {
      found.push_back(walk.row());
      ASSERT_EQ(walk.size_code(),
                size_code(static_cast<uint32_t>(size_of(listing(walk.row()).sizes(), dimension))));
    }
    ASSERT_FALSE(walk.next());
    ASSERT_EQ(found, expected(dimension, direction, least, after));
  }
  void check() {
    for (const SizeList& list : lists_.of(country_)) {
      size_t rows = 0;
      for (const SizeList::Part& part : list.parts()) {
        ASSERT_GT(part.run->used, 0U);
        ASSERT_EQ(part.rank, size_rank(part.run->sizes.size(list.dimension(), 0),
                                       id_code(part.run->rows[0]), false));
        rows += part.run->used;
      }
      ASSERT_EQ(rows, listings_.size());
    }
    for (int i = 0; i < 20 && !HasFatalFailure(); ++i) check_walk();
  }

  static constexpr size_t kRows = 3'000;
  static constexpr SizeCodes kLeast{size_code(1), size_code(1), size_code(1)};
  const Country country_ = country("SE");
  std::mt19937_64 random_{kSeed};
  uint32_t ids_to_a_code_ = 7;
  std::map<uint32_t, uint32_t> ids_;
  std::map<uint32_t, ListingPtr> listings_;
  SizeLists lists_{*this};
};

TEST_F(SizeListsTest, AreInOrderWhateverComesAndGoes) {
  SCOPED_TRACE(kSeed);
  for (int call = 0; call < 40'000 && !HasFatalFailure(); ++call) {
    const bool growing = call / 8'000 % 2 == 0;
    const auto row = static_cast<uint32_t>(below(kRows));
    if (!listings_.contains(row)) {
      if (below(100) < (growing ? 90 : 20)) insert(row, some_sizes());
    } else if (below(100) < (growing ? 10 : 80)) {
      remove(row);
    } else {
      resize(row, some_sizes());
    }
    if (call % 500 == 0) check();
  }
}

TEST_F(SizeListsTest, AFillIsWhatInsertsWouldMake) {
  SCOPED_TRACE(kSeed);
  std::vector<SizedRowOfMany> rows;
  for (uint32_t row = 0; row < kRows; ++row) {
    know(row, row, some_sizes());
    rows.push_back({sized(row), row / 5});
  }
  std::ranges::shuffle(rows, random_);
  lists_.fill(country_, rows);
  check();
  for (const SizeList& list : lists_.of(country_)) EXPECT_EQ(list.parts().size(), 7U);
  for (uint32_t row = 0; row < kRows; row += 2) remove(row);
  check();
}

TEST_F(SizeListsTest, AFillOfNobodyLeavesThemEmpty) {
  lists_.fill(country_, {});
  check();
  EXPECT_TRUE(lists_.of(country_)[kCpu].parts().empty());
}

TEST_F(SizeListsTest, ACopyChangesByItself) {
  for (uint32_t row = 0; row < 1'000; ++row) insert(row, some_sizes());
  SizeLists former(*this);
  former.copy(lists_);
  for (uint32_t row = 0; row < 1'000; row += 2) remove(row);
  check();
  for (const SizeList& list : former.of(country_)) {
    SizeWalk walk(list, Direction::ascending, kLeast, nullptr);
    for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(walk.next());
    EXPECT_FALSE(walk.next());
  }
}

TEST_F(SizeListsTest, RowsAreRenamedAllAtOnce) {
  constexpr uint32_t kMoved = 1'024;
  for (uint32_t row = 0; row < kRows; ++row) insert(row, some_sizes());
  SizeLists::Names names{};
  lists_.find_names(country_, kMoved, names);
  auto listings = listings_;
  auto ids = ids_;
  for (uint32_t i = 0; i < kBlockRows; ++i) {
    for (const auto& list : names) *list[i] = 10'000 + i;
    listings[10'000 + i] = listings_.at(kMoved + i);
    ids[10'000 + i] = ids_.at(kMoved + i);
    listings.erase(kMoved + i);
    ids.erase(kMoved + i);
  }
  listings_ = listings;
  ids_ = ids;
  check();
}

TEST_F(SizeListsTest, StayInOrderWhenIdsAreMeasuredAnew) {
  for (uint32_t row = 0; row < kRows; ++row) insert(row, some_sizes());
  ids_to_a_code_ = 3;
  lists_.recode();
  check();
  for (uint32_t row = 0; row < kRows; row += 3) remove(row);
  check();
}

TEST_F(SizeListsTest, TheNarrowestHasTheFewestWhoAreLargeEnough) {
  for (uint32_t row = 0; row < 2'000; ++row) {
    insert(row, {1 + static_cast<int32_t>(row), 1 + static_cast<int32_t>(row % 4), 1});
  }
  EXPECT_EQ(
      lists_.narrowest(country_, {size_code(1'900), kLeast[kMemory], kLeast[kStorage]}).dimension(),
      kCpu);
  EXPECT_EQ(lists_.narrowest(country_, {kLeast[kCpu], size_code(4), kLeast[kStorage]}).dimension(),
            kMemory);
}

}  // namespace
}  // namespace discovery

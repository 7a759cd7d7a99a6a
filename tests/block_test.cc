#include "board/block.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/board_fixture.h"

namespace discovery {
namespace {

constexpr BootTime kStart{std::chrono::seconds{1'000}};
constexpr WallTime kCreated{std::chrono::seconds{1'771'494'870}};
constexpr Duration kLease = std::chrono::minutes{5};
constexpr Duration kTick{1};

std::vector<uint32_t> telling_sizes() {
  std::vector<uint32_t> sizes;
  for (uint32_t size = 0; size < 70'000; ++size) sizes.push_back(size);
  for (unsigned k = 17; k < 32; ++k) {
    for (uint32_t around : {uint32_t{1} << k, (uint32_t{1} << k) + (uint32_t{1} << (k - 3))}) {
      sizes.insert(sizes.end(), {around - 1, around, around + 1});
    }
  }
  sizes.push_back(UINT32_MAX);
  return sizes;
}

TEST(SizeCode, IsMonotoneAndZeroOnlyForZero) {
  uint8_t last = 0;
  for (const uint32_t size : telling_sizes()) {
    const uint8_t code = size_code(size);
    EXPECT_GE(code, last) << size;
    EXPECT_EQ(code == 0, size == 0) << size;
    last = code;
  }
}

TEST(SizeCode, TheLeastOfACodeIsTheLeast) {
  for (const uint32_t size : telling_sizes()) {
    const uint8_t code = size_code(size);
    ASSERT_LE(least_of_code(code), size);
    if (code < size_code(UINT32_MAX)) {
      ASSERT_LT(size, least_of_code(static_cast<uint8_t>(code + 1)));
    }
  }
  for (unsigned code = 0; code <= size_code(UINT32_MAX); ++code) {
    const uint32_t least = least_of_code(static_cast<uint8_t>(code));
    EXPECT_EQ(size_code(least), code);
    EXPECT_TRUE(code == 0 || size_code(least - 1) == code - 1);
  }
}

TEST(SizeCode, TellsSizesAnEighthApart) {
  for (unsigned k = 3; k < 31; ++k) {
    const uint32_t size = uint32_t{1} << k;
    EXPECT_EQ(size_code(size) + 1, size_code(size + size / 8));
    EXPECT_EQ(size_code(size) + 8, size_code(size * 2));
  }
}

TEST(NameTags, AcceptEverythingWhereNothingIsAsked) {
  NameTags tags;
  EXPECT_TRUE(tags.accepts(NameTags::tag("")));
  EXPECT_TRUE(tags.accepts(NameTags::tag("arm64")));
  tags.set({});
  EXPECT_TRUE(tags.accepts(NameTags::tag("")));
}

TEST(NameTags, RefuseAnAbsentNameWhereOneIsAsked) {
  NameTags tags;
  tags.set({"arm64", "x86_64"});
  EXPECT_TRUE(tags.accepts(NameTags::tag("arm64")));
  EXPECT_TRUE(tags.accepts(NameTags::tag("x86_64")));
  EXPECT_FALSE(tags.accepts(NameTags::tag("")));
}

TEST(Search, NothingCanMatchBeyondTheLargestSize) {
  Query query = everything();
  query.storage = INT32_MAX;
  EXPECT_TRUE(Search(query, kStart).possible);
  query.storage += 1;
  EXPECT_FALSE(Search(query, kStart).possible);
  query.storage = INT64_MAX;
  EXPECT_FALSE(Search(query, kStart).possible);
}

class BlockTest : public testing::Test {
 protected:
  uint32_t append(const Advertisement& advertisement, BootTime expires = kStart + kLease) {
    return block_.append(listed(advertisement, kCreated + Duration{block_.used()}, expires));
  }
  std::vector<std::string> find(const Query& query, BootTime now = kStart) const {
    std::vector<const Listing*> out;
    const Search search(query, now);
    if (search.possible) block_.find(search, block_.zone(), query.limit, out);
    return ids_of(out);
  }
  std::vector<std::string> expired(BootTime now, size_t limit = 1'000) const {
    std::vector<const Listing*> out;
    block_.find_expired(now, limit, out);
    return ids_of(out);
  }

  Block block_{0, country("SE")};
};

using Ids = std::vector<std::string>;

TEST_F(BlockTest, IsFullAtItsLastRowAndFindsThemAll) {
  for (uint32_t slot = 0; slot < Block::kRows; ++slot) {
    EXPECT_FALSE(block_.full());
    EXPECT_EQ(append(offer("p" + std::to_string(slot))), slot);
  }
  EXPECT_TRUE(block_.full());
  EXPECT_EQ(find(everything()).size(), Block::kRows);
  EXPECT_EQ(find(everything()).back(), "p511");
}

TEST_F(BlockTest, FindStopsAtTheLimit) {
  for (int i = 0; i < 20; ++i) append(offer("p" + std::to_string(i)));
  Query query = everything();
  query.limit = 10;
  EXPECT_EQ(find(query).size(), 10U);
  EXPECT_EQ(find(query).back(), "p9");
  query.limit = 21;
  EXPECT_EQ(find(query).size(), 20U);
}

TEST_F(BlockTest, SizesAreComparedExactlyAlsoWithinOneCode) {
  for (const int32_t size : {1'000, 1'001, 1'023, 1'024, INT32_MAX - 1, INT32_MAX}) {
    append(offer(std::to_string(size), "SE", {size, size, size}));
  }
  for (int64_t Query::*size : {&Query::cpu, &Query::memory, &Query::storage}) {
    Query query = everything();
    query.*size = 1'001;
    EXPECT_EQ(find(query), Ids({"1001", "1023", "1024", "2147483646", "2147483647"}));
    query.*size = 1'024;
    EXPECT_EQ(find(query), Ids({"1024", "2147483646", "2147483647"}));
    query.*size = INT32_MAX;
    EXPECT_EQ(find(query), Ids({"2147483647"}));
    query.*size = int64_t{INT32_MAX} + 1;
    EXPECT_EQ(find(query), Ids());
  }
}

TEST_F(BlockTest, ARowIsHiddenAtTheInstantItExpires) {
  append(offer("first"), kStart + kLease);
  append(offer("second"), kStart + kLease + kTick);
  EXPECT_EQ(find(everything(), kStart + kLease - kTick), Ids({"first", "second"}));
  EXPECT_EQ(find(everything(), kStart + kLease), Ids({"second"}));
  EXPECT_EQ(expired(kStart + kLease - kTick), Ids());
  EXPECT_EQ(expired(kStart + kLease), Ids({"first"}));
  EXPECT_EQ(expired(kStart + kLease + kTick), Ids({"first", "second"}));
  EXPECT_EQ(expired(kStart + kLease + kTick, 1), Ids({"first"}));
}

TEST_F(BlockTest, AHoleIsNeitherFoundNorExpired) {
  append(offer("a"));
  const uint32_t slot = append(offer("b"), kStart);
  append(offer("c"));
  block_.remove(slot);
  EXPECT_EQ(block_.live(), 2U);
  EXPECT_EQ(block_.used(), 3U);
  EXPECT_EQ(find(everything()), Ids({"a", "c"}));
  EXPECT_EQ(expired(kStart + kTick), Ids());
}

TEST_F(BlockTest, ReplacedRowsAreFoundByWhatTheyAreNow) {
  const uint32_t slot = append(offer("a", "SE", {1, 1, 1}), kStart);
  Advertisement bigger = offer("a", "SE", {64, 1, 1});
  bigger.platform = "arm64";
  block_.replace(slot, listed(bigger, kCreated, kStart + kLease));
  Query query = everything();
  query.cpu = 64;
  query.platforms = {"arm64"};
  EXPECT_EQ(find(query), Ids({"a"}));
  query.platforms = {"x86_64"};
  EXPECT_EQ(find(query), Ids());
  EXPECT_EQ(expired(kStart), Ids());
}

TEST_F(BlockTest, TheZoneCoversTheLiveRowsAlone) {
  append(offer("a", "SE", {8, 16, 100}), kStart + kLease);
  const uint32_t big = append(offer("b", "SE", {128, 512, 4'000}), kStart + kTick);
  EXPECT_EQ(block_.zone().first_expiry, kStart + kTick);
  EXPECT_EQ(block_.zone().cpu_most, size_code(128));
  block_.remove(big);
  const Zone zone = block_.zone();
  EXPECT_EQ(zone.first_expiry, kStart + kLease);
  EXPECT_EQ(zone.cpu_most, size_code(8));
  EXPECT_EQ(zone.memory_most, size_code(16));
  EXPECT_EQ(zone.storage_most, size_code(100));
}

TEST_F(BlockTest, EndsBeforeComparesTimesThenIds) {
  const auto at = [](std::string_view id, Duration offset) {
    return listed(offer(id), kCreated + offset, kStart + kLease);
  };
  EXPECT_TRUE(block_.ends_before(*at("any", Duration{0})));
  block_.append(at("m", Duration{5}));
  EXPECT_FALSE(block_.ends_before(*at("z", Duration{4})));
  EXPECT_FALSE(block_.ends_before(*at("a", Duration{5})));
  EXPECT_TRUE(block_.ends_before(*at("z", Duration{5})));
  EXPECT_TRUE(block_.ends_before(*at("a", Duration{6})));
}

TEST_F(BlockTest, AClearedBlockTakesAFullLoadAnew) {
  for (uint32_t i = 0; i < Block::kRows; ++i) append(offer("old" + std::to_string(i)));
  block_.clear();
  EXPECT_EQ(block_.live(), 0U);
  append(offer("new", "SE", {1, 1, 1}));
  EXPECT_EQ(find(everything()), Ids({"new"}));
  EXPECT_EQ(block_.zone().cpu_most, size_code(1));
}

// What a block has forgotten must not be found, even where its columns still hold it.
TEST_F(BlockTest, NothingIsFoundInAClearedBlock) {
  for (uint32_t i = 0; i < 9; ++i) append(offer("old" + std::to_string(i)), kStart);
  block_.clear();
  EXPECT_EQ(find(everything()), Ids());
  EXPECT_EQ(expired(kStart), Ids());
  append(offer("new"));
  EXPECT_EQ(find(everything()), Ids({"new"}));
}

// Two different names with the same tag, found by trying.
std::pair<std::string, std::string> colliding_names() {
  std::map<uint8_t, std::string> seen;
  for (int i = 0;; ++i) {
    const std::string name = "name" + std::to_string(i);
    const auto [at, fresh] = seen.try_emplace(NameTags::tag(name), name);
    if (!fresh) return {at->second, name};
  }
}

TEST_F(BlockTest, VerifiedRowsAreToldFromTheOthers) {
  Advertisement advertisement = offer("unsigned");
  append(advertisement);
  advertisement.provider_id = "signed";
  advertisement.verified = true;
  append(advertisement);
  Query query = everything();
  EXPECT_EQ(find(query), Ids({"unsigned", "signed"}));
  query.verified = true;
  EXPECT_EQ(find(query), Ids({"signed"}));
  query.verified = false;
  EXPECT_EQ(find(query), Ids({"unsigned"}));
}

TEST_F(BlockTest, NamesThatShareATagAreToldApart) {
  const auto [one, other] = colliding_names();
  for (std::string Advertisement::*name :
       {&Advertisement::platform, &Advertisement::network, &Advertisement::payments_network}) {
    block_.clear();
    Advertisement advertisement = offer("one");
    advertisement.*name = one;
    append(advertisement);
    advertisement.provider_id = "other";
    advertisement.*name = other;
    append(advertisement);
    Query query = everything();
    (name == &Advertisement::platform  ? query.platforms
     : name == &Advertisement::network ? query.networks
                                       : query.payments_networks) = {other};
    EXPECT_EQ(find(query), Ids({"other"}));
  }
}

}  // namespace
}  // namespace discovery

#include "board/index/row_group.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/listing_fixture.h"

namespace discovery {
namespace {

constexpr BootTime kStart{std::chrono::seconds{1'000}};
constexpr WallTime kCreated{std::chrono::seconds{1'771'494'870}};
constexpr Duration kLease = std::chrono::minutes{5};
constexpr Duration kTick{1};

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

TEST(CompiledFilter, NothingCanMatchBeyondTheLargestSize) {
  EXPECT_TRUE(CompiledFilter(asked("storage=2147483647").filter, kStart).possible);
  EXPECT_FALSE(CompiledFilter(asked("storage=2147483648").filter, kStart).possible);
  EXPECT_FALSE(CompiledFilter(asked("storage=9223372036854775807").filter, kStart).possible);
}

class RowGroupTest : public testing::Test {
 protected:
  uint32_t append(const Advertisement& advertisement, BootTime expires = kStart + kLease) {
    return append(listed(advertisement, kCreated + Duration{block_.used()}, expires));
  }
  uint32_t append(const ListingPtr& listing) { return block_.append(listing, RowCodes(*listing)); }
  std::vector<std::string> find(const Query& query, BootTime now = kStart) const {
    const CompiledFilter compiled(query.filter, now);
    ScanResult result;
    block_.scan(compiled, block_.zone_map(), result);
    std::vector<const Listing*> out;
    for_each_selected(result.candidates, [&](uint32_t slot) {
      const Listing* listing = block_.row(slot).get();
      if (result.certain.rows[slot] != 0 || compiled.accepts(*listing)) out.push_back(listing);
      return true;
    });
    EXPECT_EQ(block_.count(compiled, block_.zone_map()), out.size());
    return ids_of(out);
  }
  std::vector<std::string> expired(BootTime now, size_t limit = 1'000) const {
    std::vector<const Listing*> out;
    block_.find_expired(now, limit, out);
    return ids_of(out);
  }

  RowGroup block_{0, country("SE")};
};

using Ids = std::vector<std::string>;

TEST_F(RowGroupTest, IsFullAtItsLastRowAndFindsThemAll) {
  for (uint32_t slot = 0; slot < RowGroup::kRows; ++slot) {
    EXPECT_FALSE(block_.full());
    EXPECT_EQ(append(offer("p" + std::to_string(slot))), slot);
  }
  EXPECT_TRUE(block_.full());
  EXPECT_EQ(find(everything()).size(), RowGroup::kRows);
  EXPECT_EQ(find(everything()).back(), "p511");
}

TEST_F(RowGroupTest, SizesAreComparedExactlyAlsoWithinOneCode) {
  for (const int32_t size : {1'000, 1'001, 1'023, 1'024, INT32_MAX - 1, INT32_MAX}) {
    append(offer(std::to_string(size), "SE", {size, size, size}));
  }
  for (const std::string name : {"cpu=", "memory=", "storage="}) {
    EXPECT_EQ(find(asked(name + "1001")),
              Ids({"1001", "1023", "1024", "2147483646", "2147483647"}));
    EXPECT_EQ(find(asked(name + "1024")), Ids({"1024", "2147483646", "2147483647"}));
    EXPECT_EQ(find(asked(name + "2147483647")), Ids({"2147483647"}));
  }
}

TEST_F(RowGroupTest, PricesAreComparedExactlyAlsoWithinOneCode) {
  for (const double price : {0.0, 1e-300, 5.999999, 6.0, 6.000001, 6.02, 7.0}) {
    append(priced(offer(std::to_string(price)), {price, 0, 1}));
  }
  append(offer("unknown"));
  const auto found = [&](const std::string& most) {
    return find(asked("max_usd_per_month=" + most)).size();
  };
  EXPECT_EQ(found("0"), 0U);
  EXPECT_EQ(found("1"), 2U);
  EXPECT_EQ(found("7"), 4U);
  EXPECT_EQ(found("6.9999999"), 3U);
  EXPECT_EQ(found("7.000001"), 5U);
  EXPECT_EQ(found("1e300"), 7U);
}

TEST_F(RowGroupTest, ARowIsHiddenAtTheInstantItExpires) {
  append(offer("first"), kStart + kLease);
  append(offer("second"), kStart + kLease + kTick);
  EXPECT_EQ(find(everything(), kStart + kLease - kTick), Ids({"first", "second"}));
  EXPECT_EQ(find(everything(), kStart + kLease), Ids({"second"}));
  EXPECT_EQ(expired(kStart + kLease - kTick), Ids());
  EXPECT_EQ(expired(kStart + kLease), Ids({"first"}));
  EXPECT_EQ(expired(kStart + kLease + kTick), Ids({"first", "second"}));
  EXPECT_EQ(expired(kStart + kLease + kTick, 1), Ids({"first"}));
}

TEST_F(RowGroupTest, AHoleIsNeitherFoundNorExpired) {
  append(offer("a"));
  const uint32_t slot = append(offer("b"), kStart);
  append(offer("c"));
  block_.remove(slot);
  EXPECT_EQ(block_.live(), 2U);
  EXPECT_EQ(block_.used(), 3U);
  EXPECT_EQ(find(everything()), Ids({"a", "c"}));
  EXPECT_EQ(expired(kStart + kTick), Ids());
}

TEST_F(RowGroupTest, ReplacedRowsAreFoundByWhatTheyAreNow) {
  const uint32_t slot = append(offer("a", "SE", {1, 1, 1}), kStart);
  Advertisement bigger = offer("a", "SE", {64, 1, 1});
  bigger.platform = "arm64";
  const ListingPtr listing = listed(bigger, kCreated, kStart + kLease);
  block_.replace(slot, listing, RowCodes(*listing));
  EXPECT_EQ(find(asked("cpu=64&platform=arm64")), Ids({"a"}));
  EXPECT_EQ(find(asked("cpu=64&platform=x86_64")), Ids());
  EXPECT_EQ(expired(kStart), Ids());
}

TEST_F(RowGroupTest, TheZoneCoversTheLiveRowsAlone) {
  append(offer("a", "SE", {8, 16, 100}), kStart + kLease);
  const uint32_t big = append(offer("b", "SE", {128, 512, 4'000}), kStart + kTick);
  EXPECT_EQ(block_.zone_map().first_expiry, kStart + kTick);
  EXPECT_EQ(block_.zone_map().size_most[kCpu], size_code(128));
  block_.remove(big);
  const ZoneMap zone_map = block_.zone_map();
  EXPECT_EQ(zone_map.first_expiry, kStart + kLease);
  EXPECT_EQ(zone_map.size_most[kCpu], size_code(8));
  EXPECT_EQ(zone_map.size_most[kMemory], size_code(16));
  EXPECT_EQ(zone_map.size_most[kStorage], size_code(100));
}

TEST_F(RowGroupTest, EndsBeforeComparesTimesThenIds) {
  const auto at = [](std::string_view id, Duration offset) {
    return listed(offer(id), kCreated + offset, kStart + kLease);
  };
  EXPECT_TRUE(block_.ends_before(*at("any", Duration{0})));
  append(at("m", Duration{5}));
  EXPECT_FALSE(block_.ends_before(*at("z", Duration{4})));
  EXPECT_FALSE(block_.ends_before(*at("a", Duration{5})));
  EXPECT_TRUE(block_.ends_before(*at("z", Duration{5})));
  EXPECT_TRUE(block_.ends_before(*at("a", Duration{6})));
}

TEST_F(RowGroupTest, AClearedBlockTakesAFullLoadAnew) {
  for (uint32_t i = 0; i < RowGroup::kRows; ++i) append(offer("old" + std::to_string(i)));
  block_.clear();
  EXPECT_EQ(block_.live(), 0U);
  append(offer("new", "SE", {1, 1, 1}));
  EXPECT_EQ(find(everything()), Ids({"new"}));
  EXPECT_EQ(block_.zone_map().size_most[kCpu], size_code(1));
}

// What a cleared group held must not be found, even where its columns still hold it.
TEST_F(RowGroupTest, NothingIsFoundInAClearedGroup) {
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

TEST_F(RowGroupTest, VerifiedRowsAreToldFromTheOthers) {
  Advertisement advertisement = offer("unsigned");
  append(advertisement);
  advertisement.provider_id = "signed";
  advertisement.verified = true;
  append(advertisement);
  EXPECT_EQ(find(everything()), Ids({"unsigned", "signed"}));
  EXPECT_EQ(find(asked("verified=true")), Ids({"signed"}));
  EXPECT_EQ(find(asked("verified=false")), Ids({"unsigned"}));
}

TEST_F(RowGroupTest, NamesThatShareATagAreToldApart) {
  const auto [one, other] = colliding_names();
  using Name = std::string Advertisement::*;
  for (const auto& [parameter, name] :
       {std::pair<std::string, Name>{"platform=", &Advertisement::platform},
        {"network=", &Advertisement::network},
        {"payments_network=", &Advertisement::payments_network}}) {
    block_.clear();
    Advertisement advertisement = offer("one");
    advertisement.*name = one;
    append(advertisement);
    advertisement.provider_id = "other";
    advertisement.*name = other;
    append(advertisement);
    EXPECT_EQ(find(asked(parameter + other)), Ids({"other"}));
  }
}

}  // namespace
}  // namespace discovery

#include "board/index/index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/listing_fixture.h"

namespace discovery {
namespace {

constexpr BootTime kStart{std::chrono::seconds{1'000}};
constexpr WallTime kCreated{std::chrono::seconds{1'771'494'870}};
constexpr Duration kLease = std::chrono::minutes{5};
constexpr Duration kTick{1};

using Ids = std::vector<std::string>;

std::vector<const Listing*> page_of(const Index& index, const Query& query, BootTime now) {
  Page page;
  index.page(query, now, page);
  return page.listings;
}

class IndexTest : public testing::Test {
 protected:
  void put(std::string_view id, std::string_view country_code, Duration created,
           BootTime expires = kStart + kLease) {
    index_.put(listed(offer(id, country_code), kCreated + created, expires));
  }
  Ids all(BootTime now = kStart) const { return ids_of(page_of(index_, everything(), now)); }
  Ids expired(BootTime now, size_t limit = 1'000) const {
    std::vector<const Listing*> out;
    index_.find_expired(now, limit, out);
    return ids_of(out);
  }

  Index index_{42};
};

TEST_F(IndexTest, FindsNothingInAnEmptyIndex) {
  EXPECT_EQ(index_.find("a"), nullptr);
  EXPECT_EQ(all(), Ids());
  EXPECT_EQ(expired(BootTime::max()), Ids());
  index_.remove("a");
  index_.refresh_zone_maps(kStart);
  EXPECT_EQ(index_.size(), 0U);
}

TEST_F(IndexTest, OrdersByCountryThenCreationThenId) {
  put("late", "DE", Duration{9});
  put("b", "SE", Duration{1});
  put("early", "DE", Duration{2});
  put("a", "SE", Duration{1});
  put("c", "AD", Duration{5});
  put("c2", "SE", Duration{1});
  EXPECT_EQ(all(), Ids({"c", "early", "late", "a", "b", "c2"}));
}

TEST_F(IndexTest, ARefreshKeepsItsPlaceAndShowsTheNewListing) {
  put("a", "SE", Duration{1});
  put("b", "SE", Duration{2});
  Advertisement bigger = offer("a");
  bigger.sizes.cpu = 64;
  index_.put(listed(bigger, kCreated + Duration{1}, kStart + 2 * kLease));
  EXPECT_EQ(all(), Ids({"a", "b"}));
  EXPECT_EQ(index_.size(), 2U);
  EXPECT_EQ(index_.find("a")->sizes().cpu, 64);
  const Query query = asked("cpu=64");
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"a"}));
}

TEST_F(IndexTest, AChangeOfCountryMovesTheListing) {
  put("a", "SE", Duration{1});
  put("b", "SE", Duration{2});
  put("a", "NO", Duration{1});
  EXPECT_EQ(all(), Ids({"a", "b"}));
  EXPECT_EQ(index_.size(), 2U);
  const Query query = asked("country=SE");
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"b"}));
}

TEST_F(IndexTest, ListHidesExpiredEntriesThatFindStillShows) {
  put("a", "SE", Duration{1}, kStart);
  EXPECT_EQ(all(kStart - kTick), Ids({"a"}));
  EXPECT_EQ(all(kStart), Ids());
  EXPECT_NE(index_.find("a"), nullptr);
}

TEST_F(IndexTest, ExpiredEntriesCountNoMoreWithoutASweep) {
  put("a", "SE", Duration{1}, kStart);
  put("b", "SE", Duration{2}, kStart + kTick);
  EXPECT_EQ(index_.count(everything().filter, kStart - kTick), 2U);
  EXPECT_EQ(index_.count(everything().filter, kStart), 1U);
  EXPECT_EQ(index_.count(everything().filter, kStart + kTick), 0U);
  Page page;
  for (const char* sort : {"sort=price", "sort=-price", "sort=cpu", "sort=-updated_at"}) {
    index_.page(asked(sort), kStart, page);
    EXPECT_EQ(ids_of(page.listings), Ids({"b"})) << sort;
  }
}

TEST_F(IndexTest, FindExpiredStopsAtItsLimit) {
  for (int i = 0; i < 5; ++i)
    put("p" + std::to_string(i), i % 2 ? "SE" : "DE", Duration{i}, kStart);
  put("live", "SE", Duration{9});
  EXPECT_EQ(expired(kStart - kTick), Ids());
  EXPECT_EQ(expired(kStart, 4).size(), 4U);
  EXPECT_EQ(expired(kStart, 5).size(), 5U);
  EXPECT_EQ(expired(kStart, 6).size(), 5U);
}

// A bound that was drawn tight must follow rows that are put or refreshed later.
TEST_F(IndexTest, TightenedBlocksStillFindWhatComesLater) {
  put("short", "SE", Duration{1}, kStart + kTick);
  put("long", "SE", Duration{2}, kStart + 2 * kLease);
  index_.remove("short");
  index_.refresh_zone_maps(kStart + kTick);
  index_.put(listed(offer("big", "SE", {512, 512, 512}), kCreated + Duration{3}, kStart + kLease));
  const Query query = asked("cpu=512");
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"big"}));
  EXPECT_EQ(expired(kStart + kLease), Ids({"big"}));
  EXPECT_EQ(all(kStart + kLease), Ids({"long"}));
}

TEST_F(IndexTest, NamedProvidersComeInTheBoardsOrderUpToTheLimit) {
  put("a", "SE", Duration{1});
  put("b", "DE", Duration{2});
  put("c", "DE", Duration{1});
  put("gone", "DE", Duration{1}, kStart);
  Query query = asked("provider_id=a,b,c,gone,unknown");
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"c", "b", "a"}));
  query.limit = 2;
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"c", "b"}));
  query = asked("provider_id=a,b,c,gone,unknown&country=SE");
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"a"}));
  query = asked("provider_id=a,b,c,gone,unknown&country=SE&cpu=5");
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids());
}

// Groups that were split while a clock stood back, thinned out, merged, and filled again.
TEST_F(IndexTest, SplittingAndMergingBlocksKeepsTheOrder) {
  constexpr int kCount = 4'000;
  const auto id = [](int i) { return "p" + std::to_string(10'000 + i); };
  const auto expect_every = [&](int stride) {
    const Ids found = all();
    ASSERT_EQ(found.size(), static_cast<size_t>((kCount + stride - 1) / stride));
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i], id(static_cast<int>(i) * stride));
      ASSERT_EQ(index_.find(found[i])->provider_id(), found[i]);
    }
  };
  for (int i = kCount - 1; i >= 0; --i) put(id(i), "SE", Duration{i});
  expect_every(1);
  for (int i = 0; i < kCount; ++i) {
    if (i % 40 != 0) index_.remove(id(i));
  }
  expect_every(40);
  for (int i = 0; i < kCount; ++i) put(id(i), "SE", Duration{i});
  expect_every(1);
  for (int i = 0; i < kCount; ++i) index_.remove(id(i));
  EXPECT_EQ(all(), Ids());
  EXPECT_EQ(index_.size(), 0U);
}

}  // namespace
}  // namespace discovery

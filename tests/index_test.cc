#include "board/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <tuple>

#include "tests/board_fixture.h"

namespace discovery {
namespace {

constexpr BootTime kStart{std::chrono::seconds{1'000}};
constexpr WallTime kCreated{std::chrono::seconds{1'771'494'870}};
constexpr Duration kLease = std::chrono::minutes{5};
constexpr Duration kTick{1};

using Ids = std::vector<std::string>;
using Page = std::vector<const Listing*>;

Page page_of(const Index& index, const Query& query, BootTime now) {
  Page page;
  index.page(query, now, page);
  return page;
}

class IndexTest : public testing::Test {
 protected:
  void put(std::string_view id, std::string_view country_code, Duration created,
           BootTime expires = kStart + kLease) {
    index_.put(listed(offer(id, country_code), kCreated + created, expires));
  }
  Ids all(BootTime now = kStart) const { return ids_of(page_of(index_, everything(), now)); }
  Ids expired(BootTime now, size_t limit = 1'000) const {
    Page out;
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
  index_.tighten(kStart);
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
  Query query = everything();
  query.cpu = 64;
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"a"}));
}

TEST_F(IndexTest, AChangeOfCountryMovesTheListing) {
  put("a", "SE", Duration{1});
  put("b", "SE", Duration{2});
  put("a", "NO", Duration{1});
  EXPECT_EQ(all(), Ids({"a", "b"}));
  EXPECT_EQ(index_.size(), 2U);
  Query query = everything();
  query.countries.set(country("SE"));
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"b"}));
}

TEST_F(IndexTest, ListHidesExpiredEntriesThatFindStillShows) {
  put("a", "SE", Duration{1}, kStart);
  EXPECT_EQ(all(kStart - kTick), Ids({"a"}));
  EXPECT_EQ(all(kStart), Ids());
  EXPECT_NE(index_.find("a"), nullptr);
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
  index_.tighten(kStart + kTick);
  index_.put(listed(offer("big", "SE", {512, 512, 512}), kCreated + Duration{3}, kStart + kLease));
  Query query = everything();
  query.cpu = 512;
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"big"}));
  EXPECT_EQ(expired(kStart + kLease), Ids({"big"}));
  EXPECT_EQ(all(kStart + kLease), Ids({"long"}));
}

TEST_F(IndexTest, NamedProvidersComeInTheBoardsOrderUpToTheLimit) {
  put("a", "SE", Duration{1});
  put("b", "DE", Duration{2});
  put("c", "DE", Duration{1});
  put("gone", "DE", Duration{1}, kStart);
  Query query = everything();
  query.provider_ids = {"a", "b", "c", "gone", "unknown"};
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"c", "b", "a"}));
  query.limit = 2;
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"c", "b"}));
  query.countries.set(country("SE"));
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids({"a"}));
  query.cpu = 5;
  EXPECT_EQ(ids_of(page_of(index_, query, kStart)), Ids());
}

// Blocks that were split while a clock stood back, thinned out, merged, and filled again.
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

/// The index as a map and a loop, and random calls for both.
class Model {
 public:
  Model(uint64_t seed, size_t ids, std::vector<std::string> countries)
      : random_(seed), ids_(ids), countries_(std::move(countries)) {}

  bool chance(unsigned percent) { return below(100) < percent; }
  void advance() { now_ += kLease / 60 * static_cast<int64_t>(below(5)); }
  BootTime now() const { return now_; }
  std::string some_id() { return "p" + std::to_string(below(ids_)); }

  ListingPtr next_listing() {
    Advertisement advertisement = offer(some_id(), countries_[below(countries_.size())],
                                        {some_size(), some_size(), some_size()});
    advertisement.platform = some_name();
    advertisement.network = some_name();
    advertisement.payments_network = some_name();
    const auto former = rows_.find(advertisement.provider_id);
    WallTime created = kCreated + (now_ - kStart);
    if (former != rows_.end() && chance(80)) {
      created = former->second->created();
      if (chance(80)) advertisement.country = former->second->country();
    } else if (chance(20)) {
      created -= kLease / 60 * static_cast<int64_t>(below(120));  // the clock was set back
    }
    return listed(advertisement, created, now_ + kLease);
  }
  void put(const ListingPtr& listing) { rows_[std::string(listing->provider_id())] = listing; }
  void remove(const std::string& id) { rows_.erase(id); }

  Query next_query() {
    Query query = everything();
    for (int64_t Query::*size : {&Query::cpu, &Query::memory, &Query::storage}) {
      if (chance(40)) query.*size = some_size();
    }
    if (chance(2)) query.cpu = int64_t{INT32_MAX} + 1;
    for (const std::string& code : countries_) {
      if (chance(20)) query.countries.set(country(code));
    }
    for (auto names : {&Query::platforms, &Query::networks, &Query::payments_networks}) {
      while (chance(25)) (query.*names).push_back("n" + std::to_string(below(40)));
    }
    if (chance(20)) {
      for (int i = 0; i < 9; ++i) query.provider_ids.push_back(some_id());
      std::ranges::sort(query.provider_ids);
      query.provider_ids.erase(std::unique(query.provider_ids.begin(), query.provider_ids.end()),
                               query.provider_ids.end());
    }
    if (chance(50)) query.limit = 1 + below(30);
    return query;
  }

  Page page(const Query& query) const {
    Page page;
    for (const auto& [id, listing] : rows_) {
      if (listing->expires() > now_ && matches(query, *listing)) page.push_back(listing.get());
    }
    std::ranges::sort(page, [](const Listing* a, const Listing* b) {
      return std::tuple(a->country(), a->created(), a->provider_id()) <
             std::tuple(b->country(), b->created(), b->provider_id());
    });
    page.resize(std::min(page.size(), query.limit));
    return page;
  }
  size_t expired() const {
    return static_cast<size_t>(std::ranges::count_if(
        rows_, [&](const auto& row) { return row.second->expires() <= now_; }));
  }
  const std::map<std::string, ListingPtr>& rows() const { return rows_; }

 private:
  static bool is_among(const std::vector<std::string>& names, std::string_view name) {
    return names.empty() || std::ranges::find(names, name) != names.end();
  }
  static bool matches(const Query& query, const Listing& listing) {
    return listing.sizes().cpu >= query.cpu && listing.sizes().memory >= query.memory &&
           listing.sizes().storage >= query.storage &&
           (query.countries.none() || query.countries[listing.country()]) &&
           is_among(query.platforms, listing.platform()) &&
           is_among(query.networks, listing.network()) &&
           is_among(query.payments_networks, listing.payments_network()) &&
           is_among(query.provider_ids, listing.provider_id());
  }
  size_t below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }
  std::string some_name() { return chance(30) ? "" : "n" + std::to_string(below(40)); }
  int32_t some_size() {
    const int32_t scale = int32_t{1} << below(31);
    return static_cast<int32_t>(1 + below(static_cast<size_t>(scale)));
  }

  std::mt19937_64 random_;
  const size_t ids_;
  const std::vector<std::string> countries_;
  BootTime now_ = kStart;
  std::map<std::string, ListingPtr> rows_;
};

/// Two indexes that are given the same calls as the model.
class Copies {
 public:
  explicit Copies(Model& model) : model_(model) {}

  void put() {
    const ListingPtr listing = model_.next_listing();
    for (Index* index : both_) index->put(listing);
    model_.put(listing);
  }
  void remove(const std::string& id) {
    for (Index* index : both_) index->remove(id);
    model_.remove(id);
  }
  void sweep() {
    Page expired;
    a_.find_expired(model_.now(), model_.expired() + 1, expired);
    ASSERT_EQ(expired.size(), model_.expired());
    Ids ids = ids_of(expired);
    for (const Listing* listing : expired) ASSERT_LE(listing->expires(), model_.now());
    for (const std::string& id : ids) remove(id);
    for (Index* index : both_) index->tighten(model_.now());
  }
  void compare() {
    const Query query = model_.next_query();
    const Page expected = model_.page(query);
    for (const Index* index : both_) {
      ASSERT_EQ(page_of(*index, query, model_.now()), expected);
      ASSERT_EQ(index->size(), model_.rows().size());
      const std::string id = model_.some_id();
      const auto row = model_.rows().find(id);
      ASSERT_EQ(index->find(id), row == model_.rows().end() ? nullptr : row->second.get());
    }
  }

 private:
  Model& model_;
  Index a_{1};
  Index b_{2};  // by another seed: the order of the id maps must not show
  const std::array<Index*, 2> both_{&a_, &b_};
};

// Phases of growth and of shrinking make blocks fill, split, thin out and merge.
void run(uint64_t seed, size_t ids, std::vector<std::string> countries, int calls) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", ids " + std::to_string(ids));
  Model model(seed, ids, std::move(countries));
  Copies copies(model);
  for (int call = 0; call < calls && !testing::Test::HasFatalFailure(); ++call) {
    const bool growing = call / (calls / 6) % 2 == 0;
    if (model.chance(growing ? 85 : 25)) {
      copies.put();
    } else {
      copies.remove(model.some_id());
    }
    if (model.chance(1)) model.advance();
    if (model.chance(1)) copies.sweep();
    if (model.chance(ids > 1'000 ? 1 : 10)) copies.compare();
  }
}

TEST(Index, AgreesWithANaiveModelOnSmallBoards) {
  for (uint64_t seed = 1; seed <= 60; ++seed) run(seed, 40, {"SE", "DE", "XK", "AD", "ZW"}, 1'500);
}

TEST(Index, AgreesWithANaiveModelOnManyBlocksOfOneCountry) {
  for (uint64_t seed = 1; seed <= 2; ++seed) run(seed, 4'000, {"SE"}, 24'000);
}

TEST(Index, AgreesWithANaiveModelOnManyBlocksOfThreeCountries) {
  for (uint64_t seed = 1; seed <= 2; ++seed) run(seed, 4'000, {"SE", "DE", "NO"}, 24'000);
}

}  // namespace
}  // namespace discovery

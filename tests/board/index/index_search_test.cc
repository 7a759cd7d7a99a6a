#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "board/index/index.h"
#include "tests/support/index_model.h"
#include "tests/support/manual_clock.h"

namespace discovery {
namespace {

void compare(Model& model, const Copies& copies) {
  const Query query = model.next_query();
  const Page expected = model.page(query);
  SCOPED_TRACE(to_text(query.filter.where()) + " order " +
               std::to_string(static_cast<int>(query.order.key)) +
               (query.order.descending ? " descending" : "") +
               (query.after ? " after " + query.after->provider_id : ""));
  Page page;
  for (const Index* index : copies.all()) {
    index->page(query, model.now(), page);
    ASSERT_EQ(ids_of(page.listings), ids_of(expected.listings));
    ASSERT_EQ(page.listings, expected.listings);
    ASSERT_EQ(page.more, expected.more);
    ASSERT_EQ(index->count(query.filter, model.now()), model.matches(query.filter).size());
    ASSERT_EQ(index->size(), model.rows().size());
    const std::string id = model.some_id();
    const auto row = model.rows().find(id);
    ASSERT_EQ(index->find(id), row == model.rows().end() ? nullptr : row->second.get());
  }
}

void run(uint64_t seed, size_t ids, std::vector<std::string> countries, int calls) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", ids " + std::to_string(ids));
  Model model(seed, ids, std::move(countries));
  Copies copies(model);
  copies.fill(model.below(ids));
  change(model, copies, calls, [&] {
    if (model.below(100) == 0 || (ids < 1'000 && model.chance(25))) compare(model, copies);
  });
}

TEST(IndexSearch, AgreesWithANaiveModelOnSmallBoards) {
  for (uint64_t seed = 1; seed <= 60; ++seed) run(seed, 40, {"SE", "DE", "XK", "AA", "ZZ"}, 1'500);
}

TEST(IndexSearch, AgreesWithANaiveModelOnManyBlocksOfOneCountry) { run(1, 12'000, {"SE"}, 24'000); }

TEST(IndexSearch, AgreesWithANaiveModelOnManyBlocksOfThreeCountries) {
  run(2, 12'000, {"SE", "DE", "NO"}, 24'000);
}

TEST(IndexSearch, AgreesWithANaiveModelOnManyBlocksThatHardlyChange) {
  Model model(3, 20'000, {"SE", "DE"});
  Copies copies(model);
  copies.fill(9'000);
  for (Index* index : copies.all()) index->refresh_zone_maps(model.now());
  for (int i = 0; i < 300 && !testing::Test::HasFatalFailure(); ++i) {
    for (int k = 0; k < 10; ++k) copies.put();
    compare(model, copies);
  }
}

TEST(IndexSearch, GoesOnFromWhereItsTimeWasUp) {
  Model model(4, 9'000, {"SE", "DE", "NO"});
  Copies copies(model);
  copies.fill(6'000);
  const Index& index = *copies.all().front();
  ManualClock clock;
  clock.advance_at_each_look(Duration{1});
  Query query;
  query.limit = 1'200;
  for (const char* criteria : {"", "verified=true", "cpu=2&platform=x86_64"}) {
    SCOPED_TRACE(criteria);
    query.filter = asked(criteria).filter;
    query.after.reset();
    std::vector<std::string> found;
    int interrupted = 0;
    Page page;
    do {
      ScanLimit limit(clock, Duration{3});
      index.page(query, model.now(), limit, page);
      EXPECT_EQ(limit.was_over(), page.reached.has_value());
      if (page.reached) ++interrupted;
      for (const std::string& id : ids_of(page.listings)) found.push_back(id);
      if (page.reached) {
        query.after = page.reached;
      } else if (page.more) {
        query.after = Model::position_of(*page.listings.back(), query);
      }
    } while (page.more);
    ScanLimit none;
    EXPECT_EQ(found, ids_of(index.matches(query.filter, model.now(), none)));
    EXPECT_GT(interrupted, 0);
  }
}

TEST(IndexSearch, EndsWhereItsTimeIsUp) {
  Model model(5, 9'000, {"SE", "DE"});
  Copies copies(model);
  copies.fill(6'000);
  const Index& index = *copies.all().front();
  const Query query = asked("q=cpu>=1%26%26memory!=7&sort=price&limit=10");
  ManualClock clock;
  clock.advance_at_each_look(Duration{1});
  ScanLimit long_enough(clock, Duration{1'000'000});
  EXPECT_EQ(index.count(query.filter, model.now(), long_enough),
            index.count(query.filter, model.now()));
  Page page;
  index.page(query, model.now(), long_enough, page);
  EXPECT_FALSE(long_enough.was_over());
  ScanLimit one_group(clock, Duration{2});
  EXPECT_LT(index.count(query.filter, model.now(), one_group), 1'025U);
  EXPECT_TRUE(one_group.was_over());
  ScanLimit nothing(clock, Duration{});
  index.page(query, model.now(), nothing, page);
  EXPECT_TRUE(nothing.was_over());
  EXPECT_FALSE(page.reached) << "a sorted search begins anew";
}

// A walk over pages of a few listings each, while others are put, removed and expire: a listing
// that lives, matches and keeps its place throughout comes exactly once.
void walk(uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Model model(seed, 60, {"SE", "DE", "XK"});
  Copies copies(model);
  change(model, copies, 300, [] {});
  Query query = model.next_query();
  query.after.reset();
  query.limit = 1 + model.below(5);
  std::map<std::string, Position> lasting;
  for (const Listing* listing : model.matches(query.filter)) {
    lasting.emplace(listing->provider_id(), Model::position_of(*listing, query));
  }
  std::map<std::string, int> visits;
  Page page;
  do {
    copies.all()[0]->page(query, model.now(), page);
    for (const Listing* listing : page.listings) ++visits[std::string(listing->provider_id())];
    if (!page.listings.empty()) {
      query.after = Model::position_of(*page.listings.back(), query);
    }
    change(model, copies, static_cast<int>(model.below(6)), [] {});
    std::erase_if(lasting, [&](const auto& one) {
      const auto row = model.rows().find(one.first);
      return row == model.rows().end() || !model.lists(query.filter, *row->second) ||
             !(Model::position_of(*row->second, query) == one.second);
    });
  } while (page.more);
  for (const auto& [id, position] : lasting) ASSERT_EQ(visits[id], 1) << id;
}

TEST(IndexSearch, AWalkVisitsWhateverLastsExactlyOnce) {
  for (uint64_t seed = 1; seed <= 400 && !testing::Test::HasFatalFailure(); ++seed) walk(seed);
}

TEST(IndexSearch, APageSaysWhetherMoreFollows) {
  Index index(1);
  Page page;
  for (int i = 0; i < 20; ++i) {
    index.put(listed(offer("p" + std::to_string(i + 10)), Model::kCreated, BootTime::max()));
  }
  for (const char* sort : {"", "sort=price", "sort=cpu", "sort=-memory", "sort=provider_id"}) {
    Query query = asked(sort);
    for (const auto& [limit, more] : {std::pair{size_t{19}, true}, {20, false}, {21, false}}) {
      query.limit = limit;
      index.page(query, Model::kStart, page);
      EXPECT_EQ(page.listings.size(), std::min(limit, size_t{20}));
      EXPECT_EQ(page.more, more);
    }
  }
}

}  // namespace
}  // namespace discovery

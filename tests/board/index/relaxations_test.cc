#include "board/index/relaxations.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/index_model.h"

namespace discovery {
namespace {

constexpr BootTime kNow = Model::kStart;

Query explained(const std::string& parameters) {
  Query query;
  EXPECT_TRUE(parse_explain_query(parameters, query).none()) << parameters;
  return query;
}

class ExplainTest : public testing::Test {
 protected:
  void put(const Advertisement& advertisement, BootTime expires = BootTime::max()) {
    index_.put(listed(advertisement, Model::kCreated, expires));
  }
  Explanation explain(const std::string& parameters) const {
    ScanLimit none;
    return discovery::explain(index_, explained(parameters), kNow, none);
  }

  Index index_{1};
};

TEST_F(ExplainTest, SaysNothingMoreWhereSomethingMatches) {
  put(offer("a"));
  EXPECT_EQ(explain("cpu=4&country=SE").matches, 1U);
  EXPECT_TRUE(explain("cpu=4&country=SE").without.empty());
  EXPECT_EQ(explain("cpu=4&country=SE&all=true").without.size(), 2U);
}

// Each is a count that reads whatever has the names, though a page of them costs nothing to find.
TEST_F(ExplainTest, ManyCriteriaBesideNamesAreMuchWork) {
  for (int i = 0; i < 10; ++i) put(offer("p" + std::to_string(i)));
  std::string q = "(platform=\"x86_64\"||platform=\"arm64\")";
  for (int i = 0; i < 30; ++i) q += "%26%26cpu>=1";
  EXPECT_GE(explain_work(index_, explained("all=true&q=" + q)), 300U);
  EXPECT_EQ(explain_work(index_, explained("cpu=1&memory=1")), 0U);
}

TEST_F(ExplainTest, CountsWhatMatchesWithoutEachCriterion) {
  put(priced(offer("a", "DE"), {15, 4, 0.1}));
  put(priced(offer("b", "DE"), {10, 4, 0.1}));
  put(priced(offer("c", "SE"), {17, 4, 0.2}));
  put(priced(offer("gone", "SE"), {1, 1, 0.1}), kNow);
  const Explanation explanation = explain("country=SE&max_usd_per_month=20");
  EXPECT_EQ(explanation.matches, 0U);
  ASSERT_EQ(explanation.without.size(), 2U);
  EXPECT_EQ(explanation.without[0].criterion, "country=SE");
  EXPECT_EQ(explanation.without[0].matches, 2U);
  EXPECT_FALSE(explanation.without[0].nearest);
  EXPECT_EQ(explanation.without[1].criterion, "max_usd_per_month=20");
  EXPECT_EQ(explanation.without[1].matches, 1U);
  EXPECT_DOUBLE_EQ(explanation.without[1].nearest.value(), 21.2);
}

TEST_F(ExplainTest, TheNearestSizeIsTheLargestOfTheRest) {
  put(offer("a", "SE", {32, 8, 100}));
  put(offer("b", "SE", {48, 8, 100}));
  put(offer("c", "DE", {60, 8, 100}));
  const Explanation explanation = explain("cpu=64&country=SE");
  ASSERT_EQ(explanation.without.size(), 2U);
  EXPECT_EQ(explanation.without[0].nearest, 48);
}

TEST_F(ExplainTest, PricesThatNobodyNamesHaveNoNearest) {
  put(offer("a"));
  const Explanation explanation = explain("max_usd_per_month=20");
  ASSERT_EQ(explanation.without.size(), 1U);
  EXPECT_EQ(explanation.without[0].matches, 1U);
  EXPECT_FALSE(explanation.without[0].nearest);
}

TEST_F(ExplainTest, FurtherResourcesAndExpressionsHaveANearestToo) {
  Advertisement advertisement = offer("a");
  advertisement.resources_json = R"({"cpu":4,"memory":8,"storage":100,"gpu":2})";
  put(advertisement);
  put(offer("b"));
  EXPECT_EQ(explain("min_gpu=4").without.at(0).nearest, 2);
  EXPECT_EQ(explain("q=resources.gpu%3E4").without.at(0).nearest, 2);
  EXPECT_EQ(explain("q=memory=9").without.at(0).nearest, 8);
  EXPECT_FALSE(explain("q=!(memory=8)").without.at(0).nearest);
}

TEST(Explain, AgreesWithANaiveModel) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Model model(seed, 100, {"SE", "DE", "XK"});
    Copies copies(model);
    change(model, copies, 600, [&] {
      if (!model.chance(5)) return;
      const std::string criteria = model.next_criteria();
      const Query query = explained(criteria + (criteria.empty() ? "" : "&") + "all=true");
      ScanLimit none;
      const Explanation explanation = explain(*copies.all()[0], query, model.now(), none);
      ASSERT_EQ(explanation.matches, model.matches(query.filter).size());
      ASSERT_EQ(explanation.without.size(), query.criteria.size());
      for (size_t i = 0; i < query.criteria.size(); ++i) {
        ASSERT_EQ(explanation.without[i].matches, model.matches(filter_without(query, i)).size());
      }
    });
  }
}

}  // namespace
}  // namespace discovery

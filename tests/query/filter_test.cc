#include "query/filter.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/support/random_questions.h"
#include "tests/support/seed.h"

namespace discovery {
namespace {

Filter filter_of(const std::string& text) {
  Result<Expression> expression = parse_expression(text);
  EXPECT_TRUE(expression) << text << ": " << (expression ? "" : expression.error().message);
  return Filter(*std::move(expression));
}

// New cases in every run; a failure names the seed, and SEED repeats it.
TEST(Filter, MatchesWhatANaivePredicateDoes) {
  const uint64_t seed = chosen_or_new_seed();
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  RecordProperty("seed", std::to_string(seed));
  Dice dice(seed);
  std::vector<Machine> machines;
  std::vector<ListingDraft> listings;
  for (int i = 0; i < 100; ++i) {
    machines.push_back(random_machine(dice));
    listings.push_back(listing_of(machines.back()));
  }
  size_t matches = 0, exact = 0, bounded = 0;
  for (int i = 0; i < 2'000; ++i) {
    const AskedSize size{1 + dice.upto(3), 1 + dice.upto(3), 1 + dice.upto(3)};
    const Question question = Questioner(dice, size).ask(dice.upto(4));
    Result<Expression> expression = parse_expression(question.text);
    if (!expression) continue;  // too long
    const Filter filter(*std::move(expression), size);
    exact += filter.exact() ? 1 : 0;
    for (size_t k = 0; k < machines.size(); ++k) {
      const bool expected = question.holds(machines[k]);
      const bool in_bounds = within(filter.bounds(), machines[k], size);
      matches += expected ? 1 : 0;
      bounded += in_bounds ? 0 : 1;
      ASSERT_EQ(filter.matches(*listings[k]), expected) << question.text << listings[k]->json();
      ASSERT_TRUE(in_bounds || !expected) << question.text << listings[k]->json();
      ASSERT_TRUE(!filter.exact() || in_bounds == expected) << question.text;
    }
  }
  EXPECT_GT(matches, 1'000U);  // the cases are worth something
  EXPECT_GT(bounded, 1'000U);
  EXPECT_GT(exact, 100U);
}

TEST(Filter, IsExactWhereBoundsSayItAll) {
  for (const std::string text : {"cpu>=4",
                                 "cpu>4.5",
                                 "cpu>=4 && memory>=8 && country=\"SE\"",
                                 "!(cpu<4)",
                                 "!(cpu<=4)",
                                 "usd_per_month<=20",
                                 "usd_per_month<20 && glm_per_month<=5",
                                 "verified=true",
                                 "!verified=true",
                                 "country=\"SE\" || country=\"DE\"",
                                 "country!=\"SE\"",
                                 "!(country in [\"SE\",\"DE\"])",
                                 "cpu>=4 && (platform=\"x86_64\" || platform=\"arm64\")",
                                 "provider_id=\"a\" || provider_id=\"b\"",
                                 "cpu>=4 || cpu>=8",
                                 "cpu>=0",
                                 "cpu<1",
                                 "country=\"SE\" && country=\"DE\"",
                                 "golem_type=\"provider\"",
                                 "golem_type=\"x\"",
                                 "(country=\"SE\" && cpu>=4) || (country=\"DE\" && cpu>=4)"}) {
    EXPECT_TRUE(filter_of(text).exact()) << text;
  }
}

TEST(Filter, IsNotExactWhereBoundsCannotSayIt) {
  for (const std::string text :
       {"cpu=4", "cpu<4", "cpu!=4", "usd_per_month>=1", "!(usd_per_month<=20)",
        "!(platform=\"x86_64\")", "platform!=\"x86_64\"", "provider_name=\"a\"",
        "ip_address=\"1.2.3.4\"", "resources.gpu>=1", "pricing.setup_fee<=1",
        "usd_per_core_month<=1", "cpu>=4 || memory>=8", "cpu>=4 && cpu<=8",
        "(country=\"SE\" && cpu>=4) || (country=\"DE\" && cpu>=8)"}) {
    EXPECT_FALSE(filter_of(text).exact()) << text;
  }
}

TEST(Filter, BoundsWhatEveryMatchMustMeet) {
  const Bounds bounds =
      filter_of(R"((cpu>=4 && country="SE" || cpu>=8 && country="DE") && usd_per_month<=20 &&
                   !(memory<16) && network in ["a","b"] && network!="a")")
          .bounds();
  EXPECT_EQ(bounds.cpu, 4);
  EXPECT_EQ(bounds.memory, 16);
  EXPECT_EQ(bounds.storage, 1);
  EXPECT_EQ(bounds.usd_per_month, 20);
  ASSERT_TRUE(bounds.countries);
  EXPECT_EQ(bounds.countries->count(), 2U);
  EXPECT_EQ(bounds.networks, (std::vector<std::string>{"a", "b"}));
}

TEST(Filter, FindsThatNothingCanMatch) {
  for (const std::string text :
       {"cpu>=2147483648", "cpu>2147483647", "cpu>1e300", "cpu=2.5", "cpu<1", "cpu<=0.5",
        "usd_per_month<0", "verified=true && verified=false", "country=\"SE\" && country=\"DE\"",
        "network=\"a\" && network=\"b\"", "cpu<1 || memory<1", "golem_type=\"x\" && cpu>=1"}) {
    EXPECT_FALSE(filter_of(text).bounds().possible) << text;
  }
  EXPECT_TRUE(filter_of("cpu>=2147483647").bounds().possible);
  EXPECT_TRUE(filter_of("usd_per_month<=0").bounds().possible);
}

TEST(Filter, AsksPricesForTheLeastThatCanMatch) {
  EXPECT_EQ(filter_of("country=\"SE\"").size(), AskedSize());
  EXPECT_EQ(filter_of("cpu>=4 && memory>8 && usd_per_month<=20").size(), (AskedSize{4, 9, 1}));
  EXPECT_EQ(Filter(*parse_expression("cpu>=4"), AskedSize{2, 3, 4}).size(), (AskedSize{2, 3, 4}));
}

TEST(Filter, HasOneFingerprintPerQuestion) {
  const std::vector<std::vector<std::string>> questions{
      {"", "golem_type=\"provider\""},
      {"cpu>=4", "golem_cpu>=\"4.0\"", "((cpu >= 4))"},
      {"cpu>4"},
      {"cpu>=5"},
      {"memory>=4"},
      {"resources.gpu>=4"},
      {"resources.gpt>=4"},
      {"pricing.gpu>=4"},
      {"cpu=4"},
      {"cpu in [4,5]", "cpu in [5,4,5]"},
      {"cpu>=4 && country=\"UK\"", "country=\"GB\" && cpu>=4"},
      {"cpu>=4 || country=\"GB\"", "country=\"GB\" || cpu>=4"},
      {"!(cpu>=4)"},
      {"network=\"ab\" && platform=\"c\""},
      {"network=\"a\" && platform=\"bc\""},
      {"verified=true"},
      {"verified=false"}};
  std::set<uint64_t> prints;
  for (const auto& spellings : questions) {
    std::set<uint64_t> same;
    for (const std::string& text : spellings) {
      same.insert(text.empty() ? Filter().fingerprint() : filter_of(text).fingerprint());
    }
    EXPECT_EQ(same.size(), 1U) << spellings.front();
    prints.merge(same);
  }
  EXPECT_EQ(prints.size(), questions.size());
  EXPECT_NE(Filter(Expression{}, AskedSize{2, 1, 1}).fingerprint(), Filter().fingerprint());
}

}  // namespace
}  // namespace discovery

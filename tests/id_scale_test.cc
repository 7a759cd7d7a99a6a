#include "board/id_scale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace discovery {
namespace {

// Ids of few letters, so that many begin alike, end early, or are equal to a step.
std::string random_id(const std::string& prefix, std::mt19937_64& random) {
  std::string id = prefix;
  for (size_t left = random() % 14; left > 0; --left) id += "abz~"[random() % 4];
  return id;
}

TEST(IdScale, AFreshOneGivesEverybodyTheSame) {
  EXPECT_EQ(IdScale().code(""), 0);
  EXPECT_EQ(IdScale().code("zzz"), 0);
}

TEST(IdScale, DividesItsSampleEvenlyAndKeepsItsOrder) {
  std::vector<std::string> sample;
  for (int i = 0; i < 16'384; ++i) sample.push_back("provider" + std::to_string(100'000 + i));
  const IdScale scale(sample);
  EXPECT_EQ(scale.code(""), 0);
  EXPECT_EQ(scale.code("zzz"), IdScale::kSteps);
  for (size_t i = 0; i < sample.size(); ++i) ASSERT_EQ(scale.code(sample[i]), i / 4);
}

TEST(IdScale, CountsTheStepsThatAreNotGreater) {
  for (const std::string& prefix : {std::string(), std::string("0x"), std::string("provider-")}) {
    std::mt19937_64 random(7);
    std::vector<std::string> sample;
    for (size_t i = 0; i < 5'000; ++i) sample.push_back(random_id(prefix, random));
    std::ranges::sort(sample);
    const IdScale scale(sample);
    std::vector<std::string> steps;
    for (size_t i = 1; i <= IdScale::kSteps; ++i) {
      steps.push_back(sample[i * sample.size() / (IdScale::kSteps + 1)]);
    }
    const auto check = [&](const std::string& id) {
      const auto above = std::ranges::upper_bound(steps, id);
      ASSERT_EQ(scale.code(id), above - steps.begin()) << '"' << id << '"';
    };
    for (size_t i = 0; i < 10'000; ++i) check(random_id(prefix, random));
    for (const std::string& step : steps) check(step);
    for (const char* odd : {"", "0", "0w", "0y", "a", "provider", "provides-a", "~~~~~~~~~~~~"}) {
      check(odd);
    }
  }
}

TEST(IdScale, WordsAreInTheOrderOfIds) {
  std::mt19937_64 random(8);
  std::vector<std::string> ids{"", "provider", "provider-", "provides", "~"};
  for (size_t i = 0; i < 5'000; ++i) ids.push_back(random_id("provider-", random));
  std::ranges::sort(ids);
  const IdScale fresh;
  const IdScale scale(std::vector<std::string>(ids.begin() + 3, ids.end() - 2));
  for (size_t i = 1; i < ids.size(); ++i) {
    ASSERT_LE(fresh.word(ids[i - 1]), fresh.word(ids[i]));
    ASSERT_LE(scale.word(ids[i - 1]), scale.word(ids[i])) << ids[i];
  }
  EXPECT_LT(scale.word("provider-a"), scale.word("provider-b"));
}

TEST(IdScale, OneIdAlone) {
  const IdScale scale(std::vector<std::string>(5'000, "same"));
  EXPECT_EQ(scale.code("sam"), 0);
  EXPECT_EQ(scale.code("same"), IdScale::kSteps);
  EXPECT_EQ(scale.code("same0"), IdScale::kSteps);
}

}  // namespace
}  // namespace discovery

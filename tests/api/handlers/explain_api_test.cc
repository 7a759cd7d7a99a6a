// How an explanation is asked for and answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

constexpr std::string_view kUrl = "/api/v1/explain";

std::string offer_of(int cpu, std::string_view country, std::string_view price) {
  return R"({"ip_address": "83.233.10.2", "country": ")" + std::string(country) +
         R"(", "resources": {"cpu": )" + std::to_string(cpu) +
         R"(, "memory": 8, "storage": 100}, "pricing": {"usd_per_core_month": )" +
         std::string(price) + R"(, "usd_per_gb_ram_month": 0, "usd_per_gb_storage_month": 0}})";
}

TEST(ExplainApi, SaysHowManyMatch) {
  Rig rig;
  EXPECT_EQ(rig.get(kUrl).body, R"({"matches":0,"without":[]})");
  rig.post(offer_of(4, "SE", "5"), "a");
  rig.post(offer_of(8, "DE", "5.5"), "b");
  EXPECT_EQ(rig.get(kUrl).body, R"({"matches":2,"without":[]})");
  EXPECT_EQ(rig.get(kUrl, "country=SE").body, R"({"matches":1,"without":[]})");
  EXPECT_EQ(rig.get(kUrl, "country=SE").caching, Caching::no_store);
  EXPECT_EQ(rig.get(kUrl, "country=SE&all=true").body,
            R"({"matches":1,"without":[{"criterion":"country=SE","matches":2}]})");
  rig.clock.advance(minutes{5});
  EXPECT_THAT(rig.get(kUrl, "country=SE").body, HasSubstr(R"({"matches":0,"without":[{)"));
}

TEST(ExplainApi, SaysWhatEachCriterionCostsWhereNothingMatches) {
  Rig rig;
  rig.post(offer_of(4, "SE", "5"), "a");
  rig.post(offer_of(8, "DE", "5.5"), "b");
  EXPECT_EQ(rig.get(kUrl, "country=SE&cpu=6").body,
            R"({"matches":0,"without":[{"criterion":"country=SE","matches":1},)"
            R"({"criterion":"cpu=6","matches":1,"nearest":4}]})");
  EXPECT_EQ(rig.get(kUrl, "max_usd_per_month=5.25&country=DE").body,
            R"({"matches":0,"without":[{"criterion":"max_usd_per_month=5.25","matches":1,)"
            R"("nearest":5.5},{"criterion":"country=DE","matches":1}]})");
  EXPECT_THAT(rig.get(kUrl, "q=country%3D%22NO%22").body,
              HasSubstr(R"("criterion":"q=country=\"NO\"","matches":2)"));
}

TEST(ExplainApi, TakesTheListsFiltersAndNothingElseOfIt) {
  Rig rig;
  for (const std::string name : {"sort", "limit", "cursor", "count", "fields"}) {
    const Answered answer = rig.get(kUrl, name + "=cpu");
    EXPECT_EQ(answer.status, 422) << name;
    EXPECT_THAT(answer.body, HasSubstr(R"("loc":["query",")" + name + R"("])"));
  }
  EXPECT_EQ(rig.list("all=true").status, 422);
  EXPECT_THAT(rig.get(kUrl, "al=true").body, HasSubstr("did you mean 'all'?"));
  EXPECT_EQ(rig.get(kUrl, "all=2").status, 422);
  EXPECT_EQ(rig.get(kUrl, "cpu=0").code(), "ADV_002");
  EXPECT_EQ(rig.get(kUrl, "cpu=0&x=1").code(), "REQ_001");
  EXPECT_EQ(rig.get("/api/v1/explain/").status, 200);
  EXPECT_EQ(rig.now(rig.request(Method::head, kUrl)).status, 200);
  EXPECT_EQ(rig.now(rig.request(Method::post, kUrl)).status, 405);
  rig.lifecycle.phase = Lifecycle::Phase::loading;
  EXPECT_EQ(rig.get(kUrl).status, 503);
  EXPECT_EQ(rig.get(kUrl, "x=1").status, 422);
}

// One question must not keep the writer from the board for long.
TEST(ExplainApi, AQuestionThatWouldReadTooMuchIsRefused) {
  RigOptions options;
  options.api.search_work_max = 2;
  Rig rig(options);
  for (const char* id : {"a", "b", "c"}) rig.post(offer_of(4, "SE", "5"), id);
  // Three advertisements at a step each, and then two.
  EXPECT_EQ(rig.get("/api/v1/advertisements", "min_gpu=1").status, 422);
  EXPECT_THAT(rig.get("/api/v1/advertisements", "min_gpu=1").body, HasSubstr("narrow it"));
  EXPECT_EQ(rig.get(kUrl, "min_gpu=1").status, 422);
  EXPECT_EQ(rig.get("/api/v1/advertisements", "cpu=4&country=SE&max_usd_per_month=9").status, 200);
  // Each at four.
  EXPECT_EQ(rig.get("/api/v1/advertisements", "sort=provider_id&limit=1").status, 422);
  EXPECT_EQ(rig.get("/api/v1/advertisements", "sort=glm_price&limit=1").status, 422);
  EXPECT_EQ(rig.get("/api/v1/advertisements", "sort=provider_id&country=DE").status, 200);
  EXPECT_EQ(rig.get("/api/v1/advertisements", "sort=provider_id&provider_id=a,b,c").status, 200);
  rig.withdraw("c", "c");
  EXPECT_EQ(rig.get("/api/v1/advertisements", "min_gpu=1").status, 200);
  EXPECT_EQ(rig.get("/api/v1/advertisements", "min_gpu=1&country=DE").status, 200);
}

// What no estimate foresaw ends when its time is up.
TEST(ExplainApi, AQuestionThatTakesTooLongIsRefused) {
  Rig rig;
  rig.post(offer_of(4, "SE", "5"), "a");
  rig.post(offer_of(4, "FI", "5"), "b");
  rig.clock.advance_at_each_look(limits::kSearchTime);
  const Answered answer = rig.get(kUrl, "min_gpu=1");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.code(), "SRV_002");
  EXPECT_GT(answer.retry_after_seconds, 0U);
  EXPECT_THAT(answer.body, HasSubstr("narrow it"));
  EXPECT_EQ(rig.get(kUrl, "country=DE").status, 503) << "the count of what is left without it";
  EXPECT_EQ(rig.get(kUrl, "provider_id=a").status, 200) << "nothing was searched";
}

}  // namespace
}  // namespace discovery

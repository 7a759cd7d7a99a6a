// How the board's sums are asked for and answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/reply/gzip.h"
#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kUrl = "/api/v1/stats";

TEST(StatsApi, SaysSoOfAnEmptyBoard) {
  Rig rig;
  const Answered answer = rig.get(kUrl);
  EXPECT_EQ(answer.body,
            R"({"as_of":"2026-02-19T09:54:30.000000Z","providers":0,"verified":0,"cpu":0,)"
            R"("memory":0,"storage":0,"prices":{"usd":null,"glm":null},"countries":{},)"
            R"("platforms":{}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.caching, Caching::no_store);
}

TEST(StatsApi, SumsByCountryAndPlatform) {
  Rig rig;
  rig.post(kOffer, "a");
  rig.post(R"({"ip_address": "83.233.10.2", "country": "DE", "platform": "amd64",
               "resources": {"cpu": 2147483647, "memory": 2147483647, "storage": 1},
               "pricing": {"usd_per_core_month": 6, "usd_per_gb_ram_month": 0.5,
                           "usd_per_gb_storage_month": 0}})",
           "b");
  const std::string body = rig.get(kUrl).body;
  EXPECT_THAT(body, StartsWith(R"({"as_of":"2026-02-19T09:54:30.000000Z","providers":2,)"
                               R"("verified":0,"cpu":2147483651,"memory":2147483655,)"
                               R"("storage":101,"prices":{"usd":{"core":{"p10":)"));
  EXPECT_THAT(body,
              HasSubstr(R"("countries":{"DE":{"providers":1,"verified":0,"cpu":2147483647,)"));
  EXPECT_THAT(body, HasSubstr(R"("SE":{"providers":1,"verified":0,"cpu":4,"memory":8,)"
                              R"("storage":100,"prices":{"usd":null,"glm":null}}},)"));
  EXPECT_THAT(body, HasSubstr(R"("platforms":{"":{"providers":1,"verified":0,"cpu":4,)"));
  EXPECT_THAT(body, HasSubstr(R"("x86_64":{"providers":1,)"));
  const size_t at = body.find(R"("p50":)") + 6;
  EXPECT_NEAR(std::stod(body.substr(at)), 6, 6 * 0.01);
}

TEST(StatsApi, IsASecondOldAtMost) {
  Rig rig;
  const std::string first = rig.get(kUrl).body;
  rig.post(kOffer, "a");
  rig.clock.advance(seconds{1} - microseconds{1});
  EXPECT_EQ(rig.get(kUrl).body, first);
  rig.clock.advance(microseconds{1});
  const std::string second = rig.get(kUrl).body;
  EXPECT_THAT(second, StartsWith(R"({"as_of":"2026-02-19T09:54:31.000000Z","providers":1,)"));
}

TEST(StatsApi, AreCompressedWhereThatIsWanted) {
  Rig rig;
  for (const char* country :
       {"SE", "DE", "FR", "ES", "PT", "IT", "NL", "BE", "LU", "AT", "CH", "DK", "NO", "FI", "PL"}) {
    std::string offer(kOffer);
    offer.replace(offer.find("\"SE\""), 4, '"' + std::string(country) + '"');
    rig.post(offer, country);
  }
  const Answered plain = rig.get(kUrl);
  Request request = rig.request(Method::get, kUrl);
  request.accept_encoding = {"gzip", 1};
  for (int i = 0; i < 2; ++i) {
    const Answered packed = rig.now(request);
    EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
    EXPECT_EQ(packed.header("Vary"), "Accept-Encoding");
    std::string text(plain.body.size(), '\0');
    ASSERT_TRUE(gunzip(packed.body, text));
    EXPECT_EQ(text, plain.body);
  }
  rig.clock.advance(seconds{1});
  rig.post(kOffer, "a");
  const Answered later = rig.now(request);
  std::string text(rig.get(kUrl).body.size(), '\0');
  ASSERT_TRUE(gunzip(later.body, text));
  EXPECT_THAT(text, HasSubstr(R"("providers":16)"));
  EXPECT_EQ(rig.get(kUrl).header("Content-Encoding"), "");
}

TEST(StatsApi, TakesNoParameters) {
  Rig rig;
  EXPECT_EQ(rig.get(kUrl, "country=SE").status, 422);
  EXPECT_EQ(rig.get(kUrl, "_=1").status, 200);
  EXPECT_EQ(rig.now(rig.request(Method::head, kUrl)).status, 200);
  EXPECT_EQ(rig.now(rig.request(Method::remove, kUrl)).status, 405);
  rig.lifecycle.phase = Lifecycle::Phase::loading;
  EXPECT_EQ(rig.get(kUrl).status, 503);
}

}  // namespace
}  // namespace discovery

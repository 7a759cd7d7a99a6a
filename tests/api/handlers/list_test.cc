// Finding advertisements: fields, pages and their links, counts, tags.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

std::string offer_of(int cpu, std::string_view price = "null") {
  return R"({"ip_address": "83.233.10.2", "country": "SE", "resources": {"cpu": )" +
         std::to_string(cpu) +
         R"(, "memory": 8, "storage": 100}, "pricing": {"usd_per_core_month": )" +
         std::string(price) + R"(, "usd_per_gb_ram_month": 1, "usd_per_gb_storage_month": 0.1}})";
}

std::string id_of(int number) {
  return "p" + std::to_string(number / 10) + std::to_string(number % 10);
}

void fill(Rig& rig, int providers) {
  for (int i = 0; i < providers; ++i)
    rig.post(offer_of(1 + i % 7, i % 5 == 0 ? "null" : "2.5"), id_of(i));
}

std::vector<std::string> ids_in(std::string_view body) {
  constexpr std::string_view kKey = R"("provider_id":")";
  std::vector<std::string> ids;
  for (size_t at = body.find(kKey); at != body.npos; at = body.find(kKey, at)) {
    at += kKey.size();
    ids.emplace_back(body.substr(at, body.find('"', at) - at));
  }
  return ids;
}

// The query of the next page; empty behind the last one.
std::string next_query(const Answered& answer) {
  const std::string link = answer.header("Link");
  if (link.empty()) return {};
  EXPECT_THAT(link, AllOf(StartsWith("<?"), EndsWith(">; rel=\"next\"")));
  const size_t begin = link.find('?') + 1;
  return link.substr(begin, link.find('>') - begin);
}

TEST(List, ShowsOnlyTheFieldsAskedForInTheirOrder) {
  Rig rig;
  rig.post(offer_of(4), "a");
  rig.post(offer_of(5), "b");
  EXPECT_EQ(rig.list("fields=country,provider_id").body,
            R"([{"provider_id":"a","country":"SE"},{"provider_id":"b","country":"SE"}])");
  EXPECT_EQ(rig.list("fields=resources&limit=1").body,
            R"([{"resources":{"cpu":4,"memory":8,"storage":100}}])");
  EXPECT_EQ(rig.list("fields=expires_at&limit=1").body,
            R"([{"expires_at":"2026-02-19T09:59:30.000000Z"}])");
  EXPECT_EQ(rig.list("fields=country&cpu=6").body, "[]");
  const std::string all =
      "fields=expires_at,updated_at,created_at,verified,pricing,resources,payments_network,network,"
      "platform,country,ip_address,provider_name,provider_id";
  EXPECT_EQ(rig.list(all).body, rig.list().body);
  EXPECT_EQ(rig.list(all).header("ETag").size(), rig.list().header("ETag").size());
}

TEST(List, StreamsLongAnswersOfSomeFieldsToo) {
  Rig rig;
  const std::string long_offer = std::string(kOffer.substr(0, kOffer.size() - 1)) +
                                 R"(, "pricing": {"x": ")" + std::string(3'800, 'x') + R"("}})";
  for (int i = 0; i < 20; ++i) rig.post(long_offer, id_of(i));
  const Answered answer = rig.list("fields=pricing,country");
  EXPECT_TRUE(answer.streamed);
  EXPECT_EQ(answer.streamed_bytes, answer.body.size());
  EXPECT_THAT(answer.body, AllOf(StartsWith(R"([{"country":"SE","pricing":{"x":"xxx)"),
                                 EndsWith(R"(xxx"}}])"), Not(HasSubstr("provider_id"))));
}

TEST(List, WalksEveryOrderByItsLinks) {
  Rig rig;
  constexpr int kProviders = 23;
  fill(rig, kProviders);
  for (const std::string order :
       {"", "&sort=price", "&sort=-price", "&sort=cpu", "&sort=-memory", "&sort=created_at",
        "&sort=-updated_at", "&sort=provider_id", "&sort=-provider_id"}) {
    const std::vector<std::string> whole = ids_in(rig.list("_=1" + order).body);
    ASSERT_EQ(whole.size(), size_t{kProviders}) << order;
    for (const int limit : {1, 7, 22, 23}) {
      std::vector<std::string> walked;
      int pages = 0;
      std::string query = "limit=" + std::to_string(limit) + order;
      for (; !query.empty(); ++pages) {
        const Answered page = rig.list(query);
        ASSERT_EQ(page.status, 200) << query << page.body;
        for (std::string& id : ids_in(page.body)) walked.push_back(std::move(id));
        query = next_query(page);
      }
      EXPECT_EQ(walked, whole) << order << " by " << limit;
      EXPECT_EQ(pages, (kProviders + limit - 1) / limit) << order << " by " << limit;
    }
  }
}

TEST(List, LinksToTheSameQueryBehindAnotherPlace) {
  Rig rig;
  fill(rig, 3);
  const std::string first = next_query(rig.list("&limit=1&&country=SE&_x=%3C<\">&"));
  EXPECT_THAT(first, MatchesRegex("limit=1&country=SE&_x=%3C%3C%22%3E&cursor=[0-9a-f]+"));
  const std::string second = next_query(rig.list(first));
  EXPECT_THAT(second, MatchesRegex("limit=1&country=SE&_x=%3C%3C%22%3E&cursor=[0-9a-f]+"));
  EXPECT_NE(second, first);
  const size_t at = second.find("cursor=");
  const std::string spelled = second.substr(0, at) + "%63ursor=" + second.substr(at + 7);
  EXPECT_EQ(rig.list(spelled).body, rig.list(second).body);
  EXPECT_EQ(next_query(rig.list(spelled)), "");
}

TEST(List, RefusesCursorsOfOtherQueries) {
  Rig rig;
  fill(rig, 3);
  const std::string next = next_query(rig.list("limit=1&sort=cpu"));
  const std::string cursor = next.substr(next.find("cursor="));
  EXPECT_EQ(rig.list("sort=cpu&" + cursor).status, 200);
  EXPECT_EQ(rig.list("sort=cpu&fields=country&limit=2&count=true&" + cursor).status, 200);
  for (const std::string& query :
       {cursor, "sort=-cpu&" + cursor, "sort=memory&" + cursor, "sort=cpu&country=SE&" + cursor,
        "sort=cpu&" + cursor.substr(0, cursor.size() - 1), "sort=cpu&" + cursor + "00",
        std::string("cursor="), std::string("cursor=x"), cursor + "&" + cursor}) {
    const Answered answer = rig.list(query);
    EXPECT_EQ(answer.status, 422) << query;
    EXPECT_THAT(answer.body, HasSubstr(R"("loc":["query","cursor"])")) << query;
  }
}

TEST(List, RefusesCursorsOfEarlierVersions) {
  Rig rig;
  const Answered answer = rig.list(
      "sort=cpu&cursor=071f610cd435a662efcdab8967452301c083744a2a4b0600000000000080354001534570726f"
      "7669646572313233");
  EXPECT_EQ(answer.status, 410);
  EXPECT_EQ(answer.code(), "ADV_005");
}

TEST(List, CountsAllThatMatchOnlyWhenAsked) {
  Rig rig;
  fill(rig, 14);
  EXPECT_EQ(rig.list("count=true&limit=1").header("X-Total-Count"), "14");
  EXPECT_EQ(rig.list("count=true&cpu=7").header("X-Total-Count"), "2");
  EXPECT_EQ(rig.list("count=true&country=DE").header("X-Total-Count"), "0");
  EXPECT_EQ(rig.list("count=false").header("X-Total-Count"), "");
  EXPECT_EQ(rig.list().header("X-Total-Count"), "");
  rig.clock.advance(minutes{5});
  EXPECT_EQ(rig.list("count=true").header("X-Total-Count"), "0");
}

TEST(List, TagsWhatIsListed) {
  Rig rig;
  const std::string of_nothing = rig.list().header("ETag");
  EXPECT_THAT(of_nothing, MatchesRegex("W/\"[0-9a-f]+\""));
  rig.post(offer_of(4), "a");
  const std::string of_one = rig.list().header("ETag");
  EXPECT_NE(of_one, of_nothing);
  EXPECT_EQ(rig.list().header("ETag"), of_one);
  rig.post(offer_of(4), "b");
  EXPECT_NE(rig.list().header("ETag"), of_one);
  rig.withdraw("b", "b");
  EXPECT_EQ(rig.list().header("ETag"), of_one);
  rig.post(offer_of(5), "a");
  EXPECT_NE(rig.list().header("ETag"), of_one);
}

TEST(List, ChangesATagOverTimesOnlyWhereTheyAreShown) {
  Rig rig;
  rig.post(offer_of(4), "a");
  const auto changes_by = [&](std::string_view query, auto&& change) {
    const std::string before = rig.list(query).header("ETag");
    change();
    return rig.list(query).header("ETag") != before;
  };
  const auto refresh = [&] {
    rig.clock.advance(milliseconds{1});
    rig.post(offer_of(4), "a");
  };
  const std::string timeless =
      "fields=provider_id,provider_name,ip_address,country,platform,network,payments_network,"
      "resources,pricing,verified";
  EXPECT_TRUE(changes_by("", refresh));
  EXPECT_TRUE(changes_by("fields=updated_at", refresh));
  EXPECT_TRUE(changes_by("fields=provider_id,expires_at", refresh));
  EXPECT_TRUE(changes_by(timeless + ",updated_at", refresh));
  EXPECT_TRUE(changes_by(timeless + ",expires_at", refresh));
  EXPECT_FALSE(changes_by(timeless, refresh));
  EXPECT_FALSE(changes_by(timeless + ",created_at", refresh));
  EXPECT_FALSE(changes_by("fields=resources", refresh));
  EXPECT_FALSE(changes_by("fields=country", [&] { rig.post(offer_of(5), "a"); }));
  EXPECT_TRUE(changes_by("fields=resources", [&] { rig.post(offer_of(6), "a"); }));
  EXPECT_TRUE(changes_by(timeless, [&] { rig.post(offer_of(7), "a"); }));
  EXPECT_TRUE(changes_by("limit=1", [&] { rig.post(offer_of(7), "b"); }));
  EXPECT_TRUE(changes_by("limit=1&count=true", [&] { rig.post(offer_of(7), "c"); }));
}

TEST(List, AnswersAKnownTagWithoutABody) {
  Rig rig;
  fill(rig, 3);
  for (const std::string query : {"", "limit=2&count=true", "fields=country"}) {
    const std::string tag = rig.list(query).header("ETag");
    for (const std::string& known : {tag, tag.substr(2), std::string("*"), std::string(" * "),
                                     "\"x\", " + tag, "W/\"x\"," + tag + ",\"y\""}) {
      const Answered answer = rig.list_unless(known, query);
      EXPECT_EQ(answer.status, 304) << known;
      EXPECT_EQ(answer.body, "");
      EXPECT_EQ(answer.caching, Caching::no_cache);
      EXPECT_EQ(answer.further_headers, "ETag: " + tag + "\r\n");
    }
    for (const std::string& unknown :
         {std::string(), std::string("\"x\""), tag.substr(0, tag.size() - 1), tag.substr(3),
          std::string("**"), std::string("\""), tag + "x" + "\""}) {
      const bool is_named = unknown.find(tag) != unknown.npos;
      EXPECT_EQ(rig.list_unless(unknown, query).status, is_named ? 304 : 200) << unknown;
    }
  }
}

TEST(List, TagsASingleAdvertisement) {
  Rig rig;
  rig.post(offer_of(4), "a");
  const std::string path = std::string(kBoardUrl) + "/a";
  const std::string tag = rig.show("a").header("ETag");
  Request conditional = rig.request(Method::get, path);
  conditional.if_none_match = {tag, 1};
  EXPECT_EQ(rig.now(conditional).status, 304);
  EXPECT_EQ(rig.now(conditional).caching, Caching::no_cache);
  conditional.method = Method::head;
  EXPECT_EQ(rig.now(conditional).status, 304);
  rig.clock.advance(microseconds{1});
  rig.post(offer_of(4), "a");
  EXPECT_EQ(rig.now(conditional).status, 200);
  rig.withdraw("a", "a");
  EXPECT_EQ(rig.now(conditional).status, 404);
}

TEST(List, RefusesParametersWhereNoneIsTaken) {
  Rig rig;
  rig.post(kOffer, "a");
  const std::string one = std::string(kBoardUrl) + "/a";
  for (const std::string& path :
       {one, one + "/proof", std::string("/api/v1/providers/a"), std::string("/api/v1/stats")}) {
    const Answered answer = rig.get(path, "fields=country");
    EXPECT_EQ(answer.status, 422) << path;
    EXPECT_THAT(answer.body, HasSubstr(R"("loc":["query","fields"])"));
  }
  EXPECT_EQ(rig.get(one, "_=1").status, 200);
}

// Nothing that was rendered before may outlive a change or an expiry, however often it is asked.
TEST(List, NeverShowsAPageThatIsNoLongerTrue) {
  Rig rig;
  rig.post(offer_of(4), "a");
  const auto asked_often = [&](std::string_view query) {
    std::string body;
    for (int i = 0; i < 4; ++i) {
      const std::string again = rig.list(query).body;
      EXPECT_TRUE(i == 0 || again == body);
      body = again;
    }
    return body;
  };
  const std::string first = asked_often("");
  rig.post(offer_of(5), "a");
  const std::string second = asked_often("");
  EXPECT_NE(second, first);
  rig.clock.advance(minutes{4});
  rig.post(offer_of(5), "b");
  EXPECT_THAT(ids_in(asked_often("")), testing::ElementsAre("a", "b"));
  EXPECT_EQ(asked_often("limit=1"), second);
  rig.clock.advance(minutes{1});
  EXPECT_THAT(ids_in(asked_often("")), testing::ElementsAre("b"));
  EXPECT_THAT(ids_in(asked_often("limit=1")), testing::ElementsAre("b"));
  rig.withdraw("b", "b");
  EXPECT_EQ(asked_often(""), "[]");
}

// The text was the same, so that the link of a page kept before, or known to the client, was sent,
// and the next page left a listing out.
TEST(List, APageOfFewFieldsLinksToItsOwnEnd) {
  Rig rig;
  for (const char* const id : {"a", "b", "c"}) {
    rig.post(offer_of(4), id);
    rig.clock.advance(milliseconds{1});
  }
  const std::string query = "fields=country&limit=1";
  const Answered first = rig.list(query);
  EXPECT_EQ(rig.list(query).header("Link"), first.header("Link"));
  rig.withdraw("a", "a");
  const Answered second = rig.list_unless(first.header("ETag"), query);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.body, first.body);
  EXPECT_NE(second.header("Link"), first.header("Link"));
}

TEST(List, CountsAnewAtEveryPage) {
  Rig rig;
  rig.post(offer_of(4), "a");
  rig.clock.advance(minutes{1});
  rig.post(offer_of(4), "b");
  rig.post(offer_of(4), "c");
  const std::string query = "count=true&sort=-updated_at&limit=1";
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rig.list(query).header("X-Total-Count"), "3");
  rig.clock.advance(minutes{4});
  EXPECT_EQ(rig.list(query).header("X-Total-Count"), "2");
}

}  // namespace
}  // namespace discovery

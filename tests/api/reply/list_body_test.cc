// Lists of all that match, where these are more than a page may have: what is sent of them and how,
// and that a walk shows every listing once, whatever becomes of the board meanwhile.
#include "api/reply/list_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>

#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr size_t kPageMax = 3;
constexpr size_t kPiece = 4;

RigOptions small_pages() {
  RigOptions options;
  options.api.page_size_max = kPageMax;
  options.api.walk_piece = kPiece;
  return options;
}

// Some advertisements have none.
std::string glm_prices_of(int cpu) {
  if (cpu % 4 == 0) return "";
  return R"(, "glm_per_core_month": )" + std::to_string(cpu % 3) +
         R"(, "glm_per_gb_ram_month": 2, "glm_per_gb_storage_month": 0.2)";
}

std::string offer_of(int cpu, std::string_view country = "SE") {
  return R"({"ip_address": "83.233.10.2", "country": ")" + std::string(country) +
         R"(", "resources": {"cpu": )" + std::to_string(cpu) +
         R"(, "memory": 8, "storage": 100}, "pricing": {"usd_per_core_month": )" +
         std::to_string(cpu % 3) +
         R"(, "usd_per_gb_ram_month": 1, "usd_per_gb_storage_month": 0.1)" + glm_prices_of(cpu) +
         "}}";
}

std::string id_of(int number) {
  return "p" + std::to_string(number / 10) + std::to_string(number % 10);
}

void fill(Rig& rig, int providers) {
  for (int i = 0; i < providers; ++i) rig.post(offer_of(1 + i % 7), id_of(i));
}

// Of a body made of whole objects, with nothing but commas between them.
std::vector<std::string> ids_in(std::string_view body) {
  constexpr std::string_view kStart = R"({"provider_id":")";
  std::vector<std::string> ids;
  EXPECT_TRUE(body.starts_with('[') && body.ends_with(']')) << body;
  body = body.substr(1, body.size() - 2);
  while (!body.empty()) {
    EXPECT_TRUE(body.starts_with(kStart)) << body;
    if (!body.starts_with(kStart)) return ids;
    const size_t end = std::min(body.find("},{"), body.size() - 1);
    ids.emplace_back(body.substr(kStart.size(), body.find('"', kStart.size()) - kStart.size()));
    EXPECT_NE(body.substr(0, end + 1).back(), ',');
    body.remove_prefix(std::min(end + 2, body.size()));
  }
  return ids;
}

TEST(WholeList, HoldsAllThatMatchThoughTheyAreMoreThanAPageMayHave) {
  for (const int providers : {3, 4, 7, 8, 11, 12, 23}) {
    Rig rig(small_pages());
    fill(rig, providers);
    const Answered answer = rig.list();
    const bool is_walk = providers > static_cast<int>(kPageMax);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.streamed, is_walk) << providers;
    EXPECT_EQ(answer.streamed_bytes, std::nullopt);
    EXPECT_EQ(answer.caching, is_walk ? Caching::no_store : Caching::no_cache);
    EXPECT_EQ(answer.header("ETag").empty(), is_walk);
    EXPECT_EQ(answer.header("Link"), "");
    std::vector<std::string> expected;
    for (int i = 0; i < providers; ++i) expected.push_back(id_of(i));
    EXPECT_EQ(ids_in(answer.body), expected);
    EXPECT_EQ(rig.list().body, answer.body) << "asked again";
  }
}

TEST(WholeList, IsTheSumOfThePagesInEveryOrder) {
  Rig rig(small_pages());
  fill(rig, 23);
  for (const std::string query :
       {"_=1", "sort=price", "sort=-price", "sort=glm_price", "sort=-glm_price", "sort=cpu",
        "sort=-memory", "sort=created_at", "sort=-updated_at", "sort=-provider_id", "country=SE",
        "q=cpu>2", "fields=provider_id",
        "sort=-cpu&fields=provider_id,resources&q=cpu>2||verified=true"}) {
    std::string joined;
    std::string next = query + "&limit=2";
    while (!next.empty()) {
      const Answered page = rig.list(next);
      ASSERT_EQ(page.status, 200) << next << page.body;
      EXPECT_FALSE(page.header("ETag").empty());
      joined += (joined.empty() ? "" : ",") + page.body.substr(1, page.body.size() - 2);
      const std::string link = page.header("Link");
      next =
          link.empty() ? "" : link.substr(link.find('?') + 1, link.find('>') - link.find('?') - 1);
    }
    EXPECT_EQ(rig.list(query).body, "[" + joined + "]") << query;
  }
}

TEST(WholeList, GoesOnFromACursorWhereNoLimitIsGiven) {
  Rig rig(small_pages());
  fill(rig, 11);
  const std::string link = rig.list("limit=2&sort=-cpu").header("Link");
  const std::string cursor =
      link.substr(link.find("cursor="), link.find('>') - link.find("cursor="));
  const std::vector<std::string> all = ids_in(rig.list("sort=-cpu").body);
  ASSERT_EQ(all.size(), 11U);
  const Answered rest = rig.list("sort=-cpu&" + cursor);
  EXPECT_TRUE(rest.streamed);
  EXPECT_EQ(ids_in(rest.body), std::vector<std::string>(all.begin() + 2, all.end()));
  EXPECT_EQ(rest.header("Link"), "");
}

TEST(WholeList, IsCountedAndUntouchedByWhatTheClientKnows) {
  Rig rig(small_pages());
  fill(rig, 5);
  const Answered answer = rig.list("count=true");
  EXPECT_TRUE(answer.streamed);
  EXPECT_EQ(answer.header("X-Total-Count"), "5");
  EXPECT_EQ(rig.list_unless("*").status, 200);
  EXPECT_EQ(rig.list_as("gzip").body, rig.list().body);
  EXPECT_EQ(rig.list_as("gzip").header("Content-Encoding"), "");
  EXPECT_EQ(rig.list("limit=3").body, rig.list("limit=3").body);
  EXPECT_FALSE(rig.list("limit=3").streamed);
  EXPECT_FALSE(rig.list("limit=3").header("Link").empty());
}

TEST(WholeList, CountsAsOneRead) {
  RigOptions options = small_pages();
  options.per_minute = 100;
  Rig rig(options);
  fill(rig, 23);
  const uint32_t before = rig.list("limit=1").rate_limit->remaining;
  EXPECT_EQ(rig.list().rate_limit->remaining, before - 1);
  EXPECT_EQ(rig.list("limit=1").rate_limit->remaining, before - 2);
}

TEST(WholeList, IsAListStillWhereAllExpireOnTheWay) {
  Rig rig(small_pages());
  fill(rig, 23);
  const auto exchange = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.request(Method::get, kBoardUrl), *exchange);
  std::string body;
  EXPECT_EQ(exchange->source->take(body), BodySource::Progress::more);
  rig.clock.advance(minutes{10});
  rig.board.step(rig.clock.now());
  exchange->take_rest();
  body += exchange->answers.at(0).body;
  EXPECT_THAT(ids_in(body), ElementsAre("p00", "p01", "p02"));
}

TEST(WholeList, OfNobodyAnyMoreIsEmpty) {
  Rig rig;
  Query query;
  query.limit = 2;
  ListBody body({}, Selection(), ListBody::Walk{rig.board, rig.clock, query});
  std::string text;
  while (body.take(text) == BodySource::Progress::more) {
  }
  EXPECT_EQ(text, "[]");
}

TEST(WholeList, IsRefusedWhereItsSearchesTogetherWouldBeTooMuch) {
  const std::string all = "q=usd_per_core_month>=0";
  Query query;
  ASSERT_TRUE(parse_query(all, kPageMax, query).none());
  ASSERT_GT(query.filter.cost(), 0U);
  constexpr int kProviders = 23;
  constexpr uint64_t kSearches = 1 + kProviders / kPiece;
  for (const uint64_t searches : {uint64_t{1}, kSearches - 1, kSearches}) {
    RigOptions options = small_pages();
    options.api.search_work_max = kProviders * query.filter.cost() * searches;
    Rig rig(options);
    fill(rig, kProviders);
    EXPECT_EQ(ids_in(rig.list(all).body).size(), size_t{kProviders});
    EXPECT_EQ(rig.list(all + "&sort=-cpu&limit=3").status, 200);
    EXPECT_EQ(rig.list(all + "&sort=-cpu&provider_id=p01,p02").status, 200);
    const Answered sorted = rig.list(all + "&sort=-cpu");
    EXPECT_EQ(sorted.status, searches == kSearches ? 200 : 422) << searches;
    EXPECT_EQ(sorted.streamed, searches == kSearches);
  }
}

TEST(WholeList, IsBoundedAlsoWhereNothingIsFiltered) {
  constexpr uint64_t kProviders = 23;
  constexpr uint64_t kSearches = 1 + kProviders / kPiece;
  for (const uint64_t less : {0U, 1U}) {
    RigOptions options = small_pages();
    options.api.search_work_max = kProviders * kSearches - less;
    Rig rig(options);
    fill(rig, kProviders);
    EXPECT_EQ(rig.list("sort=cpu").status, less == 0 ? 200 : 422);
    EXPECT_EQ(rig.list("sort=cpu&limit=3").status, 200);
    EXPECT_EQ(ids_in(rig.list("").body).size(), kProviders);
  }
}

// A list that can go on from where its time was up is whole all the same; what cannot is refused.
TEST(WholeList, IsWholeThoughEachOfItsSearchesRunsOutOfTime) {
  constexpr std::array kCountries{"SE", "DE", "FI", "NO", "PT"};
  Rig rig;
  for (int i = 0; i < 23; ++i) {
    rig.post(offer_of(1 + i % 7, kCountries.at(static_cast<size_t>(i) % 5)), id_of(i));
  }
  const Answered at_once = rig.list();
  EXPECT_FALSE(at_once.streamed);
  rig.clock.advance_at_each_look(limits::kSearchTime);
  const Answered all = rig.list();
  EXPECT_EQ(all.status, 200);
  EXPECT_TRUE(all.streamed);
  EXPECT_EQ(ids_in(all.body), ids_in(at_once.body));
  EXPECT_EQ(ids_in(rig.list("cpu=1").body).size(), 23U);
  EXPECT_EQ(ids_in(rig.list("provider_id=p01,p02").body).size(), 2U);
  EXPECT_EQ(rig.list("country=US").body, "[]");
  for (const char* query : {"limit=100", "count=true", "sort=-cpu"}) {
    const Answered refused = rig.list(query);
    EXPECT_EQ(refused.status, 503) << query;
    EXPECT_EQ(refused.code(), "SRV_002");
    EXPECT_GT(refused.retry_after_seconds, 0U);
  }
}

/// A board whose providers come, go, change and refresh, and which of them must be shown.
class Market {
 public:
  Market(Rig& rig, std::mt19937& random) : rig_(rig), random_(random) {
    for (int i = 0; i < kProviders; ++i) {
      if (random_() % 3 != 0) post(i, 1 + static_cast<int>(random_() % 7));
    }
  }

  /// From now on: all that live and match.
  void begin(const std::function<bool(int cpu)>& matches, std::string_view key) {
    key_ = key;
    matches_ = matches;
    staying_.clear();
    for (const auto& [id, offer] : offers_) {
      if (matches_(offer.cpu)) staying_.insert(id);
    }
  }

  void change() {
    for (uint64_t changes = random_() % 12; changes > 0; --changes) {
      const int number = static_cast<int>(random_() % kProviders);
      const auto known = offers_.find(id_of(number));
      switch (random_() % 4) {
        case 0:
          if (known != offers_.end()) withdraw(number);
          break;
        case 1:
          post(number, 1 + static_cast<int>(random_() % 7));
          break;
        default:  // a refresh, more often than not of one that is there
          if (known != offers_.end()) post(number, known->second.cpu);
      }
    }
    rig_.clock.advance(seconds{random_() % 90});
    std::erase_if(offers_, [&](const auto& entry) {
      const bool has_expired = entry.second.expires <= rig_.clock.boot();
      if (has_expired) staying_.erase(entry.first);
      return has_expired;
    });
  }

  void expect_whole(const std::vector<std::string>& shown) const {
    std::map<std::string, int> times;
    for (const std::string& id : shown) ++times[id];
    for (const std::string& id : staying_) EXPECT_EQ(times[id], 1) << id;
  }

 private:
  static constexpr int kProviders = 60;
  struct Offer {
    int cpu;
    BootTime expires;
  };

  void post(int number, int cpu) {
    rig_.clock.advance(milliseconds{1});
    rig_.post(offer_of(cpu), id_of(number));
    const auto known = offers_.find(id_of(number));
    const bool keeps_key =
        known != offers_.end() && key_ != "updated_at" &&
        (known->second.cpu == cpu || (key_ != "cpu" && !key_.ends_with("price")));
    if (!keeps_key || !matches_(cpu)) staying_.erase(id_of(number));
    offers_[id_of(number)] = {cpu, rig_.clock.boot() + minutes{5}};
  }
  void withdraw(int number) {
    rig_.withdraw(id_of(number), id_of(number));
    offers_.erase(id_of(number));
    staying_.erase(id_of(number));
  }

  Rig& rig_;
  std::mt19937& random_;
  std::string_view key_;
  std::function<bool(int)> matches_ = [](int) { return true; };
  std::map<std::string, Offer> offers_;
  std::set<std::string> staying_;
};

TEST(WholeList, ShowsExactlyOnceWhoeverStaysWhateverElseHappensOnTheWay) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  Rig rig(small_pages());
  Market market(rig, random);
  const std::vector<std::string> keys{"",           "cpu",        "price",      "glm_price",
                                      "created_at", "updated_at", "provider_id"};
  size_t walks = 0;
  for (int turn = 0; turn < 400; ++turn) {
    const std::string& key = keys[random() % keys.size()];
    const int least = 1 + static_cast<int>(random() % 3);
    const std::string query = "cpu=" + std::to_string(least) +
                              (key.empty() ? "" : (random() % 2 == 0 ? "&sort=" : "&sort=-") + key);
    market.begin([&](int cpu) { return cpu >= least; }, key);
    const auto exchange = std::make_shared<RecordingExchange>();
    rig.api.handle(rig.request(Method::get, kBoardUrl, query), *exchange);
    std::string body = exchange->answers.at(0).body;
    if (exchange->source) {
      ++walks;
      while (exchange->source->take(body) == BodySource::Progress::more) market.change();
    }
    market.expect_whole(ids_in(body));
    ASSERT_FALSE(HasFailure()) << "seed " << seed << ", turn " << turn << ", " << query;
    market.change();
  }
  EXPECT_GT(walks, 100U);
}

}  // namespace
}  // namespace discovery

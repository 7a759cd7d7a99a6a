// The parameters that do not choose among names or sizes: prices, resources, q, and how the answer
// is cut. See query_test.cc for the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/cursor.h"
#include "query/query.h"

namespace discovery {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr size_t kPageMax = 10'000;

std::vector<std::string> lines_of(const QueryFaults& faults) {
  std::vector<std::string> lines;
  for (const Fault& fault : faults.faults) {
    lines.push_back((fault.location.size() > 1 ? fault.location.back() : "") + ": " +
                    fault.message);
  }
  return lines;
}

std::vector<std::string> faults_of(std::string_view text) {
  Query query;
  return lines_of(parse_query(text, kPageMax, query));
}

Query accepted(std::string_view text) {
  Query query;
  const QueryFaults faults = parse_query(text, kPageMax, query);
  EXPECT_THAT(lines_of(faults), IsEmpty()) << text;
  EXPECT_EQ(faults.too_small, std::nullopt) << text;
  return query;
}

Query explained(std::string_view text) {
  Query query;
  EXPECT_THAT(lines_of(parse_explain_query(text, query)), IsEmpty()) << text;
  return query;
}

std::vector<std::string> criteria_of(const Query& query) {
  std::vector<std::string> texts;
  for (const Criterion& criterion : query.criteria) texts.push_back(criterion.text);
  return texts;
}

// As a parameter's value.
std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '+' || c == '%' || c == '&') {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      out += '%';
      out += kDigits[static_cast<uint8_t>(c) >> 4];
      out += kDigits[c & 0xf];
    } else {
      out += c;
    }
  }
  return out;
}

TEST(QueryPage, TakesPricesFromZero) {
  EXPECT_EQ(accepted("max_usd_per_month=20.5").filter.bounds().usd_per_month, 20.5);
  EXPECT_EQ(accepted("max_glm_per_month=0").filter.bounds().glm_per_month, 0);
  EXPECT_EQ(accepted("max_usd_per_month=1e3").filter.bounds().usd_per_month, 1'000);
  EXPECT_EQ(accepted("max_usd_per_month=-0").filter.bounds().usd_per_month, 0);
  for (const std::string name : {"max_usd_per_month", "max_glm_per_month"}) {
    for (const std::string value : {"-1", "-0.001", "twenty", "1,5", "20USD", "0x10", "inf", "nan",
                                    ".", "-", "1e", "%2B1", " 1", "1 "}) {
      EXPECT_THAT(faults_of(name + "=" + value),
                  ElementsAre(name + ": must be a number of at least 0"))
          << value;
    }
    EXPECT_THAT(faults_of(name + "=1&" + name + "=2"),
                ElementsAre(name + ": may be given only once"));
  }
}

TEST(QueryPage, AsksPricesForTheSizesAskedFor) {
  EXPECT_EQ(accepted("max_usd_per_month=20").filter.size(), AskedSize());
  EXPECT_EQ(accepted("cpu=4&storage=100&max_usd_per_month=20").filter.size(),
            (AskedSize{4, 1, 100}));
}

TEST(QueryPage, TakesMinimaOfFurtherResources) {
  EXPECT_EQ(to_text(accepted("min_gpu=1").filter.where()), "resources.gpu>=1");
  EXPECT_EQ(to_text(accepted("min_gpu=1&min_nvme=0").filter.where()),
            "resources.gpu>=1 && resources.nvme>=0");
  EXPECT_EQ(accepted("min_" + std::string(32, 'k') + "=1").filter.exact(), false);
  EXPECT_THAT(faults_of("min_" + std::string(33, 'k') + "=1"), ElementsAre(HasSubstr("unknown")));
  EXPECT_THAT(faults_of("min_gpu=1&min_ram=1&min_gpu=2"),
              ElementsAre("min_gpu: may be given only once"));
  for (const std::string value : {"-1", "1.0", "one"}) {
    EXPECT_THAT(faults_of("min_gpu=" + value),
                ElementsAre("min_gpu: must be an integer of at least 0"));
  }
}

TEST(QueryPage, TakesAsManyResourcesAsAnAdvertisementHas) {
  std::string text;
  for (char key = 'a'; key < 'a' + 16; ++key) text += std::string("&min_") + key + "=1";
  EXPECT_THAT(accepted(text).filter.where().parts, SizeIs(16));
  EXPECT_THAT(faults_of(text + "&min_z=1"),
              ElementsAre(HasSubstr("min_z: is one resource too many")));
}

TEST(QueryPage, TakesMinimaOfSizesForTheSizes) {
  EXPECT_EQ(accepted("min_cpu=4&min_memory=8&min_storage=9"), accepted("cpu=4&memory=8&storage=9"));
  EXPECT_THAT(faults_of("cpu=4&min_cpu=4"), ElementsAre("min_cpu: may be given only once"));
  Query query;
  EXPECT_EQ(parse_query("min_cpu=0", kPageMax, query).too_small, "min_cpu must be at least 1");
}

TEST(QueryPage, SuggestsMinimaToo) {
  EXPECT_THAT(faults_of("min_GPU=1"),
              ElementsAre("min_GPU: unknown parameter; did you mean 'min_gpu'?"));
  EXPECT_THAT(faults_of("min-tpu=1"), ElementsAre(HasSubstr("'min_tpu'?")));
  EXPECT_THAT(faults_of("mincpu=1"), ElementsAre(HasSubstr("'min_cpu'?")));
  EXPECT_THAT(faults_of("max_usd=1"), ElementsAre(HasSubstr("unknown parameter")));
  EXPECT_THAT(faults_of("sortby=price"), ElementsAre(HasSubstr("'sort'?")));
}

TEST(QueryPage, EchoesNothingLongWhole) {
  const std::string echo = faults_of(std::string(4'000, 'x') + "=1").front();
  EXPECT_THAT(echo, AllOf(HasSubstr(std::string(64, 'x') + "…"), SizeIs(testing::Lt(200U))));
  EXPECT_THAT(faults_of("country=" + std::string(4'000, 'x')).front(), SizeIs(testing::Lt(200U)));
  EXPECT_THAT(faults_of("fields=" + std::string(4'000, 'x')).front(), SizeIs(testing::Lt(200U)));
  std::string euros;
  for (int i = 0; i < 65; ++i) euros += "€";
  EXPECT_THAT(faults_of("country=" + euros).front(),
              HasSubstr("'" + euros.substr(0, 64 * 3) + "…'"));
}

TEST(QueryPage, AnswersQAsItAnswersParameters) {
  const std::vector<std::pair<std::string, std::string>> twins{
      {"cpu=4&memory=8&storage=100", "cpu>=4 && memory>=8 && storage>=100"},
      {"country=se,UK&cpu=2", "country in [\"SE\",\"GB\"] && cpu>=2"},
      {"platform=amd64&network=a&payments_network=b",
       "platform=\"x86_64\" && network=\"a\" && payments_network=\"b\""},
      {"provider_id=a%2Bb&verified=true", "provider_id=\"a+b\" && verified=true"},
      {"cpu=4&max_usd_per_month=20", "cpu>=4 && usd_per_month<=20"},
      {"max_glm_per_month=20&min_gpu=1", "glm_per_month<=20 && resources.gpu>=1"},
      {"cpu=4", "golem_type=\"provider\" && golem_cpu>=\"4\""},
      {"", "golem_type=\"provider\""}};
  for (const auto& [parameters, q] : twins) {
    const Query query = accepted(parameters);
    EXPECT_EQ(query, accepted("q=" + encoded(q))) << q;
    EXPECT_EQ(query.fingerprint(), accepted("q=" + encoded(q)).fingerprint()) << q;
  }
  const Query either = accepted("q=" + encoded("(country=\"DE\" || country=\"SE\") && cpu>=4"));
  EXPECT_EQ(either.filter.bounds(), accepted("country=SE,DE&cpu=4").filter.bounds());
  EXPECT_TRUE(either.filter.exact());
}

TEST(QueryPage, JoinsQWithTheParameters) {
  EXPECT_EQ(to_text(accepted("q=cpu%3E4||memory%3E8&country=SE").filter.where()),
            "country=\"SE\" && (cpu>4 || memory>8)");
  EXPECT_THAT(faults_of("q=cpu%3E4&q=cpu%3E4"), ElementsAre("q: may be given only once"));
  EXPECT_THAT(faults_of("q="), ElementsAre("q: must not be empty"));
  EXPECT_THAT(faults_of("q=cpu%3E&cpu=x"),
              ElementsAre("q: column 5: expected a number", "cpu: must be an integer"));
}

TEST(QueryPage, ChoosesFields) {
  EXPECT_EQ(accepted("").fields, 0U);
  EXPECT_TRUE(accepted("").shows(Member::expires_at));
  const Query query = accepted("fields=provider_id,expires_at,pricing,pricing");
  for (size_t i = 0; i < kMemberCount; ++i) {
    const auto member = static_cast<Member>(i);
    EXPECT_EQ(query.shows(member), member == Member::provider_id || member == Member::pricing ||
                                       member == Member::expires_at);
  }
  EXPECT_EQ(accepted("fields=provider_id,provider_name,ip_address,country,platform,network,"
                     "payments_network,resources,pricing,verified,created_at,updated_at,expires_at")
                .fields,
            (1U << kMemberCount) - 1);
  EXPECT_THAT(faults_of("fields=cuontry,,price"),
              ElementsAre("fields: 'cuontry' is no field; did you mean 'country'?",
                          "fields: has an empty item in its list",
                          "fields: 'price' is no field; did you mean 'pricing'?"));
  EXPECT_THAT(faults_of("fields=id,name,cpu,ram,nothing"),
              ElementsAre("fields: 'id' is no field; did you mean 'provider_id'?",
                          "fields: 'name' is no field; did you mean 'provider_name'?",
                          "fields: 'cpu' is no field; did you mean 'resources'?",
                          "fields: 'ram' is no field; did you mean 'resources'?",
                          "fields: 'nothing' is no field; /docs lists them"));
  EXPECT_THAT(faults_of("fields=country&fields=country"),
              ElementsAre("fields: may be given only once"));
}

TEST(QueryPage, Sorts) {
  const std::vector<std::pair<std::string, SortKey>> keys{{"price", SortKey::price},
                                                          {"glm_price", SortKey::glm_price},
                                                          {"cpu", SortKey::cpu},
                                                          {"memory", SortKey::memory},
                                                          {"storage", SortKey::storage},
                                                          {"created_at", SortKey::created_at},
                                                          {"updated_at", SortKey::updated_at},
                                                          {"provider_id", SortKey::provider_id}};
  EXPECT_EQ(accepted("").order, Order());
  for (const auto& [name, key] : keys) {
    EXPECT_EQ(accepted("sort=" + name).order, (Order{key, false}));
    EXPECT_EQ(accepted("sort=-" + name).order, (Order{key, true}));
  }
  for (const std::string value :
       {"-", "--cpu", "board", "CPU", "cpu,price", "%2Bcpu", "usd_price", "country"}) {
    EXPECT_THAT(faults_of("sort=" + value),
                ElementsAre(HasSubstr("sort: must be one of price, glm_price")));
  }
  EXPECT_THAT(faults_of("sort=cpu&sort=cpu"), ElementsAre("sort: may be given only once"));
}

TEST(QueryPage, Counts) {
  EXPECT_TRUE(accepted("count=true").count);
  EXPECT_FALSE(accepted("count=false").count);
  EXPECT_FALSE(accepted("").count);
  EXPECT_TRUE(accepted("count=1").count);
  EXPECT_FALSE(accepted("count=No").count);
  EXPECT_THAT(faults_of("count=2"), ElementsAre(HasSubstr("count: must be a boolean")));
  EXPECT_THAT(faults_of("count=true&count=true"), ElementsAre("count: may be given only once"));
}

Position place(std::optional<double> value) {
  return {.country = 3, .created = WallTime{Duration{7}}, .value = value, .provider_id = "p"};
}

std::string following(const std::string& query, std::optional<double> value) {
  return query + "&cursor=" + encode_cursor(place(value), accepted(query).fingerprint());
}

TEST(QueryPage, ResumesBehindACursor) {
  EXPECT_EQ(accepted("").after, std::nullopt);
  EXPECT_EQ(accepted(following("cpu=4&country=SE", {})).after, place({}));
  EXPECT_EQ(accepted(following("sort=price&cpu=4", 2.5)).after, place(2.5));
  EXPECT_EQ(accepted(following("sort=-price", {})).after, place({}));
  EXPECT_EQ(accepted(following("sort=-glm_price&cpu=4", 2.5)).after, place(2.5));
  EXPECT_EQ(accepted(following("sort=glm_price", {})).after, place({}));
  EXPECT_EQ(accepted(following("sort=cpu", 4)).after, place(4));
  EXPECT_EQ(accepted("limit=5&count=true&" + following("country=SE&cpu=4", {})).after, place({}));
}

TEST(QueryPage, RefusesCursorsThatDoNotFit) {
  const std::string cursor = following("cpu=4", {}).substr(5);
  for (const std::string other : {"", "cpu=5", "cpu=4&country=SE", "cpu=4&sort=cpu", "memory=4"}) {
    EXPECT_THAT(faults_of(other + cursor),
                ElementsAre("cursor: belongs to another query: its filters and sort must stay the "
                            "same"))
        << other;
  }
  EXPECT_THAT(faults_of(following("sort=cpu", {})),
              ElementsAre("cursor: is not a cursor of this board"));
  EXPECT_THAT(faults_of(following("", 1)), ElementsAre("cursor: is not a cursor of this board"));
  EXPECT_THAT(faults_of("cursor=abc"), ElementsAre("cursor: is not a cursor of this board"));
  EXPECT_THAT(faults_of("cursor="), ElementsAre("cursor: must not be empty"));
  EXPECT_THAT(faults_of("cpu=4" + cursor + cursor), ElementsAre("cursor: may be given only once"));
}

TEST(QueryPage, KeepsCriteriaForExplanationsAlone) {
  const std::string text =
      "country=SE&cpu=4&country=de&q=" + encoded("memory>=8 && (network=\"a\" || verified=true)") +
      "&min_gpu=1";
  EXPECT_THAT(accepted(text).criteria, IsEmpty());
  const Query query = explained(text);
  EXPECT_EQ(query.filter, accepted(text).filter);
  EXPECT_THAT(criteria_of(query), ElementsAre("country=SE,de", "cpu=4", "min_gpu=1", "q=memory>=8",
                                              "q=network=\"a\" || verified=true"));
  EXPECT_FALSE(query.explain_always);
  EXPECT_TRUE(explained("all=true").explain_always);
  EXPECT_FALSE(explained("all=false").explain_always);
}

TEST(QueryPage, LeavesACriterionOutAtTheSamePriceSize) {
  const Query query = explained("cpu=4&country=SE&max_usd_per_month=20");
  const Filter without = filter_without(query, 0);
  EXPECT_EQ(to_text(without.where()), "country=\"SE\" && usd_per_month<=20");
  EXPECT_EQ(without.size(), (AskedSize{4, 1, 1}));
  EXPECT_EQ(filter_without(explained("cpu=4"), 0).bounds(), Bounds());
}

TEST(QueryPage, CutsLongCriteria) {
  std::string list = "country=SE";
  for (int i = 0; i < 40; ++i) list += ",SE";
  EXPECT_THAT(criteria_of(explained(list)), ElementsAre(list.substr(0, 64) + "…"));
}

TEST(QueryPage, TakesTheLastEventIdByAnyNameThatPolyfillsSendItUnder) {
  const auto last_id_of = [](const std::string& text) {
    Query query;
    EXPECT_THAT(lines_of(parse_watch_query(text, query)), IsEmpty()) << text;
    return query.last_event_id;
  };
  for (const std::string name : {"last_event_id", "lastEventId", "last-event-id", "Last-Event-ID",
                                 "Last-Event-Id", "lastEventID", "evs_last_event_id"}) {
    EXPECT_EQ(last_id_of("cpu=4&" + name + "=a.b-1"), "a.b-1") << name;
    EXPECT_EQ(last_id_of(name + "="), "") << name;
    EXPECT_EQ(last_id_of(name), "") << name;
  }
  EXPECT_EQ(last_id_of("lastEventId=&r=8123456"), "");
  EXPECT_EQ(last_id_of("last_event_id=a&lastEventId=b&padding=true&evs_preamble=2056&_=1"), "b");
  EXPECT_EQ(last_id_of("last_event_id=a&lastEventId="), "a");
  for (const std::string name : {"r", "padding", "evs_preamble"}) {
    EXPECT_THAT(faults_of(name + "=1"), ElementsAre(HasSubstr("unknown parameter"))) << name;
  }
}

TEST(QueryPage, TellsNumbersThatAreTooLargeFromWhatIsNoNumber) {
  for (const std::string name : {"max_usd_per_month", "max_glm_per_month"}) {
    for (const std::string& value :
         {std::string("1e400"), std::string("1e309"), "9" + std::string(400, '0')}) {
      EXPECT_THAT(faults_of(name + "=" + value),
                  ElementsAre(name + ": is too large a number: it must be at most 1e308"));
    }
    for (const std::string value : {"-1e400", "-1", "x", "inf", "1e", "1e400x"}) {
      EXPECT_THAT(faults_of(name + "=" + value),
                  ElementsAre(name + ": must be a number of at least 0"));
    }
    EXPECT_EQ(accepted(name + "=1e-400"), accepted(name + "=0"));
    accepted(name + "=1e308");
  }
}

TEST(QueryPage, RefusesEveryParameterWhereNoneIsTaken) {
  EXPECT_TRUE(parse_empty_query("").none());
  EXPECT_TRUE(parse_empty_query("_=1&&").none());
  for (const std::string name : {"cpu", "min_gpu", "q", "limit", "all", "x"}) {
    EXPECT_THAT(lines_of(parse_empty_query(name + "=1")),
                ElementsAre(name + ": unknown parameter; none is taken here"));
  }
}

}  // namespace
}  // namespace discovery

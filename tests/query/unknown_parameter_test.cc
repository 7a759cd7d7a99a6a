// What is said of parameters that are not known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/query.h"

namespace discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> lines_of(const QueryFaults& faults) {
  std::vector<std::string> lines;
  for (const Fault& fault : faults.faults) {
    lines.push_back(fault.location.back() + ": " + fault.message);
  }
  return lines;
}

std::vector<std::string> faults_of(std::string_view text) {
  Query query;
  return lines_of(parse_query(text, 10'000, query));
}

TEST(UnknownParameter, NamesTheNearestParameterForAnUnknownOne) {
  const std::vector<std::pair<std::string, std::string>> slips{
      {"cpus", "cpu"},
      {"CPU", "cpu"},
      {"memroy", "memory"},
      {"storag", "storage"},
      {"contry", "country"},
      {"countries", "country"},
      {"plattform", "platform"},
      {"networks", "network"},
      {"payment_network", "payments_network"},
      {"providerid", "provider_id"},
      {"provider-id", "provider_id"},
      {"paymentsNetwork", "payments_network"},
      {"cpu[]", "cpu"},
      {"country[]", "country"},
      {"limits", "limit"}};
  for (const auto& [slip, meant] : slips) {
    EXPECT_THAT(faults_of(slip + "=1"),
                ElementsAre(slip + ": unknown parameter; did you mean '" + meant + "'?"));
  }
}

TEST(UnknownParameter, NamesWhatTheWordsOfOtherInterfacesMeanHere) {
  const std::vector<std::pair<std::string, std::string>> words{
      {"gpu", "did you mean 'min_gpu'?"},
      {"ram", "did you mean 'memory'?"},
      {"mem", "did you mean 'memory'?"},
      {"disk", "did you mean 'storage'?"},
      {"vCPUs", "did you mean 'cpu'?"},
      {"price", "did you mean 'max_usd_per_month'?"},
      {"max_price", "did you mean 'max_usd_per_month'?"},
      {"id", "did you mean 'provider_id'?"},
      {"location", "did you mean 'country'?"},
      {"arch", "did you mean 'platform'?"},
      {"filter", "did you mean 'q'?"},
      {"name", R"(did you mean 'q', as in q=provider_name="..."?)"},
      {"order", "did you mean 'sort'?"},
      {"order_by", "did you mean 'sort'?"},
      {"select", "did you mean 'fields'?"},
      {"total", "did you mean 'count'?"}};
  for (const auto& [word, advice] : words) {
    EXPECT_THAT(faults_of(word + "=1"), ElementsAre(word + ": unknown parameter; " + advice));
  }
  for (const std::string word : {"page", "per_page", "perPage", "page_size", "page[size]", "offset",
                                 "skip", "start", "pageToken"}) {
    EXPECT_THAT(
        faults_of(word + "=1"),
        ElementsAre(word + ": unknown parameter; pages are asked for by 'limit' and 'cursor', "
                           "which stands in each page's Link header"));
  }
}

TEST(UnknownParameter, AsksForNoOppositeOfWhatWasMeant) {
  for (const auto& [word, field] :
       {std::pair("max_cpu", "cpu"), {"maxRam", "memory"}, {"max_gpu", "resources.gpu"}}) {
    EXPECT_THAT(faults_of(std::string(word) + "=3"),
                ElementsAre(std::string(word) +
                            ": unknown parameter; did you mean 'q', as in q=" + field + "<=4?"));
  }
}

TEST(UnknownParameter, TellsHowAComparisonIsSent) {
  for (const std::string name : {"cpu>", "memory>4", "(country", "!verified"}) {
    EXPECT_THAT(faults_of(name + "=1"),
                ElementsAre(name + ": is no parameter's name; comparisons stand in q, where '&' is "
                                   "written %26"));
  }
  EXPECT_THAT(faults_of("q=cpu>4&&memory>4"), ElementsAre(HasSubstr("'&' is written %26")));
}

TEST(UnknownParameter, GuessesNothingOfWhatResemblesNoName) {
  for (const std::string_view text : {"=1", "=", "x", "%C3%A9=1", "utm_source=1", "utm_medium=1",
                                      "fbclid=1", "lang=1", "token=1", "min_=1", "[]=1"}) {
    EXPECT_THAT(faults_of(text),
                ElementsAre(testing::EndsWith(": unknown parameter; /docs lists the known ones")))
        << text;
  }
  for (const std::string_view text : {"cpu%00=1", "cpu =1", "cpu[]=1"}) {
    EXPECT_THAT(faults_of(text), ElementsAre(HasSubstr("unknown parameter; did you mean 'cpu'?")))
        << text;
  }
}

TEST(UnknownParameter, TellsReadinessProbesOfTheirOwnParameterAlone) {
  bool writes = false;
  const auto probe = [&](std::string_view text) {
    return lines_of(parse_readiness_query(text, writes));
  };
  EXPECT_THAT(probe("write=1"), ElementsAre(HasSubstr("did you mean 'writes'?")));
  for (const std::string name : {"cpu", "sort", "all", "page", "lastEventId"}) {
    EXPECT_THAT(probe(name + "=1"),
                ElementsAre(name + ": is not taken here: /ready takes writes alone"));
  }
  for (const std::string name : {"gpu", "min_cpu", "ram", "x"}) {
    EXPECT_THAT(probe(name + "=1"),
                ElementsAre(name + ": unknown parameter; /docs lists the known ones"));
  }
  EXPECT_FALSE(writes);
  EXPECT_THAT(probe("writes=yes"), testing::IsEmpty());
  EXPECT_TRUE(writes);
  EXPECT_THAT(faults_of("writes=1"), ElementsAre("writes: is taken by /ready alone"));
}

TEST(UnknownParameter, RefusesToPageExplanationsAndWatches) {
  Query query;
  for (const std::string name : {"sort", "limit", "cursor", "count", "fields", "page", "Limit"}) {
    EXPECT_THAT(lines_of(parse_explain_query(name + "=1", query)),
                ElementsAre(name + ": is not taken here: /api/v1/explain takes the list's filters "
                                   "and all"));
    EXPECT_THAT(lines_of(parse_watch_query(name + "=1", query)),
                ElementsAre(name + ": is not taken here: a watch takes the list's filters, "
                                   "refreshes and last_event_id"));
  }
  EXPECT_THAT(faults_of("all=true"), ElementsAre("all: is taken by /api/v1/explain alone"));
  EXPECT_THAT(faults_of("refreshes=true"),
              ElementsAre("refreshes: is taken by /api/v1/watch alone"));
  EXPECT_THAT(faults_of("lastEventId=1"),
              ElementsAre("lastEventId: is taken by /api/v1/watch alone"));
  EXPECT_THAT(lines_of(parse_watch_query("gpu=1", query)), ElementsAre(HasSubstr("'min_gpu'?")));
  EXPECT_EQ(parse_explain_query("cpu=0", query).too_small, "cpu must be at least 1");
}

}  // namespace
}  // namespace discovery

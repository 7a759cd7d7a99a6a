// Pages that are sent again.
#include "api/reply/page_cache.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::seconds;

RenderedPage page_of(size_t bytes) {
  RenderedPage page;
  page.body.assign(bytes, 'x');
  return page;
}

TEST(PageCache, KeepsAPageForEachQuery) {
  PageCache cache(100'000, 1);
  EXPECT_EQ(cache.find("q"), nullptr);
  cache.put("q", page_of(10));
  cache.put("", page_of(30));
  EXPECT_EQ(cache.find("q")->body.size(), 10U);
  EXPECT_EQ(cache.find("")->body.size(), 30U);
  EXPECT_EQ(cache.find("r"), nullptr);
  const size_t bytes = cache.bytes();
  EXPECT_EQ(cache.put("q", page_of(11))->body.size(), 11U);
  EXPECT_EQ(cache.bytes(), bytes + 1);
}

TEST(PageCache, StaysWithinItsBytesAndForgetsWhatNobodyAsksFor) {
  constexpr size_t kMax = 100'000, kPage = 1'000;
  PageCache cache(kMax, 1);
  cache.put("wanted", page_of(kPage));
  for (int i = 0; i < 1'000; ++i) {
    cache.put("q" + std::to_string(i), page_of(kPage));
    ASSERT_LE(cache.bytes(), kMax);
    ASSERT_TRUE(i % 10 != 0 || cache.find("wanted") != nullptr) << i;
  }
  EXPECT_EQ(cache.find("q0"), nullptr);
  EXPECT_NE(cache.find("q999"), nullptr);
}

/// A board that changes, questions about it of which many are answered alike, and one API that has
/// answered all of them beside another that has answered none.
class PageModel : public testing::TestWithParam<uint32_t> {
 protected:
  static RigOptions options() {
    RigOptions options;
    options.api.gzip_bytes_per_second = size_t{1} << 40;
    options.api.kept_page_bytes = GetParam() % 2 == 0 ? 100'000 : 10'000'000;
    return options;
  }
  size_t below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  void change() {
    const std::string id = "p" + std::to_string(below(40));
    const size_t choice = below(10);
    if (choice == 0) {
      rig_.withdraw(id, id);
    } else if (choice < 3) {
      rig_.clock.advance(seconds{below(60)});
    } else {
      rig_.post(R"({"ip_address": "83.233.10.2", "country": ")" +
                    std::string(below(2) == 0 ? "SE" : "DE") + R"(", "resources": {"cpu": )" +
                    std::to_string(1 + below(3)) + R"(, "memory": 8, "storage": 100}})",
                id);
    }
  }

  std::string some_query() {
    static const std::vector<std::string> kParts{
        "",         "cpu=2",      "memory=2",  "memory=8",  "country=SE",     "limit=10",
        "limit=20", "count=true", "sort=-cpu", "storage=7", "fields=country", "fields=provider_id"};
    const std::string first = kParts[below(kParts.size())];
    const std::string second = kParts[below(kParts.size())];
    const bool is_single = second.substr(0, 5) == first.substr(0, 5);
    return is_single ? first : first + '&' + second;
  }

  void compare() {
    const std::string query = some_query();
    Request request = rig_.request(Method::get, kBoardUrl, query);
    if (below(2) == 0) request.accept_encoding = {"gzip", 1};
    const Answered answer = rig_.now(request);
    Api other(options().api, rig_.board, rig_.limiter, rig_.lifecycle, rig_.clock, rig_.executor);
    const auto exchange = std::make_shared<RecordingExchange>();
    other.handle(request, *exchange);
    const Answered& expected = exchange->answers.at(0);
    ASSERT_EQ(answer.status, 200) << query << ' ' << answer.body;
    ASSERT_EQ(answer.body, expected.body) << query;
    ASSERT_EQ(answer.further_headers, expected.further_headers) << query;
  }

  std::mt19937 random_{GetParam()};
  Rig rig_{options()};
};

TEST_P(PageModel, WhatWasKeptIsWhatWouldBeRendered) {
  for (int i = 0; i < 30; ++i) change();
  for (int i = 0; i < 1'500 && !HasFatalFailure(); ++i) below(20) == 0 ? change() : compare();
}

INSTANTIATE_TEST_SUITE_P(Seeds, PageModel, testing::Range(0U, 8U));

}  // namespace
}  // namespace discovery

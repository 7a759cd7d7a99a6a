#include "api/reply/error_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/limits.h"

namespace discovery {
namespace {

using testing::HasSubstr;

std::string error(std::string_view code, std::string_view message) {
  std::string out = "what stood here before";
  render_error(out, code, message, "0123456789abcdef");
  return out;
}

std::string errors(const Faults& faults) {
  std::string out = "what stood here before";
  render_faults(out, faults, "0123456789abcdef");
  return out;
}

size_t entries_of_detail(const std::string& body) {
  simdjson::dom::parser parser;
  return parser.parse(body)["detail"].get_array().size();
}

TEST(ErrorBody, SaysCodeAndMessageForOldAndNewClients) {
  EXPECT_EQ(error("ADV_004", "no live advertisement for provider 'x'"),
            R"({"code":"ADV_004","message":"no live advertisement for provider 'x'",)"
            R"("detail":{"code":"ADV_004","message":"no live advertisement for provider 'x'"},)"
            R"("request_id":"0123456789abcdef"})");
}

TEST(ErrorBody, TellsFurtherFactsForOldAndNewClients) {
  std::string body;
  render_error(body, "AUTH_002", "late", "id", {.server_time_ms = 5, .last_time_ms = -1});
  EXPECT_EQ(body, R"({"code":"AUTH_002","message":"late","server_time":5,"last_time":-1,"detail":)"
                  R"({"code":"AUTH_002","message":"late","server_time":5,"last_time":-1},)"
                  R"("request_id":"id"})");
  render_error(body, "AUTH_001", "bad", "id", {.expected_text = "a\nb"});
  EXPECT_EQ(body,
            R"({"code":"AUTH_001","message":"bad","expected_text":"a\nb","detail":)"
            R"({"code":"AUTH_001","message":"bad","expected_text":"a\nb"},"request_id":"id"})");
}

TEST(ErrorBody, EscapesWhatAMessageQuotes) {
  EXPECT_THAT(error("ADV_004", "a\"b\\c\n\x01"), HasSubstr(R"("message":"a\"b\\c\n\u0001",)"));
}

TEST(ErrorBody, ListsTheOneFaultOfARequest) {
  EXPECT_EQ(errors({{{"body", "resources", "cpu"}, "must be an integer from 1 to 2147483647"}}),
            R"({"code":"REQ_001",)"
            R"("message":"body.resources.cpu: must be an integer from 1 to 2147483647",)"
            R"("detail":[{"loc":["body","resources","cpu"],)"
            R"("msg":"must be an integer from 1 to 2147483647","type":"value_error"}],)"
            R"("request_id":"0123456789abcdef"})");
}

TEST(ErrorBody, ListsAllFaultsAndCountsThemInTheMessage) {
  const std::string expected =
      R"json({"code":"REQ_001","message":"body: must be valid JSON (and 2 more)","detail":[)json"
      R"({"loc":["body"],"msg":"must be valid JSON","type":"value_error"},)"
      R"({"loc":["header","X-Provider-ID"],"msg":"must be sent only once",)"
      R"("type":"value_error"},)"
      R"({"loc":["query","\"\n"],"msg":"unknown parameter","type":"value_error"}],)"
      R"("request_id":"0123456789abcdef"})";
  EXPECT_EQ(errors({{{"body"}, "must be valid JSON"},
                    {{"header", "X-Provider-ID"}, "must be sent only once"},
                    {{"query", "\"\n"}, "unknown parameter"}}),
            expected);
}

TEST(ErrorBody, ShowsAsManyFaultsAsMayBeShownAndNoMore) {
  Faults faults(limits::kBodyFaults, {{"query", "x"}, "unknown parameter"});
  EXPECT_EQ(entries_of_detail(errors(faults)), limits::kBodyFaults);
  faults.push_back({{"query", "y"}, "unknown parameter"});
  EXPECT_EQ(entries_of_detail(errors(faults)), limits::kBodyFaults);
  EXPECT_THAT(errors(faults), HasSubstr("(and " + std::to_string(limits::kBodyFaults) + " more)"));
}

}  // namespace
}  // namespace discovery

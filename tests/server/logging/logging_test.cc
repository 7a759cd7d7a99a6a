#include "server/logging/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

namespace discovery {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr WallTime kTime{std::chrono::microseconds{1'771'494'870'123'456}};

std::string text_of(std::string_view message) {
  const std::string line = log_line(LogFormat::text, kTime, "info", message);
  const std::string head = "2026-02-19T09:54:30.123Z info ";
  EXPECT_TRUE(line.starts_with(head) && line.ends_with('\n')) << line;
  return line.substr(head.size(), line.size() - head.size() - 1);
}

TEST(Logging, TextLinesBeginWithTimeAndLevel) {
  EXPECT_EQ(log_line(LogFormat::text, kTime, "info", "message"),
            "2026-02-19T09:54:30.123Z info message\n");
}

TEST(Logging, JsonLinesAreOneObject) {
  EXPECT_EQ(log_line(LogFormat::json, kTime, "warning", "a \"quoted\" \\ \n\x01 \xc3\xa9"),
            R"({"time":"2026-02-19T09:54:30.123Z","level":"warning",)"
            R"("message":"a \"quoted\" \\ \n\u0001 é"})"
            "\n");
}

TEST(Logging, NoMessageMakesASecondLine) {
  EXPECT_EQ(text_of("a\nb\r\x1b[2J\x7f"), "a\\nb\\u000d\\u001b[2J\\u007f");
  EXPECT_EQ(text_of("\xc2\x85 \xe2\x80\xa8 \xe2\x80\xae \xe2\x81\xa9"),
            "\\u0085 \\u2028 \\u202e \\u2069");
}

TEST(Logging, WhatIsHarmlessStaysAsItIs) {
  const std::string text = "\xc2\xa0 é € 😀 \xf4\x8f\xbf\xbf \xed\x9f\xbf \xee\x80\x80";
  EXPECT_EQ(text_of(text), text);
}

TEST(Logging, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(text_of("a\x80z"), "a" + mark + "z");
  EXPECT_EQ(text_of("\xc3"), mark);                        // cut off
  EXPECT_EQ(text_of("\xc3("), mark + "(");                 // not continued
  EXPECT_EQ(text_of("\xc0\xaf"), mark + mark);             // a longer spelling than needed
  EXPECT_EQ(text_of("\xe0\x80\xaf"), mark + mark + mark);  // likewise
  EXPECT_EQ(text_of("\xed\xa0\x80"), mark + mark + mark);  // a surrogate
  EXPECT_EQ(text_of("\xf4\x90\x80\x80"), mark + mark + mark + mark);  // beyond U+10FFFF
  EXPECT_EQ(text_of("\xff\xfe"), mark + mark);
}

TEST(Logging, LinesHaveTheirLimitAndWhatIsLongerIsCut) {
  const size_t most = limits::kLogLineBytes;
  const std::string text_frame = log_line(LogFormat::text, kTime, "info", "");
  const std::string text(most - text_frame.size(), 'x');
  EXPECT_EQ(log_line(LogFormat::text, kTime, "info", text).size(), most);
  EXPECT_THAT(log_line(LogFormat::text, kTime, "info", text), EndsWith("xxx\n"));
  const std::string longer = log_line(LogFormat::text, kTime, "info", text + "x");
  EXPECT_EQ(longer.size(), most);
  EXPECT_THAT(longer, EndsWith("x...\n"));
  const std::string json_frame = log_line(LogFormat::json, kTime, "info", "");
  std::string quotes;
  for (size_t i = 0; i < (most - json_frame.size()) / 2; ++i) quotes += '"';
  EXPECT_GT(log_line(LogFormat::json, kTime, "info", quotes).size(), most - 2);
  const std::string cut = log_line(LogFormat::json, kTime, "info", quotes + "\"");
  EXPECT_LE(cut.size(), most);
  EXPECT_THAT(cut, EndsWith("\\\"...\"}\n"));
}

TEST(Logging, WhatNobodyCaughtIsLoggedBeforeTheProcessEnds) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto end = [] {
    static_cast<void>(set_up_logging(LogFormat::text, LogLevel::info));
    std::set_terminate(end_on_fault);
    std::thread([] { throw std::runtime_error("as asked"); }).join();
  };
  EXPECT_DEATH(end(), "Z error ended by a fault of the program: as asked;");
}

std::string logged(LogFormat format, LogLevel level) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(set_up_logging(format, level));
  spdlog::debug("debugging");
  spdlog::info("for\n{}", "information");
  spdlog::warn("warned");
  spdlog::error("failed");
  flush_log();
  return testing::internal::GetCapturedStderr();
}

TEST(Logging, LinesGoToStandardErrorFromTheLevelOn) {
  EXPECT_THAT(logged(LogFormat::text, LogLevel::debug), HasSubstr("Z debug debugging\n"));
  EXPECT_THAT(logged(LogFormat::text, LogLevel::info),
              AllOf(Not(HasSubstr("debugging")), HasSubstr("Z info for\\ninformation\n")));
  EXPECT_THAT(logged(LogFormat::text, LogLevel::warning),
              AllOf(Not(HasSubstr("information")), HasSubstr("Z warning warned\n")));
  EXPECT_THAT(logged(LogFormat::text, LogLevel::error),
              AllOf(Not(HasSubstr("warned")), EndsWith("Z error failed\n")));
}

TEST(Logging, TheFormatIsTheOneAskedFor) {
  EXPECT_THAT(logged(LogFormat::json, LogLevel::error),
              MatchesRegex("\\{\"time\":\"[0-9T:.-]+Z\",\"level\":\"error\","
                           "\"message\":\"failed\"\\}\n"));
}

}  // namespace
}  // namespace discovery

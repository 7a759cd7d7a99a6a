#include "base/time_text.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <string>

namespace discovery {
namespace {

using std::chrono::sys_days;

std::string rfc3339(WallTime time) {
  std::string text(kRfc3339Length, '?');
  write_rfc3339(time, text.data());
  return text;
}

std::string sql_time(WallTime time) {
  std::string text(kSqlTimeLength, '?');
  write_sql_time(time, text.data());
  return text;
}

WallTime at(int64_t micros) { return WallTime{Duration{micros}}; }

constexpr WallTime kFirst = sys_days{std::chrono::year{0} / 1 / 1};
constexpr WallTime kEnd = sys_days{std::chrono::year{10'000} / 1 / 1};

TEST(TimeText, WritesBothForms) {
  const WallTime time = at(1'771'494'870'123'456);
  EXPECT_EQ(rfc3339(time), "2026-02-19T09:54:30.123456Z");
  EXPECT_EQ(sql_time(time), "2026-02-19 09:54:30.123456");
  EXPECT_EQ(rfc3339(at(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(rfc3339(at(-1)), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(rfc3339(sys_days{std::chrono::year{2024} / 2 / 29}), "2024-02-29T00:00:00.000000Z");
}

TEST(TimeText, WritesTheNearestTimeThatFourDigitsHold) {
  EXPECT_EQ(rfc3339(kFirst), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(rfc3339(kFirst - Duration{1}), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(rfc3339(kEnd - Duration{1}), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(rfc3339(kEnd), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(sql_time(WallTime::max()), "9999-12-31 23:59:59.999999");
}

TEST(TimeText, ReadsEveryAcceptedForm) {
  const WallTime whole = at(1'771'494'870'000'000);
  for (const char* text :
       {"2026-02-19T09:54:30", "2026-02-19 09:54:30", "2026-02-19T09:54:30Z",
        "2026-02-19 09:54:30Z", "2026-02-19T09:54:30+00:00", "2026-02-19 09:54:30.0",
        "2026-02-19T09:54:30.000000Z", "2026-02-19T09:54:30.000+00:00"}) {
    EXPECT_EQ(parse_time(text), whole) << text;
  }
  EXPECT_EQ(parse_time("2026-02-19 09:54:30.1"), whole + Duration{100'000});
  EXPECT_EQ(parse_time("2026-02-19 09:54:30.123456"), whole + Duration{123'456});
  EXPECT_EQ(parse_time("2026-02-19 09:54:30.000001Z"), whole + Duration{1});
}

TEST(TimeText, RefusesImpossibleDatesAndTimes) {
  for (const char* text :
       {"2026-02-29T00:00:00", "2026-00-01T00:00:00", "2026-13-01T00:00:00", "2026-01-00T00:00:00",
        "2026-04-31T00:00:00", "1900-02-29T00:00:00", "2026-01-01T24:00:00", "2026-01-01T00:60:00",
        "2026-01-01T00:00:60", "2026-99-99T99:99:99"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
  EXPECT_TRUE(parse_time("2000-02-29T23:59:59"));
}

TEST(TimeText, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2026",
                           "2026-02-19",
                           "2026-02-19T09:54",
                           "2026-02-19T09:54:3",
                           "2026-02-19T09:54:30.",
                           "2026-02-19T09:54:30.1234567",
                           "2026-02-19T09:54:30x",
                           "2026-02-19T09:54:30ZZ",
                           "2026-02-19T09:54:30Z ",
                           "2026-02-19T09:54:30+01:00",
                           "2026-02-19T09:54:30-00:00",
                           "2026-02-19T09:54:30+00",
                           "2026/02/19T09:54:30",
                           "2026-02-19t09:54:30",
                           "2026-02-19T09.54.30",
                           " 2026-02-19T09:54:30",
                           "-026-02-19T09:54:30",
                           "20260219T095430",
                           "2026-02-19T09:54:30.Z",
                           "2026-02-19T09:54:30z",
                           "+2026-02-19T09:54:3"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(TimeText, RefusesEveryBrokenCharacter) {
  const std::string good = "2026-02-19T09:54:30";
  ASSERT_TRUE(parse_time(good));
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char broken : {'x', '\0', '/', ';', '\xb2'}) {
      std::string text = good;
      text[i] = broken;
      EXPECT_FALSE(parse_time(text)) << text;
    }
  }
}

TEST(TimeText, AgreesWithTheCLibraryAndReadsItsOwnText) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<int64_t> micros(kFirst.time_since_epoch().count(),
                                                kEnd.time_since_epoch().count() - 1);
  for (int i = 0; i < 10'000; ++i) {
    const WallTime time = at(micros(random));
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t seconds = second.time_since_epoch().count();
    std::tm fields{};
    gmtime_r(&seconds, &fields);
    char expected[64];
    std::snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                  fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday, fields.tm_hour,
                  fields.tm_min, fields.tm_sec, static_cast<int>((time - second).count()));
    ASSERT_EQ(rfc3339(time), expected);
    ASSERT_EQ(parse_time(rfc3339(time)), time);
    ASSERT_EQ(parse_time(sql_time(time)), time);
  }
}

}  // namespace
}  // namespace discovery

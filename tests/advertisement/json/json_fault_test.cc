#include "advertisement/json/json_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <utility>
#include <vector>

namespace discovery {
namespace {

using testing::HasSubstr;

TEST(JsonFault, SaysWhereTheTextIsNoJson) {
  using Case = std::pair<const char*, const char*>;
  for (const auto& [text, message] : std::vector<Case>{
           {"{\"a\":1,}", "line 1, column 8: a comma stands before '}' (trailing comma)"},
           {"{\"a\":[1,]}", "line 1, column 9: a comma stands before ']' (trailing comma)"},
           {"{\"a\":[,1]}", "line 1, column 7: a value is expected"},
           {"{\n  'a': 1}", "line 2, column 3: texts stand in double quotes, not in single ones"},
           {"{\"a\":\r\n 'b'}", "line 2, column 2: texts stand in double quotes"},
           {"{\"é\": NaN}", "line 1, column 7: 'NaN' is no JSON value"},
           {"{\"a\": Infinity}", "line 1, column 7: 'Infinity' is no JSON value"},
           {"{\"a\": -Infinity}", "line 1, column 7: '-Infinity' is no JSON value"},
           {"{\"a\": True}", "line 1, column 7: 'True' is no JSON value"},
           {"{\"a\": undefinedundefined}", "'undefinedundefin…' is no JSON value"},
           {"{\"a\": 1 // b\n}", "line 1, column 9: JSON has no comments"},
           {"{/* b */}", "line 1, column 2: JSON has no comments"},
           {"{# b\n}", "line 1, column 2: JSON has no comments"},
           {"{a: 1}", "line 1, column 2: a key in double quotes is expected"},
           {"{\"a\" 1}", "line 1, column 6: ':' is expected behind a key"},
           {"{\"a\": }", "line 1, column 7: a value is expected"},
           {"{\"a\": 1 \"b\": 2}", "line 1, column 9: ',' or '}' is expected"},
           {"{\"a\": [1 2]}", "line 1, column 10: ',' or ']' is expected"},
           {"{\"a\": 01}", "line 1, column 7: a number must not begin with 0"},
           {"{\"a\": -01}", "line 1, column 7: a number must not begin with 0"},
           {"{\"a\": +1}", "line 1, column 7: a number is malformed"},
           {"{\"a\": 1.}", "line 1, column 7: a number is malformed"},
           {"-", "line 1, column 1: a number is malformed"},
           {"{\"cpu\":-", "line 1, column 8: a number is malformed"},
           {"{\"a\": 0x1}", "line 1, column 7: a number is malformed"},
           {"{\"a\": \"b}", "line 1, column 7: a string is not closed"},
           {"{\"a\": \"b\tc\"}", "line 1, column 9: a control character in a string"},
           {"{\"a\": \"\\x\"}", "line 1, column 8: a string holds a broken escape"},
           {"{\"a\": \"\\ud800\"}", "line 1, column 8: a string holds a broken escape"},
           {"{\"a\": \"\\ud83d\\ude00\\n\"", "line 1, column 23: the text ends too early"},
           {"{\"a\": 1", "line 1, column 8: the text ends too early"},
           {"{} {}", "line 1, column 4: there is more behind the JSON value"},
           {"a=1", "line 1, column 1: 'a' is no JSON value"},
           {"<a>", "line 1, column 1: a value is expected"}}) {
    EXPECT_THAT(describe_json_fault(text), HasSubstr(message));
  }
}

TEST(JsonFault, SaysWhatATextOfAnotherKindIs) {
  using namespace std::string_literals;
  for (const std::string& text : {"\xff\xfe{\0}\0"s, "\xfe\xff\0{\0}"s, "{\0\"\0"s, "\0{\0\""s}) {
    EXPECT_THAT(describe_json_fault(text), HasSubstr("is UTF-16; it must be UTF-8"));
  }
  EXPECT_THAT(describe_json_fault("\xff\xfe\0\0{\0\0\0"s),
              HasSubstr("is UTF-32; it must be UTF-8"));
  EXPECT_THAT(describe_json_fault("\xef\xbb\xbf{}"), HasSubstr("begins with a byte order mark"));
  EXPECT_THAT(describe_json_fault("\x1f\x8b\x08\0"s),
              HasSubstr("is gzip; it must be sent uncompressed"));
  EXPECT_THAT(describe_json_fault("{\"é\":\"\xff\"}"), HasSubstr("is not valid UTF-8 at byte 8"));
}

// The parser decides what is refused; a scanner that found nothing wrong could not say why.
TEST(JsonFault, IsFoundWhereverTheParserFindsOne) {
  const std::string body =
      R"({"pricing":{"a":[1,-2.5e3,"\u00e9é\ud83d\ude00",true,null,{}]},"b":""})";
  simdjson::dom::parser parser;
  for (size_t at = 0; at < body.size(); ++at) {
    for (const char c : std::string_view("\0\"\\{}[],:x'/ 0-.e\xff\n", 19)) {
      std::string changed = body;
      changed[at] = c;
      const bool is_refused = parser.parse(changed).error() != simdjson::SUCCESS;
      EXPECT_EQ(describe_json_fault(changed) != "is not valid JSON", is_refused) << changed;
    }
  }
}

TEST(JsonFault, IsFoundInEveryBodyThatIsCutShort) {
  const std::string body = R"({"a":[-0.5e-3,"\u00e9\ud83d\ude00",true,{"b":-1}]})";
  for (size_t size = 1; size < body.size(); ++size) {
    EXPECT_NE(describe_json_fault(std::string_view(body).substr(0, size)), "is not valid JSON")
        << body.substr(0, size);
  }
}

}  // namespace
}  // namespace discovery

// Lines that stand between requests, and fields that come on several.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/wire.h"

namespace discovery::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ProtocolLinesTest : public testing::Test {
 protected:
  std::string ask(std::string_view bytes) {
    return std::make_shared<Wire>(handler_)->receive(bytes);
  }
  std::string ask_by_bytes(std::string_view bytes) {
    const auto wire = std::make_shared<Wire>(handler_);
    std::string answers;
    for (const char& byte : bytes) answers += wire->receive({&byte, 1});
    return answers;
  }

  Debts debts_;
  EchoHandler handler_{debts_};
};

TEST_F(ProtocolLinesTest, EmptyLinesBeforeARequestAreIgnored) {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
  std::string lines;
  for (uint32_t count = 0; count <= ProtocolLimits().blank_lines; ++count, lines += "\r\n") {
    EXPECT_EQ(bodies_of(ask(lines + get + lines + post + lines + get)),
              "get / host=h\npost / host=h body=x\nget / host=h\n")
        << count;
    EXPECT_EQ(bodies_of(ask_by_bytes(get + lines + get)), "get / host=h\nget / host=h\n") << count;
  }
  EXPECT_THAT(ask(lines + get), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask_by_bytes(lines + get), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask(get + lines + get), HasSubstr("HTTP/1.1 400 "));
  EXPECT_THAT(ask("\n" + get), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("\r\r\n" + get), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ProtocolLinesTest, TheLinesOfAListAreJoinedWhateverStandsBetweenThem) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"a\"\r\nAccept-Encoding: br\r\n"
                  "X-Forwarded-For: 1.1.1.1\r\nIf-None-Match: \"b\"\r\n"
                  "Access-Control-Request-Headers: authorization\r\nAccept-Encoding: gzip\r\n"
                  "if-none-match:\r\nX-Forwarded-For: 2.2.2.2\r\nIf-None-Match: \"c\"\r\n"
                  "Access-Control-Request-Headers: x-a,x-b\r\n\r\n"),
              EndsWith("get / host=h accepts=br,gzip accepts*2 knows=\"a\",\"b\",,\"c\" knows*4 "
                       "forwarded=1.1.1.1,2.2.2.2 names=authorization,x-a,x-b"));
  // Nothing of them is left for the next request.
  EXPECT_THAT(ask("GET /1 HTTP/1.1\r\nHost: h\r\nIf-None-Match: 1\r\nIf-None-Match: 2\r\n\r\n"
                  "GET /2 HTTP/1.1\r\nHost: h\r\nIf-None-Match: 1\r\nIf-None-Match: 3\r\n\r\n"
                  "GET /3 HTTP/1.1\r\nHost: h\r\nIf-None-Match: 1\r\n\r\n"
                  "GET /4 HTTP/1.1\r\nHost: h\r\nIf-None-Match: 1\r\n\r\n"),
              AllOf(HasSubstr("get /1 host=h knows=1,2 knows*2"),
                    HasSubstr("get /2 host=h knows=1,3 knows*2"),
                    HasSubstr("get /3 host=h knows=1"), EndsWith("get /4 host=h knows=1")));
}

}  // namespace
}  // namespace discovery::test

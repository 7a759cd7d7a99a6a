// What a protocol keeps of a request that is to be handled again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/wire.h"

namespace discovery::test {
namespace {

using namespace std::string_literals;
using Phase = Protocol::Phase;
using testing::EndsWith;

class ProtocolHoldTest : public testing::Test {
 protected:
  std::shared_ptr<Wire> connect() { return std::make_shared<Wire>(handler_); }

  Debts debts_;
  EchoHandler handler_{debts_};
};

TEST_F(ProtocolHoldTest, AHeldRequestIsHandledAgainOnceResumed) {
  const std::string next = "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const std::string_view body : {"Content-Length: 5\r\n\r\nabcde",
                                      "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\n"
                                      "cde\r\n0\r\n\r\n"}) {
    const std::string request =
        "POST /held?a=b HTTP/1.1\r\nHost: h\r\nX-Provider-ID: p\r\n"
        "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\n" +
        std::string(body);
    const auto wire = connect();
    EXPECT_EQ(bodies_of(wire->receive("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n" + request + next)),
              "get /1 host=h\n");
    EXPECT_EQ(wire->protocol().phase(), Phase::waiting);
    EXPECT_TRUE(wire->protocol().is_held());
    EXPECT_EQ(wire->unread(), next);
    EXPECT_EQ(wire->advance(), "");
    debts_.settle();
    EXPECT_EQ(bodies_of(wire->advance()),
              "post /held query=a=b host=h id=p forwarded=10.0.0.1,10.0.0.2 body=abcde\n"
              "get /2 host=h\n");
    EXPECT_FALSE(wire->protocol().is_held());
  }
}

TEST_F(ProtocolHoldTest, WhatIsHeldMayHaveComeInSingleBytes) {
  const std::string head = "POST /held HTTP/1.1\r\nHost: h\r\nX-Provider-ID: p\r\n";
  for (const std::string_view rest : {"\r\n", "Content-Length: 3\r\n\r\nabc",
                                      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"}) {
    const auto wire = connect();
    const std::string request = head + std::string(rest);
    for (const char& byte : request) ASSERT_EQ(wire->receive({&byte, 1}), "");
    ASSERT_TRUE(wire->protocol().is_held()) << request;
    wire->receive("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    debts_.settle();
    const std::string body = rest.size() > 2 ? " body=abc" : "";
    EXPECT_EQ(bodies_of(wire->advance()), "post /held host=h id=p" + body + "\nget /2 host=h\n");
  }
}

TEST_F(ProtocolHoldTest, SeveralRequestsOfAConnectionAreHeldOneAfterAnother) {
  const auto wire = connect();
  std::string requests;
  for (const char name : {'1', '2', '3'}) {
    requests += "POST /"s + name + "/held HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n" + name;
  }
  EXPECT_EQ(wire->receive(requests), "");
  for (const std::string name : {"1", "2", "3"}) {
    EXPECT_TRUE(wire->protocol().is_held());
    debts_.settle();
    EXPECT_EQ(bodies_of(wire->advance()), "post /" + name + "/held host=h body=" + name + "\n");
  }
  EXPECT_EQ(wire->protocol().phase(), Phase::idle);
}

TEST_F(ProtocolHoldTest, AResumedRequestMayBeAnsweredLater) {
  const auto wire = connect();
  wire->receive("POST /held HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  debts_.settle();
  wire->resume();
  wire->resume();
  EXPECT_THAT(wire->advance(), EndsWith("post /held host=h"));
  EXPECT_EQ(wire->protocol().phase(), Phase::closing);
  wire->resume();
  EXPECT_EQ(wire->advance(), "");
}

}  // namespace
}  // namespace discovery::test

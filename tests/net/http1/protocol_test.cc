#include "net/http1/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/wire.h"

namespace discovery::test {
namespace {

using namespace std::string_literals;
using Phase = Protocol::Phase;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ProtocolTest : public testing::Test {
 protected:
  std::shared_ptr<Wire> connect(const ProtocolLimits& limits = {}) {
    return std::make_shared<Wire>(handler_, limits);
  }
  std::string ask(std::string_view bytes) { return connect()->receive(bytes); }

  Debts debts_;
  EchoHandler handler_{debts_};
};

TEST_F(ProtocolTest, AnswersAGetWithHeadAndBody) {
  EXPECT_EQ(ask("GET /a?b=c HTTP/1.1\r\nHost: board:9001\r\n\r\n"),
            "HTTP/1.1 200 OK\r\n"
            "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 32\r\n"
            "Cache-Control: no-store\r\n"
            "\r\n"
            "get /a query=b=c host=board:9001");
}

TEST_F(ProtocolTest, SendsTheBodysEndBehindIt) {
  for (const std::string& body : {"get /ended host=h"s, std::string(10'000, 'x')}) {
    const std::string path = body.size() < 100 ? "/ended" : "/large/ended";
    const std::string length = "Content-Length: " + std::to_string(body.size() + 6) + "\r\n";
    const std::string asked = " " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_THAT(ask("GET" + asked),
                testing::AllOf(HasSubstr(length), EndsWith("\r\n\r\n" + body + " ended")));
    EXPECT_THAT(ask("HEAD" + asked),
                testing::AllOf(HasSubstr("Content-Length: "), EndsWith("\r\n\r\n")));
    EXPECT_EQ(bodies_of(ask("GET" + asked + "GET" + asked)), body + " ended\n" + body + " ended\n");
  }
}

TEST_F(ProtocolTest, TheHeadTellsWhatTheReplyAsksFor) {
  Reply reply;
  reply.status = 429;
  reply.caching = Caching::no_cache;
  reply.body = "{}";
  reply.request_id = "r1";
  reply.further_headers = "Allow: GET\r\n";
  reply.rate_limit = RateLimitState{"read", 100, 60, 42, 17};
  reply.retry_after_seconds = 17;
  std::string head;
  write_head(reply, Framing::by_length, ConnectionField::stays, DateLine(784'111'777), head);
  EXPECT_EQ(
      head,
      "HTTP/1.1 429 Too Many Requests\r\n"
      "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Content-Type: application/json\r\n"
      "Content-Length: 2\r\n"
      "Cache-Control: no-cache\r\nVary: Accept-Encoding\r\n"
      "Access-Control-Allow-Origin: *\r\n"
      "Access-Control-Expose-Headers: ETag, Link, X-Total-Count, RateLimit, RateLimit-Policy, "
      "Retry-After, X-Request-ID\r\n"
      "RateLimit-Policy: \"read\";q=100;w=60\r\n"
      "RateLimit: \"read\";r=42;t=17\r\n"
      "Retry-After: 17\r\n"
      "X-Request-ID: r1\r\n"
      "Allow: GET\r\n"
      "\r\n");
}

TEST_F(ProtocolTest, TellsTheFieldsOfInterest) {
  const std::string answer =
      ask("POST /a HTTP/1.1\r\nhOST: h\r\nContent-Type:text/plain\r\nContent-Encoding: br\r\n"
          "X-Provider-ID:\t p1 \r\n"
          "X-PROVIDER-SIGNATURE: s\r\nx-forwarded-for: 10.0.0.1, 10.0.0.2\r\nX-Forwarded-For: "
          "10.0.0.3\r\n"
          "X-Forwarded-For: 10.0.0.4\r\nAccess-Control-Request-Method: PUT\r\nX-Other: o\r\n"
          "Accept-Encoding: gzip, br\r\nIf-None-Match: W/\"x\"\r\nIf-None-Match: *\r\n"
          "Content-Length: 3\r\n\r\nxyz");
  EXPECT_THAT(answer, EndsWith("post /a host=h type=text/plain encoding=br id=p1 signature=s "
                               "accepts=gzip, br knows=W/\"x\",* knows*2 "
                               "forwarded=10.0.0.1, 10.0.0.2,10.0.0.3,10.0.0.4 asks=PUT body=xyz"));
}

TEST_F(ProtocolTest, TellsRepeatedAndEmptyFieldsByTheirCount) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost:\r\nX-Provider-ID: a\r\nX-Provider-ID: b\r\n\r\n"),
              EndsWith("get / id=a id*2"));
}

TEST_F(ProtocolTest, KnowsTheMethods) {
  for (const auto& [name, told] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "get"},
                                                        {"POST", "post"},
                                                        {"DELETE", "remove"},
                                                        {"OPTIONS", "options"},
                                                        {"PUT", "other"},
                                                        {"get", "other"},
                                                        {"BREW", "other"}}) {
    EXPECT_THAT(ask(name + " / HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith(told + " / host=h"));
  }
}

TEST_F(ProtocolTest, HeadHasTheHeadersOfGetAndNoBody) {
  const std::string get = ask("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string head = ask("HEAD /large HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 10000\r\n"));
  EXPECT_EQ(head, get.substr(0, get.size() - 10'000));
}

TEST_F(ProtocolTest, AnAnswerWithoutContentHasNoLength) {
  const std::string answer = ask("GET /none HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Content-")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(ProtocolTest, TheConnectionEndsWhenEitherSideAsks) {
  const auto closes = [this](std::string_view request) {
    const auto wire = connect();
    const std::string answer = wire->receive(request);
    const bool says_so = answer.find("Connection: close\r\n") != std::string::npos;
    EXPECT_EQ(wire->protocol().phase(), says_so ? Phase::closing : Phase::idle) << request;
    return says_so;
  };
  EXPECT_FALSE(closes("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_TRUE(closes("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_TRUE(closes("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n"));
  EXPECT_TRUE(closes("GET /close HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_TRUE(closes("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_FALSE(closes("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_F(ProtocolTest, AnOldClientIsToldThatTheConnectionStays) {
  EXPECT_THAT(ask("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
              HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST_F(ProtocolTest, PipelinedRequestsAreAnsweredInOrder) {
  EXPECT_EQ(bodies_of(ask("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
                          "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"
                          "HEAD /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
                          "GET /4 HTTP/1.1\r\nHost: h\r\n\r\n")),
            "get /1 host=h\npost /2 host=h body=ab\n\n");
}

TEST_F(ProtocolTest, WhatFollowsAPendingAnswerStaysUnread) {
  const auto wire = connect();
  const std::string next = "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(bodies_of(wire->receive("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
                                    "POST /later HTTP/1.1\r\nHost: h\r\n\r\n" +
                                    next)),
            "get /1 host=h\n");
  EXPECT_EQ(wire->protocol().phase(), Phase::waiting);
  EXPECT_EQ(wire->unread(), next);
  debts_.settle();
  EXPECT_EQ(bodies_of(wire->advance()), "settled\nget /2 host=h\n");
}

TEST_F(ProtocolTest, ARequestIsAnsweredOnce) {
  const auto wire = connect();
  wire->receive("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  wire->answer(Reply{});
  EXPECT_EQ(wire->advance(), "");
}

TEST_F(ProtocolTest, ABodyMayComeInPieces) {
  const auto wire = connect();
  EXPECT_EQ(wire->receive(
                "POST /a HTTP/1.1\r\nHost: h\r\nX-Provider-ID: p\r\nContent-Length: 6\r\n\r\nab"),
            "");
  EXPECT_EQ(wire->protocol().phase(), Phase::body);
  EXPECT_EQ(wire->receive("cde"), "");
  EXPECT_EQ(bodies_of(wire->receive("fGET / HTTP/1.1\r\nHost: h\r\n\r\n")),
            "post /a host=h id=p body=abcdef\nget / host=h\n");
}

TEST_F(ProtocolTest, ChunkedBodiesAreDecoded) {
  EXPECT_THAT(ask("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
                  "3;name=\"v\"\r\nabc\r\n0000B ; x\r\n0123456789\n\r\n0\r\nX-Trailer: t\r\nHost: "
                  "u\r\n\r\n"),
              EndsWith("post /a host=h body=abc0123456789\n"));
  EXPECT_THAT(ask("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              EndsWith("post /a host=h"));
}

TEST_F(ProtocolTest, AClientThatWaitsForItIsToldToContinue) {
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto wire = connect();
  EXPECT_EQ(wire->receive(
                "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"),
            go_on);
  EXPECT_THAT(wire->receive("x"), EndsWith("post /a host=h body=x"));
  EXPECT_EQ(connect()->receive("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n"),
            go_on);
}

TEST_F(ProtocolTest, OtherExpectationsAreIgnored) {
  for (const std::string_view head :
       {"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: a-miracle\r\nContent-Length: 0\r\n\r\n"}) {
    EXPECT_THAT(ask(head), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  EXPECT_EQ(ask("POST / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"),
            "");
}

TEST_F(ProtocolTest, AnAbsoluteTargetNamesItsOwnHost) {
  EXPECT_THAT(ask("GET http://a.example:9001/b?c HTTP/1.1\r\nHost: other\r\n\r\n"),
              EndsWith("get /b query=c host=a.example:9001"));
  EXPECT_THAT(ask("GET HTTPS://a?c HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith("get / query=c host=a"));
  EXPECT_THAT(ask("GET http://[::1] HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith("get / host=[::1]"));
}

TEST_F(ProtocolTest, OptionsMayAskAboutTheServer) {
  EXPECT_THAT(ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith("options * host=h"));
}

TEST_F(ProtocolTest, RenderingStopsWhenTheSocketHasEnoughToDo) {
  const auto wire = connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string answers = wire->receive(requests);
  EXPECT_GT(answers.size(), 200'000U);
  EXPECT_LT(*std::max_element(wire->turns().begin(), wire->turns().end()), 64U * 1024 + 10'500);
}

TEST_F(ProtocolTest, AnAnswerOfUnknownLengthIsSentInChunks) {
  const std::string answer = ask("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(answer,
            "HTTP/1.1 200 OK\r\n"
            "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Content-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n"
            "Cache-Control: no-store\r\n"
            "\r\n"
            "6\r\npiece \r\n6\r\npiece \r\n6\r\npiece \r\n0\r\n\r\n");
  EXPECT_EQ(ask("HEAD /pieces HTTP/1.1\r\nHost: h\r\n\r\n"),
            answer.substr(0, answer.find("\r\n\r\n") + 4));
}

TEST_F(ProtocolTest, TheNextRequestIsAnsweredBehindTheLastChunk) {
  const std::string asked = "GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string answer = ask(asked);
  const std::string next = "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(ask(asked + asked + next), answer + answer + ask(next));
}

TEST_F(ProtocolTest, AnOldClientIsSentNoChunksButTheEndOfTheConnection) {
  for (const std::string fields : {"", "Connection: keep-alive\r\n"}) {
    for (const std::string method : {"GET", "HEAD"}) {
      const auto wire = connect();
      const std::string answer = wire->receive(method + " /pieces HTTP/1.0\r\n" + fields + "\r\n");
      EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
      EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
      EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
      EXPECT_THAT(answer, EndsWith(method == "GET" ? "\r\n\r\npiece piece piece " : "\r\n\r\n"));
      EXPECT_EQ(wire->protocol().phase(), Phase::closing);
    }
  }
}

TEST_F(ProtocolTest, AnAnswerOfKnownLengthIsStreamedWithoutChunks) {
  EchoHandler handler(debts_, nullptr, {std::string(50'000, 'p'), 10});
  const auto wire = std::make_shared<Wire>(handler);
  const std::string body(450'000, 'p');
  const std::string answers = wire->receive(
      "HEAD /sized HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /sized HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /2 HTTP/1.0\r\nHost: h\r\n\r\n");
  const std::string_view behind_head = std::string_view(answers).substr(answers.find("\r\n\r\n"));
  EXPECT_THAT(answers, HasSubstr("Content-Length: 450000\r\n"));
  EXPECT_THAT(behind_head, StartsWith("\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(behind_head, HasSubstr("\r\n\r\n" + body + "HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answers, EndsWith("get /2 host=h"));
  EXPECT_LT(*std::max_element(wire->turns().begin(), wire->turns().end()), 52'000U);
}

TEST_F(ProtocolTest, AFaultInTheMiddleLeavesAnAnswerWithoutItsEnd) {
  const auto wire = connect();
  const std::string first = ask("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answers = wire->receive(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /broken HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(wire->is_cut());
  EXPECT_THAT(answers, StartsWith(first));
  EXPECT_THAT(answers, EndsWith("\r\n\r\n6\r\npiece \r\n"));
  EXPECT_EQ(wire->receive("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n"), "");
}

TEST_F(ProtocolTest, AHeadIsReadTheSameWhateverTheConnectionSaidBefore) {
  const std::string fields = " HTTP/1.1\r\nHost: h\r\nX-Provider-ID: p\r\n\r\n";
  const std::string long_field = "X: " + std::string(600, 'x') + "\r\n";
  std::vector<std::string> requests;
  for (const std::string_view start :
       {"GET /", "GET /a", "GET /longer?b=c", "GET /a?", "HEAD /a", "POST /a", "OPTIONS /a",
        "OPTIONS *", "GET *", "GET http://other/a", "GET http://other", "GET a", "GET ",
        "GET /later"}) {
    requests.push_back(std::string(start) + fields);
  }
  for (const std::string_view rest :
       {" HTTP/1.0\r\nHost: h\r\nX-Provider-ID: p\r\n\r\n",
        " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", " HTTP/1.1\r\nHost: h\r\n\r\n",
        " HTTP/1.1\r\nHost: i\r\nX-Provider-ID: p\r\n\r\n", " HTTP/1.1\r\n\r\n",
        " HTTP/1.1\r\nHost: h\r\nX-Provider-ID: p\r\nConnection: close\r\n\r\n",
        " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        " HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n",
        " HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: ::1\r\n\r\n",
        " HTTP/1.1\r\nHost: h\r\nIf-None-Match: 1\r\nIf-None-Match: 2\r\n\r\n"}) {
    requests.push_back("GET /a" + std::string(rest));
    requests.push_back("GET /b?c" + std::string(rest));
    requests.push_back("GET /a" + std::string(rest).insert(11, long_field));
    requests.push_back("GET /b?c" + std::string(rest).insert(11, long_field));
  }
  const auto answer_to = [this](Wire& wire, const std::string& request) {
    std::string answer = wire.receive(request);
    debts_.settle();
    return answer + wire.advance();
  };
  for (const std::string& before : requests) {
    for (const std::string& request : requests) {
      const auto wire = connect();
      answer_to(*wire, before);
      if (wire->protocol().phase() == Phase::closing) break;
      ASSERT_EQ(answer_to(*wire, request), answer_to(*connect(), request)) << request << "after\n"
                                                                           << before;
    }
  }
}

/// Splits `bytes` at random and returns all answers.
std::string receive_split(Wire& wire, std::string_view bytes, std::mt19937& random) {
  std::string answers;
  while (!bytes.empty()) {
    const size_t size = 1 + random() % std::min<size_t>(bytes.size(), 1 + random() % 40);
    answers += wire.receive(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return answers;
}

TEST_F(ProtocolTest, TheSameBytesGetTheSameAnswersHoweverTheyAreSplit) {
  const std::string requests =
      "\r\nGET /1?a=b HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\na\r\n1;x\r\nb\r\n2\r\ncd\r\n0\r\nT: t\r\n\r\n"
      "POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz"
      "POST /4 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "GET /5 HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n";
  const std::string whole = ask(requests);
  EXPECT_THAT(whole, HasSubstr("post /4 host=h"));
  EXPECT_THAT(whole, HasSubstr("HTTP/1.1 400 "));
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(receive_split(*connect(), requests, random), whole) << "seed " << seed;
  }
  std::string answers;
  const auto dripped = connect();
  for (const char& byte : requests) answers += dripped->receive({&byte, 1});
  EXPECT_EQ(answers, whole);
}

}  // namespace
}  // namespace discovery::test

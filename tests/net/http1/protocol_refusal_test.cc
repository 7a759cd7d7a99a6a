// What the protocol refuses, and exactly where each limit lies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http1/head_fault.h"
#include "tests/support/wire.h"

namespace discovery::test {
namespace {

using Phase = Protocol::Phase;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: h\r\n";

class RefusalTest : public testing::Test {
 protected:
  std::shared_ptr<Wire> connect() { return std::make_shared<Wire>(handler_, limits_); }

  /// The status that all of `bytes` end with; 0 when there is no answer.
  int status_of(std::string_view bytes) {
    const auto wire = connect();
    const std::string answer = wire->receive(bytes);
    if (answer.empty()) return 0;
    const int status = std::stoi(answer.substr(9, 3));
    const bool must_close = status >= 400;
    EXPECT_EQ(wire->protocol().phase() == Phase::closing, must_close) << bytes.substr(0, 200);
    EXPECT_EQ(answer.find("Connection: close\r\n") != std::string::npos, must_close);
    return status;
  }

  /// The answer to `bytes`, which is the same when they come one by one.
  std::string refusal_of(std::string_view bytes) {
    std::string answer = connect()->receive(bytes);
    const auto wire = connect();
    std::string split_answer;
    for (const char byte : bytes) split_answer += wire->receive({&byte, 1});
    EXPECT_EQ(split_answer, answer) << bytes;
    return answer;
  }

  int status_of_chunks(std::string_view chunks) {
    return status_of(std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\n" +
                     std::string(chunks));
  }

  Debts debts_;
  EchoHandler handler_{debts_};
  ProtocolLimits limits_;
};

TEST_F(RefusalTest, WhatIsNotHttpIsRefusedAtOnce) {
  for (const std::string_view bytes :
       {std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
        std::string_view("hello\n"), std::string_view("GET /\r\n"),
        std::string_view("GET / HTTP/1.1\n"), std::string_view("GET / HTTP/1.1 \r\n"),
        std::string_view("GET  / HTTP/1.1\r\n"), std::string_view("GET / HTTP/2.0\r\n"),
        std::string_view("GET / HTTP/1.2\r\n"), std::string_view("GET / http/1.1\r\n"),
        std::string_view("PRI * HTTP/2.0\r\n"), std::string_view("\0\0\0\0", 4),
        std::string_view("\xff\xfe"), std::string_view("\n"), std::string_view("\r\r"),
        std::string_view("GET\r"), std::string_view("GET /\t")}) {
    EXPECT_EQ(status_of(bytes), 400) << bytes;
  }
}

TEST_F(RefusalTest, BadTargetsAreRefused) {
  for (const std::string_view target :
       {"a", "*", "//\x7f", "/\xc3\xa4", "/a\x01", "http://", "http:///a", "http://u@h/",
        "ftp://h/", "http://a\\b/", "h:443"}) {
    EXPECT_EQ(status_of("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n"), 400)
        << target;
  }
  EXPECT_EQ(status_of("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("G@T / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of(" / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

TEST_F(RefusalTest, BadFieldsAreRefused) {
  using namespace std::string_view_literals;
  for (const std::string_view lines :
       {"X : a"sv, " X: a"sv, ": a"sv, "X"sv, "X: a\r\n b"sv, "X:\r\n\tb"sv, "X: a\nY: b"sv,
        "X: a\rb"sv, "X: a\0"sv, "X: \x01"sv, "X: \x7f"sv, "X\x80: a"sv, "X@: a"sv,
        "Connection: @"sv}) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n\r\n"), 400)
        << lines;
  }
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nX: \x80 text beyond ASCII\r\n\r\n"), 200);
}

TEST_F(RefusalTest, HostMustComeOnce) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET http://h/ HTTP/1.1\r\n\r\n"), 400);
  for (const std::string_view host : {"a b", "a/b", "u@h", "a,b", "h\xc3\xa4"}) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 400) << host;
  }
}

TEST_F(RefusalTest, LengthsThatCouldBeReadInTwoWaysAreRefused) {
  for (const std::string_view lines : {"Content-Length: 1\r\nContent-Length: 1",
                                       "Content-Length: 1\r\nContent-Length: 2",
                                       "Content-Length: 1, 1",
                                       "Content-Length: 1,2",
                                       "Content-Length: +1",
                                       "Content-Length: -1",
                                       "Content-Length: 0x1",
                                       "Content-Length: 1 1",
                                       "Content-Length:",
                                       "Content-Length: 1.0",
                                       "Content-Length: 18446744073709551616",
                                       "Content-Length: 99999999999999999999999",
                                       "Content-Length: 1\r\nTransfer-Encoding: chunked",
                                       "Transfer-Encoding: chunked\r\nContent-Length: 1",
                                       "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                                       "Transfer-Encoding: chunked, chunked",
                                       "Transfer-Encoding: gzip, chunked",
                                       "Transfer-Encoding: chunked, gzip",
                                       "Transfer-Encoding: gzip",
                                       "Transfer-Encoding: identity",
                                       "Transfer-Encoding:",
                                       "Transfer-Encoding: xchunked",
                                       "Transfer-Encoding: chunked;q=1",
                                       "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"}) {
    EXPECT_EQ(status_of(std::string(kPost) + std::string(lines) + "\r\n\r\nx"), 400) << lines;
  }
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST_F(RefusalTest, BadChunksAreRefused) {
  using namespace std::string_view_literals;
  for (const std::string_view chunks :
       {"\r\n"sv, "x\r\n"sv, "-1\r\n"sv, "0x1\r\na\r\n"sv, " 1\r\n"sv, "1\na"sv, "1\r\r"sv,
        "1\r\nab"sv, "1\r\na\n"sv, "1\r\na\rb"sv, "1;a\nb\r\n"sv, "1;\x01"sv, "1;\0"sv, "1g"sv,
        ";\r\n"sv, "00000000000000000"sv, "0\r\nX: a\nb"sv, "0\r\n\r\r"sv, "0\r\nX: \x7f"sv}) {
    EXPECT_EQ(status_of_chunks(chunks), 400) << chunks;
  }
}

TEST_F(RefusalTest, TargetsAreBounded) {
  limits_.head.target_bytes = 100;
  const std::string longest = "GET /" + std::string(99, 'a');
  EXPECT_EQ(status_of(longest + " HTTP/1.1\r\nHost: h\r\n\r\n"), 200);
  EXPECT_EQ(status_of(longest), 0);
  EXPECT_EQ(status_of(longest + "a"), 414);
}

TEST_F(RefusalTest, HeadsAreBounded) {
  limits_.head.head_bytes = 1'000;
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  const std::string longest = start + std::string(1'000 - 4 - start.size(), 'a') + "\r\n\r\n";
  EXPECT_EQ(status_of(longest), 200);
  EXPECT_EQ(status_of(longest.substr(0, 999)), 0);
  EXPECT_EQ(status_of(start + std::string(1'000 - 3 - start.size(), 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(status_of(std::string(1'000, 'a')), 431);
}

TEST_F(RefusalTest, AnnouncedBodiesAreBoundedBeforeTheyAreRead) {
  limits_.body_bytes = 100;
  EXPECT_EQ(status_of(std::string(kPost) + "Content-Length: 100\r\n\r\n" + std::string(100, 'a')),
            200);
  EXPECT_EQ(status_of(std::string(kPost) + "Content-Length: 101\r\n\r\n"), 413);
  EXPECT_EQ(status_of(std::string(kPost) + "Content-Length: 18446744073709551615\r\n\r\n"), 413);
  EXPECT_EQ(status_of(std::string(kPost) + "Expect: 100-continue\r\nContent-Length: 101\r\n\r\n"),
            413);
}

TEST_F(RefusalTest, ChunkedBodiesAreBoundedBeforeTheyAreRead) {
  limits_.body_bytes = 20;
  EXPECT_EQ(status_of_chunks("14\r\n12345678901234567890\r\n0\r\n\r\n"), 200);
  EXPECT_EQ(status_of_chunks("15"), 413);
  EXPECT_EQ(status_of_chunks("FFFFFFFFFFFFFFFF"), 413);
  EXPECT_EQ(status_of_chunks("a\r\n1234567890\r\nA\r\n1234567890\r\n0\r\n\r\n"), 200);
  EXPECT_EQ(status_of_chunks("a\r\n1234567890\r\nb"), 413);
}

TEST_F(RefusalTest, ChunkExtensionsAndTrailersAreBounded) {
  limits_.head.head_bytes = 100;
  const std::string chunk = "1;" + std::string(48, 'x') + "\r\na\r\n";
  EXPECT_EQ(status_of_chunks(chunk + chunk + "0\r\nT: tt\r\n\r\n"), 400);
  EXPECT_EQ(status_of_chunks(chunk + "0\r\nT: " + std::string(49, 't') + "\r\n\r\n"), 200);
  EXPECT_EQ(status_of_chunks(chunk + "0\r\nT: " + std::string(50, 't')), 400);
}

TEST_F(RefusalTest, AFaultIsChargedToWhomTheHeadNames) {
  const auto answer = [this](std::string_view bytes) { return connect()->receive(bytes); };
  const std::string forwarded = std::string(kPost) + "X-Forwarded-For: 10.0.0.1\r\n";
  const std::string charged = "fault of 192.0.2.1 for '10.0.0.1'";
  EXPECT_THAT(answer(forwarded + "Content-Length: 99999\r\n\r\n"), HasSubstr(charged));
  EXPECT_THAT(answer(forwarded + "Transfer-Encoding: chunked\r\n\r\nx"), HasSubstr(charged));
  EXPECT_THAT(answer(forwarded + "X : a\r\n\r\n"), HasSubstr(charged));
  EXPECT_THAT(answer(forwarded + "\r\nhello\n"), HasSubstr("fault of 192.0.2.1 for ''"));
}

TEST_F(RefusalTest, ARefusalOfWhatIsNotHttpSaysWhatItIs) {
  using namespace std::string_view_literals;
  using enum HttpFault;
  const std::vector<std::pair<std::string_view, HttpFault>> starts{
      {"\x16\x03\x01\x02\x00\x01"sv, tls_handshake},
      {"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", proxy_protocol},
      {"PROXY UNKNOWN\r\n", proxy_protocol},
      {"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"sv, leading_nul},
      {"\0\0\0\0"sv, leading_nul},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", http2_preface},
      {" GET / HTTP/1.1\r\n", leading_blank},
      {"\n", leading_blank},
      {"GET / HTTP/1.2\r\n", bad_version},
      {"GET / http/1.1\r\n", bad_version},
      {"GET / HTTP/1.1\n", bare_line_feed},
      {"GET /\r\n", bad_request_line},
      {"GET /a b HTTP/1.1\r\n", bad_request_line},
      {"GET / HTTP/1.1 \r\n", bad_request_line},
      {"GET /\t HTTP/1.1\r\n", bad_request_line},
      {"hello\n", bad_request_line},
      {"GET /\x01 HTTP/1.1\r\n", control_character},
      {"GET /\xc3\xa5 HTTP/1.1\r\n", byte_beyond_ascii},
      {"G@T / HTTP/1.1\r\nHost: h\r\n\r\n", bad_method},
      {"GET a HTTP/1.1\r\nHost: h\r\n\r\n", bad_target},
      {"GET  HTTP/1.1\r\nHost: h\r\n\r\n", bad_target},
      {"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", bad_target}};
  for (const auto& [bytes, fault] : starts) {
    EXPECT_THAT(refusal_of(bytes), HasSubstr(answer_of(fault).message)) << bytes;
  }
}

TEST_F(RefusalTest, ARefusalOfAHeadSaysWhichLineIsWrong) {
  using namespace std::string_view_literals;
  using enum HttpFault;
  const std::vector<std::pair<std::string_view, HttpFault>> lines{
      {"", missing_host},
      {"Host: h\r\nHost: h", doubled_host},
      {"Host: a b", bad_host},
      {"Host: h\r\nX : a", blank_before_colon},
      {"Host: h\r\nX: a\r\n b", folded_line},
      {"Host: h\r\nX: a\nY: b", bare_line_feed},
      {"Host: h\r\nX: a\rb", control_character},
      {"Host: h\r\nX: a\0"sv, control_character},
      {"Host: h\r\nX: \x7f", control_character},
      {"Host: h\r\nX", bad_field_name},
      {"Host: h\r\n: a", bad_field_name},
      {"Host: h\r\nX@: a", bad_field_name},
      {"Host: h\r\nConnection: @", bad_connection},
      {"Host: h\r\nConnection: close keep-alive", bad_connection},
      {"Host: h\r\nConnection: close, @\r\nConnection: close", bad_connection},
      {"Host: h\r\nContent-Length: 1\r\nContent-Length: 1", doubled_length},
      {"Host: h\r\nContent-Length: 1, 1", bad_length},
      {"Host: h\r\nContent-Length:", bad_length},
      {"Host: h\r\nContent-Length: -1", bad_length},
      {"Host: h\r\nContent-Length: 18446744073709551616", bad_length},
      {"Host: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", length_and_encoding},
      {"Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1", length_and_encoding},
      {"Host: h\r\nTransfer-Encoding: gzip, chunked", bad_encoding},
      {"Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", bad_encoding}};
  for (const auto& [fields, fault] : lines) {
    const std::string end = fields.empty() ? "\r\n" : "\r\n\r\n";
    EXPECT_THAT(refusal_of("POST / HTTP/1.1\r\n" + std::string(fields) + end),
                HasSubstr(answer_of(fault).message))
        << fields;
  }
  EXPECT_THAT(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
              HasSubstr(answer_of(bad_encoding).message));
}

// Refusals that none of these explain.
TEST(HeadFault, IsNotTheConnectionFieldWhereThatIsAListOfNames) {
  for (const std::string list : {"close", "keep-alive, Upgrade", ", close,,x ,", ""}) {
    EXPECT_EQ(head_fault("GET / HTTP/1.1\r\nHost: h\r\nConnection: " + list + "\r\n\r\n"),
              HttpFault::bad_request)
        << list;
  }
}

TEST_F(RefusalTest, ARefusalOfAChunkedBodyTellsItFromOneWithTooManyExtras) {
  limits_.head.head_bytes = 100;
  const std::string start = std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(refusal_of(start + "x\r\n"), HasSubstr(answer_of(HttpFault::bad_chunk).message));
  EXPECT_THAT(refusal_of(start + "1;" + std::string(101, 'x')),
              HasSubstr(answer_of(HttpFault::chunk_extras_too_large).message));
}

TEST_F(RefusalTest, AStartedRequestThatTakesTooLongIsAnswered) {
  for (const std::string_view start :
       {"GET", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na"}) {
    const auto wire = connect();
    EXPECT_EQ(wire->receive(start), "");
    EXPECT_THAT(wire->time_out(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    EXPECT_EQ(wire->protocol().phase(), Phase::closing);
  }
}

TEST_F(RefusalTest, NothingIsReadAfterARefusal) {
  const auto wire = connect();
  wire->receive("hello\n");
  EXPECT_EQ(wire->receive("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "");
}

TEST_F(RefusalTest, ARefusalAfterHeadHasItsBody) {
  EXPECT_THAT(connect()->receive("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nhello\n"),
              HasSubstr("fault of 192.0.2.1"));
}

}  // namespace
}  // namespace discovery::test

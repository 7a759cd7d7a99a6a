// A connection whose ticks the test counts.
#include "net/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>

#include "tests/support/echo.h"

namespace discovery::test {
namespace {

/// Answers everything by far more than a socket takes at once.
class LongAnswers final : public Handler {
 public:
  void handle(const Request& /*request*/, Exchange& exchange) override {
    Reply reply;
    reply.body = body_;
    exchange.answer(reply);
  }
  void fault(HttpFault /*fault*/, const IpAddress& /*peer*/, std::string_view /*forwarded_for*/,
             Exchange& /*exchange*/) override {}

 private:
  const std::string body_ = std::string(size_t{8} * 1024 * 1024, 'x');
};

TEST(Connection, AReaderThatGoesOnReadingIsNotCutOff) {
  constexpr Tick kWrite = 30;
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  const Descriptor client(ends[1]);
  ConnectionCounts counts({});
  const IpAddress peer = IpAddress::parse("127.0.0.1").value();
  ConnectionHost host{
      .limits = {},
      .timeouts = {.idle = 75, .head = 10, .body = 10, .write = kWrite, .linger = 2},
      .handler = std::make_unique<LongAnswers>(),
      .out = Out(0)};
  const auto connection =
      std::make_shared<Connection>(Descriptor(ends[0]), peer, *counts.admit(peer), host);
  connection->start();
  constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_GT(send(client.number(), kGet.data(), kGet.size(), 0), 0);
  connection->on_ready(EPOLLIN);

  std::array<char, 64 * 1024> some;
  for (int i = 0; i < 5; ++i) {
    host.now += kWrite - 1;
    connection->check_deadline();
    // As much as makes the socket take more.
    for (int pieces = 0; pieces < 4; ++pieces) {
      ASSERT_GT(recv(client.number(), some.data(), some.size(), 0), 0) << i;
    }
    connection->on_ready(EPOLLOUT);
  }
  EXPECT_GE(connection->descriptor(), 0);
  host.now += kWrite;
  connection->check_deadline();
  EXPECT_LT(connection->descriptor(), 0);
}

/// Answers everything by a stream that is silent.
class SilentStreams final : public Handler {
 public:
  void handle(const Request& /*request*/, Exchange& exchange) override {
    Reply reply;
    reply.content_type = ContentType::event_stream;
    reply.source = std::make_shared<Silence>();
    exchange.answer(reply);
  }
  void fault(HttpFault /*fault*/, const IpAddress& /*peer*/, std::string_view /*forwarded_for*/,
             Exchange& /*exchange*/) override {}

 private:
  class Silence final : public BodySource {
    Progress take(std::string& /*out*/) override { return Progress::idle; }
  };
};

// Its end comes together with the request, and no event tells of it again.
TEST(Connection, AStreamEndsWhoseClientClosesItsSideAtOnce) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  const Descriptor client(ends[1]);
  ConnectionCounts counts({});
  const IpAddress peer = IpAddress::parse("127.0.0.1").value();
  ConnectionHost host{.limits = {},
                      .timeouts = {.idle = 75, .head = 10, .body = 10, .write = 30, .linger = 2},
                      .handler = std::make_unique<SilentStreams>(),
                      .out = Out(0)};
  const auto connection =
      std::make_shared<Connection>(Descriptor(ends[0]), peer, *counts.admit(peer), host);
  connection->start();
  constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_GT(send(client.number(), kGet.data(), kGet.size(), 0), 0);
  ASSERT_EQ(shutdown(client.number(), SHUT_WR), 0);
  connection->on_ready(EPOLLIN | EPOLLRDHUP);
  EXPECT_LT(connection->descriptor(), 0);
}

}  // namespace
}  // namespace discovery::test

// A connection whose ticks the test counts.
#include "net/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

constexpr Tick kWrite = 30;
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// A connection whose client is the test.
struct Rig {
  explicit Rig(std::unique_ptr<Handler> handler)
      : host{.limits = {},
             .timeouts = {.idle = 75, .head = 10, .body = 10, .write = kWrite, .linger = 2},
             .handler = std::move(handler),
             .out = Out(0)} {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    client.emplace(ends[1]);
    connection = std::make_shared<Connection>(Descriptor(ends[0]), peer, *counts.admit(peer), host);
    connection->start();
    EXPECT_GT(send(client->number(), kGet.data(), kGet.size(), 0), 0);
  }

  ConnectionCounts counts{{}};
  const IpAddress peer = IpAddress::parse("127.0.0.1").value();
  ConnectionHost host;
  std::optional<Descriptor> client;
  std::shared_ptr<Connection> connection;
};

TEST(Connection, AReaderThatGoesOnReadingIsNotCutOff) {
  Rig rig(std::make_unique<LongAnswers>());
  rig.connection->on_ready(EPOLLIN);

  std::array<char, 64 * 1024> some;
  for (int i = 0; i < 5; ++i) {
    rig.host.now += kWrite - 1;
    rig.connection->check_deadline();
    // As much as makes the socket take more.
    for (int pieces = 0; pieces < 4; ++pieces) {
      ASSERT_GT(recv(rig.client->number(), some.data(), some.size(), 0), 0) << i;
    }
    rig.connection->on_ready(EPOLLOUT);
  }
  EXPECT_GE(rig.connection->descriptor(), 0);
  rig.host.now += kWrite;
  rig.connection->check_deadline();
  EXPECT_LT(rig.connection->descriptor(), 0);
}

// Its end comes together with the request, and no event tells of it again.
TEST(Connection, AStreamEndsWhoseClientClosesItsSideAtOnce) {
  Rig rig(std::make_unique<SilentStreams>());
  ASSERT_EQ(shutdown(rig.client->number(), SHUT_WR), 0);
  rig.connection->on_ready(EPOLLIN | EPOLLRDHUP);
  EXPECT_LT(rig.connection->descriptor(), 0);
}

}  // namespace
}  // namespace discovery::test

#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <stdexcept>

#include "tests/support/server_fixture.h"

namespace discovery::test {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ThrowingHandler final : public Handler {
 public:
  void handle(const Request&, Exchange&) override { throw std::runtime_error("as asked"); }
  void fault(HttpFault, const IpAddress&, std::string_view, Exchange&) override {}
};

/// Counts requests; the one for /stop keeps the thread until it may go on.
class StoppingHandler final : public Handler {
 public:
  struct Signals {
    std::promise<void> stopped, may_go_on;
    size_t handled = 0;  // the thread's own
  };
  explicit StoppingHandler(Signals& signals) : signals_(signals) {}

  void handle(const Request& request, Exchange& exchange) override {
    ++signals_.handled;
    if (request.path == "/stop") {
      signals_.stopped.set_value();
      signals_.may_go_on.get_future().wait();
    }
    exchange.answer({});
  }
  void fault(HttpFault, const IpAddress&, std::string_view, Exchange&) override {}

 private:
  Signals& signals_;
};

/// Lets the server's end of a connection, which is in this process too, hold next to nothing.
void shrink_send_buffer(uint16_t client_port) {
  const int smallest = 1;
  for (int socket = 0; socket < 1024; ++socket) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const bool is_connected = getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
    if (!is_connected || ntohs(peer.sin_port) != client_port) continue;
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
  }
}

TEST_F(ServerTest, AConnectionServesManyRequests) {
  serve();
  Client client(server_->port());
  for (int i = 0; i < 100; ++i) ASSERT_THAT(client.ask(kGet), EndsWith(kEcho));
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  serve();
  Client client(server_->port());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    if (i % 3 == 0) requests += "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 200; ++i) {
    ASSERT_THAT(client.answer(), EndsWith("get /" + std::to_string(i) + " host=h"));
    if (i % 3 != 0) continue;
    ASSERT_THAT(client.answer(), EndsWith(std::string(10'000, 'x')));
  }
}

// Beside readers without a pause, the writer's answers waited for sixteen turns of all of them.
TEST_F(ServerTest, WhatIsPostedDoesNotWaitUntilNobodyWantsAnything) {
  constexpr size_t kReaders = 100;
  options_.threads = 1;
  StoppingHandler::Signals signals;
  Executor* thread = nullptr;
  auto server = Server::open(options_, [&](Executor& executor) {
    thread = &executor;
    return std::make_unique<StoppingHandler>(signals);
  });
  ASSERT_TRUE(server);
  ASSERT_TRUE((*server)->start());
  Client stopper((*server)->port());
  std::deque<Client> readers;
  for (size_t i = 0; i < kReaders; ++i) {
    ASSERT_THAT(readers.emplace_back((*server)->port()).ask(kGet), StartsWith("HTTP/1.1 200"));
  }
  ASSERT_TRUE(stopper.send("GET /stop HTTP/1.1\r\nHost: h\r\n\r\n"));
  signals.stopped.get_future().wait();
  for (Client& reader : readers) ASSERT_TRUE(reader.send(kGet));
  std::promise<size_t> handled;
  thread->post([&] { handled.set_value(signals.handled); });
  signals.may_go_on.set_value();
  EXPECT_LT(handled.get_future().get(), kReaders + kReaders / 2);
  for (Client& reader : readers) EXPECT_THAT(reader.answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, AChunkedBodyMayComeInSingleBytes) {
  serve();
  Client client(server_->port());
  const std::string_view request =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\na\r\n1\r\nb\r\n0\r\n\r\n";
  for (const char& byte : request) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_THAT(client.answer(), EndsWith("post / host=h body=ab"));
}

TEST_F(ServerTest, ARefusalArrivesThoughTheClientKeepsSending) {
  serve();
  Client client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
  client.send(std::string(100'000, 'a'));
  client.half_close();
  const std::string answer = client.rest();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("fault of 127.0.0.1 for ''"));
}

TEST_F(ServerTest, WhatIsNotHttpIsAnsweredAndClosed) {
  serve();
  for (const std::string_view bytes :
       {std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
        std::string_view("hello\n")}) {
    Client client(server_->port());
    client.send(bytes);
    client.half_close();
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  }
}

TEST_F(ServerTest, AHalfClosedClientStillGetsItsAnswers) {
  serve();
  Client client(server_->port());
  client.send(std::string(kGet) + std::string(kGetLater));
  client.half_close();
  debts_.wait_for(1);
  debts_.deliver();
  const std::string answers = client.rest();
  EXPECT_THAT(answers, HasSubstr(kEcho));
  EXPECT_THAT(answers, EndsWith("settled"));
}

TEST_F(ServerTest, ARequestThatIsCutOffIsDropped) {
  serve();
  for (const std::string_view part :
       {"GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na"}) {
    Client client(server_->port());
    client.send(part);
    client.half_close();
    EXPECT_EQ(client.rest(), "");
  }
}

TEST_F(ServerTest, AnAnswerMayComeLaterFromAnotherThread) {
  serve();
  Client client(server_->port());
  client.send(std::string(kGetLater) + std::string(kGet));
  debts_.wait_for(1);
  debts_.deliver();
  EXPECT_THAT(client.answer(), EndsWith("settled"));
  EXPECT_THAT(client.answer(), EndsWith(kEcho));
}

TEST_F(ServerTest, AHeldRequestIsHandledOnceResumedAndThenWhatStandsBehindIt) {
  serve();
  Client client(server_->port());
  client.send(std::string(kGet) + std::string(kPostHeld) + std::string(kGet));
  EXPECT_THAT(client.answer(), EndsWith(kEcho));
  debts_.wait_for(1);
  client.send(kGet);
  EXPECT_THAT(Client(server_->port()).ask(kGet), EndsWith(kEcho)) << "others do not wait";
  debts_.deliver();
  EXPECT_THAT(client.answer(), EndsWith(kEchoOfHeld));
  for (int i = 0; i < 2; ++i) EXPECT_THAT(client.answer(), EndsWith(kEcho));
}

TEST_F(ServerTest, AHalfClosedClientStillGetsTheAnswerToWhatWasHeld) {
  serve();
  Client client(server_->port());
  client.send(std::string(kPostHeld) + std::string(kGet));
  client.half_close();
  debts_.wait_for(1);
  debts_.deliver();
  EXPECT_THAT(client.answer(), EndsWith(kEchoOfHeld));
  EXPECT_THAT(client.rest(), EndsWith(kEcho));
}

TEST_F(ServerTest, AClientThatHasGoneIsNoticedOnceWhatItAskedIsResumed) {
  options_.threads = 1;
  serve();
  {
    Client client(server_->port());
    client.abort_on_close();
    client.send(kPostHeld);
    debts_.wait_for(1);
  }
  debts_.deliver();
  EXPECT_THAT(Client(server_->port()).ask(kGet), EndsWith(kEcho));
  EXPECT_TRUE(server_->drain(10s)) << "its connection is gone";
}

TEST_F(ServerTest, WhatIsResumedAfterTheServerHasGoneIsDropped) {
  serve();
  Client client(server_->port());
  client.send(kPostHeld);
  debts_.wait_for(1);
  server_.reset();
  debts_.settle();
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerTest, DrainingResumesWhatIsHeldAtOnce) {
  options_.threads = 1;
  serve();
  Client client(server_->port());
  client.send(std::string(kPostHeld) + std::string(kGet));
  debts_.wait_for(1);
  auto drained = std::async(std::launch::async, [this] { return server_->drain(10s); });
  const std::string answer = client.answer();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith(kEchoOfHeld));
  client.half_close();
  EXPECT_EQ(client.rest(), "") << "what stood behind it is not handled";
  EXPECT_TRUE(drained.get());
  debts_.settle();  // too late
}

TEST_F(ServerTest, AnAnswerMayComeWhileEarlierOnesAreBeingWritten) {
  serve();
  Client client(server_->port(), 2048);
  EXPECT_THAT(client.ask(kGet), EndsWith(kEcho));
  shrink_send_buffer(client.local_port());
  std::string requests;
  for (int i = 0; i < 6; ++i) requests += "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(requests + std::string(kGetLater) + std::string(kGet));
  debts_.wait_for(1);
  debts_.deliver();
  EXPECT_THAT(Client(server_->port()).ask(kGet), EndsWith(kEcho));
  for (int i = 0; i < 6; ++i) ASSERT_THAT(client.answer(), EndsWith(std::string(10'000, 'x')));
  EXPECT_THAT(client.answer(), EndsWith("settled"));
  EXPECT_THAT(client.answer(), EndsWith(kEcho));
}

TEST_F(ServerTest, AnAnswerToAClientThatHasGoneIsDropped) {
  options_.threads = 1;
  serve();
  {
    Client client(server_->port());
    client.abort_on_close();
    client.send(kGetLater);
    debts_.wait_for(1);
  }
  debts_.deliver();
  EXPECT_THAT(Client(server_->port()).ask(kGet), EndsWith(kEcho));
}

TEST_F(ServerTest, AnAnswerAfterTheServerHasGoneIsDropped) {
  serve();
  Client client(server_->port());
  client.send(kGetLater);
  debts_.wait_for(1);
  server_.reset();
  debts_.settle();
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerTest, AHandlerThatThrowsEndsItsConnectionAlone) {
  auto server =
      Server::open(options_, [](Executor&) { return std::make_unique<ThrowingHandler>(); });
  ASSERT_TRUE(server);
  ASSERT_TRUE((*server)->start());
  for (int i = 0; i < 2; ++i) {
    Client client((*server)->port());
    client.send(kGet);
    EXPECT_EQ(client.rest(), "");
  }
}

TEST_F(ServerTest, DrainingFinishesWhatIsInFlight) {
  options_.threads = 1;
  options_.unfinished_timeout = 10s;
  serve();
  Client idle(server_->port());
  EXPECT_THAT(idle.ask(kGet), EndsWith(kEcho));
  Client starting(server_->port());
  EXPECT_THAT(starting.ask(std::string(kGet) + "GET / HT"), EndsWith(kEcho));  // both in one read
  Client waiting(server_->port());
  waiting.send(kGetLater);
  debts_.wait_for(1);
  auto drained = std::async(std::launch::async, [this] { return server_->drain(10s); });
  EXPECT_EQ(idle.rest(), "");
  EXPECT_FALSE(Client(server_->port()).is_connected());
  starting.send("TP/1.1\r\nHost: h\r\n\r\n");
  starting.half_close();
  EXPECT_THAT(starting.rest(), HasSubstr("Connection: close\r\n"));
  debts_.deliver();
  waiting.half_close();
  const std::string answer = waiting.rest();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("settled"));
  EXPECT_TRUE(drained.get());
}

TEST_F(ServerTest, DrainingClosesWhatDoesNotArriveWholeInTime) {
  options_.unfinished_timeout = 10ms;
  serve();
  Client head(server_->port()), body(server_->port());
  EXPECT_THAT(head.ask(std::string(kGet) + "GET / HT"), EndsWith(kEcho));
  EXPECT_THAT(
      body.ask(std::string(kGet) + "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na"),
      EndsWith(kEcho));
  Client waiting(server_->port());
  waiting.send(kGetLater);
  debts_.wait_for(1);
  auto drained = std::async(std::launch::async, [this] { return server_->drain(60s); });
  EXPECT_EQ(head.rest(), "");
  EXPECT_EQ(body.rest(), "");
  debts_.deliver();
  waiting.half_close();
  EXPECT_THAT(waiting.rest(), EndsWith("settled"));
  EXPECT_TRUE(drained.get());
}

TEST_F(ServerTest, DrainingEndsAtItsTimeout) {
  serve();
  Client waiting(server_->port());
  waiting.send(kGetLater);
  debts_.wait_for(1);
  EXPECT_FALSE(server_->drain(10ms));
  server_.reset();
  EXPECT_EQ(waiting.rest(), "");
}

TEST_F(ServerTest, ASecondServerOnThePortIsRefused) {
  serve();
  options_.port = server_->port();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_THAT(second.error().message, HasSubstr("127.0.0.1:" + std::to_string(options_.port)));
  options_.host = "0.0.0.0";
  EXPECT_FALSE(open());
}

TEST_F(ServerTest, ThePortIsFreeOnceTheServerHasGone) {
  serve();
  Client client(server_->port());
  EXPECT_THAT(client.ask(kGet), EndsWith(kEcho));
  options_.port = server_->port();
  server_.reset();
  serve();
  EXPECT_THAT(Client(options_.port).ask(kGet), EndsWith(kEcho));
}

TEST_F(ServerTest, HostsMustBeAddresses) {
  for (const std::string_view host : {"", "example.org", "1.2.3", "::g"}) {
    options_.host = host;
    const auto server = open();
    ASSERT_FALSE(server) << host;
    EXPECT_EQ(server.error().code, Code::invalid);
  }
  options_.host = "192.0.2.1";  // of no host here
  const auto server = open();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Code::internal);
}

TEST_F(ServerTest, TheUnspecifiedAddressServesBothFamilies) {
  options_.host = "::";
  serve();
  EXPECT_THAT(Client(server_->port()).ask("hello\n"), EndsWith("fault of 127.0.0.1 for ''"));
}

TEST_F(ServerTest, AServerThatNeverStartedCanBeDestroyed) {
  auto server = open();
  ASSERT_TRUE(server);
  Client client((*server)->port());
  EXPECT_TRUE((*server)->drain(0ms));
}

}  // namespace
}  // namespace discovery::test

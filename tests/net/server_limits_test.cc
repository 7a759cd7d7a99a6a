// How the server bounds what its clients may take: time, connections, descriptors.
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "tests/support/server_fixture.h"

namespace discovery::test {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ServerLimitsTest : public ServerTest {
 protected:
  /// Times that a test can wait for; all others stay long enough to be out of the way.
  void sweep_quickly() { options_.sweep_interval = 5ms; }
};

/// Lets the process open `count` descriptors more, and no further ones.
class DescriptorShortage {
 public:
  explicit DescriptorShortage(int count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = dup(0);
    close(next);
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(next + count);
    setrlimit(RLIMIT_NOFILE, &now);
  }
  ~DescriptorShortage() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorShortage(const DescriptorShortage&) = delete;
  DescriptorShortage& operator=(const DescriptorShortage&) = delete;

 private:
  rlimit before_{};
};

/// What is logged meanwhile: the default logger writes to the standard output.
class LogCapture {
 public:
  LogCapture() { testing::internal::CaptureStdout(); }
  ~LogCapture() {
    if (is_capturing_) testing::internal::GetCapturedStdout();
  }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  void wait() const {
    struct stat output {};
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (output.st_size == 0 && std::chrono::steady_clock::now() < end) {
      fstat(STDOUT_FILENO, &output);
    }
  }

  std::string text() {
    is_capturing_ = false;
    return testing::internal::GetCapturedStdout();
  }

 private:
  bool is_capturing_ = true;
};

TEST_F(ServerLimitsTest, AClientThatNeverStopsSendingIsCutOff) {
  serve();
  Client client(server_->port());
  client.send("hello\n");
  const std::string garbage(65'536, 'g');
  size_t sent = 0;
  while (sent < 100'000'000 && client.send(garbage)) sent += garbage.size();
  EXPECT_LT(sent, 100'000'000U);
}

TEST_F(ServerLimitsTest, AnIdleConnectionIsClosedWithoutAWord) {
  sweep_quickly();
  options_.idle_timeout = 10ms;
  serve();
  Client silent(server_->port());
  EXPECT_EQ(silent.rest(), "");
  Client client(server_->port());
  EXPECT_THAT(client.ask(kGet), EndsWith(kEcho));
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerLimitsTest, NoTimeRunsOutForWhatIsHeld) {
  sweep_quickly();
  options_.idle_timeout = options_.head_timeout = options_.body_timeout = 5ms;
  options_.write_timeout = options_.linger_timeout = 5ms;
  options_.threads = 1;
  serve();
  Client client(server_->port());
  client.send(kPostHeld);
  debts_.wait_for(1);
  for (int i = 0; i < 10; ++i) {  // connections that came later have run out of time
    Client silent(server_->port());
    EXPECT_EQ(silent.rest(), "");
  }
  debts_.deliver();
  EXPECT_THAT(client.answer(), EndsWith(kEchoOfHeld));
}

TEST_F(ServerLimitsTest, ADrippedHeadRunsOutOfTime) {
  sweep_quickly();
  options_.head_timeout = 10ms;
  options_.head_bytes = 100'000'000;
  options_.linger_timeout = 10ms;
  serve();
  Client client(server_->port());
  client.send("GET / HTTP/1.1\r\nX: ");
  size_t sent = 0;
  while (sent < 10'000'000 && client.send("x")) ++sent;
  EXPECT_LT(sent, 10'000'000U);
  Client honest(server_->port());
  honest.send("GET / HTTP/1.1\r\n");
  EXPECT_THAT(honest.answer(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST_F(ServerLimitsTest, ABodyThatDoesNotComeRunsOutOfTime) {
  sweep_quickly();
  options_.body_timeout = 10ms;
  serve();
  Client client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  client.half_close();
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerLimitsTest, AReaderThatStopsReadingIsCutOff) {
  sweep_quickly();
  options_.write_timeout = 10ms;
  options_.connections_max = 1;
  pieces_ = {std::string(64'000, 'p'), 100'000};
  serve();
  Client client(server_->port());
  client.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  expect_in_the_end("HTTP/1.1 200 ");
}

TEST_F(ServerLimitsTest, AClientThatDoesNotCloseAfterTheLastAnswerIsCutOff) {
  sweep_quickly();
  options_.linger_timeout = 10ms;
  options_.connections_max = 1;
  serve();
  Client client(server_->port());
  EXPECT_THAT(client.ask("GET / HTTP/1.0\r\n\r\n"), EndsWith("get / host*0"));
  expect_in_the_end("HTTP/1.1 200 ");
}

TEST_F(ServerLimitsTest, OneConnectionTooManyIsToldSo) {
  options_.connections_max = 2;
  serve();
  Client first(server_->port());
  Client second(server_->port());
  first.send(kGetLater);
  second.send(kGetLater);
  debts_.wait_for(2);
  EXPECT_THAT(Client(server_->port()).answer(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  debts_.deliver();
  expect_in_the_end("HTTP/1.1 200 ");
}

TEST_F(ServerLimitsTest, ConnectionsBetweenTwoRequestsMakeRoomThatForLongestFirst) {
  options_.connections_max = 3;
  options_.threads = 1;
  serve();
  Client busy(server_->port());
  busy.send(kGetLater);
  debts_.wait_for(1);
  Client longest(server_->port());
  EXPECT_THAT(longest.ask(kGet), EndsWith(kEcho));
  Client other(server_->port());
  EXPECT_THAT(other.ask(kGet), EndsWith(kEcho));
  Client further(server_->port());
  EXPECT_THAT(further.ask(kGet), EndsWith(kEcho));
  EXPECT_EQ(longest.rest(), "");
  EXPECT_THAT(other.ask(kGet), EndsWith(kEcho));
  debts_.deliver();
  EXPECT_THAT(busy.answer(), EndsWith("settled"));
}

// An address that has its share already must not drive others out.
TEST_F(ServerLimitsTest, AConnectionThatIsRefusedForItsAddressDrivesNobodyOut) {
  options_.connections_max = options_.connections_per_address_max = 1;
  serve();
  Client idle(server_->port());
  EXPECT_THAT(idle.ask(kGet), EndsWith(kEcho));
  EXPECT_THAT(Client(server_->port()).answer(), StartsWith("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_THAT(idle.ask(kGet), EndsWith(kEcho));
}

// Nor may those that are refused keep idle ones from making room.
TEST_F(ServerLimitsTest, RefusedConnectionsDoNotKeepIdleOnesFromMakingRoom) {
  options_.connections_max = 2;
  options_.threads = 1;
  options_.linger_timeout = 60s;
  serve();
  std::vector<std::unique_ptr<Client>> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(std::make_unique<Client>(server_->port()));
    busy.back()->send(kGetLater);
  }
  debts_.wait_for(2);
  std::vector<std::unique_ptr<Client>> refused;
  for (int i = 0; i < 12; ++i) refused.push_back(std::make_unique<Client>(server_->port()));
  EXPECT_THAT(refused.front()->answer(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(refused.back()->rest(), "") << "more are refused than may be told so";
  debts_.deliver();
  for (const auto& client : busy) EXPECT_THAT(client->answer(), EndsWith("settled"));
  EXPECT_THAT(Client(server_->port()).ask(kGet), EndsWith(kEcho));
}

TEST_F(ServerLimitsTest, TheMachineItselfHasRoomWhereAllOthersHaveNone) {
  options_.connections_max = options_.connections_per_address_max = 1;
  options_.own_connections_max = 1;
  serve();
  Client other(server_->port());
  other.send(kGetLater);
  debts_.wait_for(1);
  Client own(server_->port());
  own.send(kGetLater);
  debts_.wait_for(2);
  EXPECT_THAT(Client(server_->port()).answer(), StartsWith("HTTP/1.1 429 Too Many Requests\r\n"));
}

// However many clients read nothing: memory stays within its budget, and the log says what was
// done.
TEST_F(ServerLimitsTest, ThoseThatHoldMostAreCutWhereAllHoldTooMuch) {
  options_.threads = 1;
  options_.connection_bytes_max = 2'000'000;
  pieces_ = {std::string(60'000, 'p'), 1'000};
  LogCapture log;
  serve();
  Client modest(server_->port());
  EXPECT_THAT(modest.ask(kGet), EndsWith(kEcho));
  std::vector<std::unique_ptr<Client>> readers;
  for (int i = 0; i < 60; ++i) {
    readers.push_back(std::make_unique<Client>(server_->port(), 4'096));
    ASSERT_TRUE(readers.back()->send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
  log.wait();
  EXPECT_THAT(log.text(), HasSubstr("connections were cut"));
  EXPECT_THAT(modest.ask(kGet), EndsWith(kEcho));
}

TEST_F(ServerLimitsTest, OneConnectionTooManyOfAnAddressIsToldSo) {
  options_.connections_per_address_max = 1;
  options_.trusted_proxies = {*IpNetwork::parse("127.0.0.2")};
  options_.host = "0.0.0.0";
  serve();
  Client first(server_->port());
  EXPECT_THAT(first.ask(kGet), EndsWith(kEcho));
  EXPECT_THAT(Client(server_->port()).answer(), StartsWith("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_THAT(first.ask(kGet), EndsWith(kEcho));
}

TEST_F(ServerLimitsTest, ATrustedProxyMayHaveMoreConnections) {
  options_.connections_per_address_max = 1;
  options_.trusted_proxies = {*IpNetwork::parse("127.0.0.0/8")};
  serve();
  Client first(server_->port());
  Client second(server_->port());
  EXPECT_THAT(first.ask(kGet), EndsWith(kEcho));
  EXPECT_THAT(second.ask(kGet), EndsWith(kEcho));
}

TEST_F(ServerLimitsTest, ConnectionsWaitWhileDescriptorsAreShort) {
  sweep_quickly();
  options_.threads = 1;
  // UBSan needs descriptors to look at a type for the first time, so the logger's and the handler's
  // are shown to it.
  spdlog::warn("{}", std::string("before"));
  LogCapture log;
  serve();
  Client earlier(server_->port());
  EXPECT_THAT(earlier.ask(kGet), EndsWith(kEcho));
  std::optional<DescriptorShortage> shortage(1);
  Client client(server_->port());
  ASSERT_TRUE(client.is_connected());
  ASSERT_TRUE(client.send(kGet));
  log.wait();
  shortage.reset();
  EXPECT_THAT(client.answer(), EndsWith(kEcho));
  const std::string lines = log.text();
  EXPECT_THAT(lines, HasSubstr("new connections have to wait: "));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1);
}

}  // namespace
}  // namespace discovery::test

// Answers that come piece by piece, over real sockets.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/server_fixture.h"

namespace discovery::test {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;

TEST_F(ServerTest, AStreamedAnswerReachesASlowReaderWhole) {
  pieces_ = {std::string(50'000, '#'), 201};
  serve();
  for (const std::string path : {"/sized", "/pieces"}) {
    Client client(server_->port(), 4'096);
    ASSERT_TRUE(client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_TRUE(client.send(kGet));
    const std::string answer = client.answer();
    EXPECT_EQ(std::count(answer.begin(), answer.end(), '#'), 10'000'000) << path;
    EXPECT_THAT(client.answer(), EndsWith(kEcho)) << path;
    EXPECT_THAT(client.ask(kGet), EndsWith(kEcho)) << path;
  }
}

TEST_F(ServerTest, OthersAreServedBetweenThePieces) {
  std::atomic<size_t> taken{0};
  options_.threads = 1;
  pieces_ = {std::string(1, 'p'), 1'000'000, &taken};
  serve();
  Client reader(server_->port());
  Client other(server_->port());
  EXPECT_THAT(other.ask(kGet), EndsWith(kEcho));
  ASSERT_TRUE(reader.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n"));
  while (taken == 0) std::this_thread::yield();
  EXPECT_THAT(other.ask(kGet), EndsWith(kEcho));
  EXPECT_LT(taken, 1'000'000U);
}

TEST_F(ServerTest, AReaderThatStopsReadingIsHeldNoMoreThanAPiece) {
  std::atomic<size_t> taken{0};
  pieces_ = {std::string(64'000, 'p'), 100'000, &taken};
  serve();
  std::vector<std::unique_ptr<Client>> readers;
  for (int i = 0; i < 8; ++i) {
    readers.push_back(std::make_unique<Client>(server_->port(), 4'096));
    ASSERT_TRUE(readers.back()->send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
  for (size_t before = 0; taken == 0 || before != taken;) {
    before = taken;
    for (int i = 0; i < 100; ++i) EXPECT_THAT(Client(server_->port()).ask(kGet), EndsWith(kEcho));
  }
  EXPECT_LT(taken, 8U * 200);  // what the kernel buffers, and no more
}

TEST_F(ServerTest, AClientThatSendsNoMoreStillGetsItsAnswerWhole) {
  pieces_ = {std::string(50'000, 'p'), 101};
  serve();
  Client client(server_->port(), 4'096);
  ASSERT_TRUE(client.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n"));
  client.half_close();
  EXPECT_THAT(client.rest(), EndsWith("ppp\r\n0\r\n\r\n"));
}

TEST_F(ServerTest, AFaultInTheMiddleCutsTheConnection) {
  serve();
  Client client(server_->port());
  ASSERT_TRUE(client.send("GET /broken HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(client.rest(), EndsWith("\r\n\r\n6\r\npiece \r\n[reset]"));
  Client old(server_->port());
  ASSERT_TRUE(old.send("GET /broken HTTP/1.0\r\n\r\n"));
  EXPECT_THAT(old.rest(), EndsWith("\r\n\r\npiece [reset]"));
  EXPECT_THAT(Client(server_->port()).ask(kGet), EndsWith(kEcho));
}

TEST_F(ServerTest, DrainingEndsAtItsTimeoutThoughAReaderIsSlow) {
  options_.threads = 1;  // so that the slow one's request has come when the other's is answered
  pieces_ = {std::string(64'000, 'p'), 1'000};
  serve();
  Client slow(server_->port());
  ASSERT_TRUE(slow.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_THAT(Client(server_->port()).ask(kGet), EndsWith(kEcho));
  EXPECT_FALSE(server_->drain(10ms));
}

}  // namespace
}  // namespace discovery::test

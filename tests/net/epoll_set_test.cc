#include "net/epoll_set.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

namespace discovery::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kForEver{-1};

/// Listens on a port of the system's choosing.
class Listening {
 public:
  Listening() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(bind(number(), address, sizeof address_), 0);
    EXPECT_EQ(listen(number(), 8), 0);
    socklen_t size = sizeof address_;
    EXPECT_EQ(getsockname(number(), address, &size), 0);
  }

  int number() const { return socket_.number(); }

  Descriptor connect() const {
    Descriptor client(socket(AF_INET, SOCK_STREAM, 0));
    const auto* const address = reinterpret_cast<const sockaddr*>(&address_);
    EXPECT_EQ(::connect(client.number(), address, sizeof address_), 0);
    return client;
  }

 private:
  Descriptor socket_;
  sockaddr_in address_{};
};

TEST(EpollSetTest, NothingHappensForALittleWhile) {
  EpollSet ready;
  EXPECT_TRUE(ready.wait(0ms).empty());
  EXPECT_TRUE(ready.wait(1ms).empty());
}

TEST(EpollSetTest, IsWokenAgainAndAgain) {
  EpollSet ready;
  for (int i = 0; i < 3; ++i) {
    ready.wake();
    ready.wake();
    const auto events = ready.wait(kForEver);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(ready.connection_of(events[0]), nullptr);
    EXPECT_FALSE(ready.is_listening(events[0]));
    EXPECT_TRUE(ready.wait(0ms).empty()) << "one wait for any number of them";
  }
}

TEST(EpollSetTest, AnotherThreadEndsTheWait) {
  EpollSet ready;
  std::thread waker([&] { ready.wake(); });
  EXPECT_EQ(ready.wait(kForEver).size(), 1U);
  waker.join();
}

TEST(EpollSetTest, TellsOfWhoWaitsToBeAcceptedUntilThatIsDone) {
  EpollSet ready;
  const Listening listening;
  ASSERT_TRUE(ready.listen(listening.number()));
  EXPECT_TRUE(ready.wait(0ms).empty());
  const Descriptor client = listening.connect();
  for (int i = 0; i < 2; ++i) {
    const auto events = ready.wait(kForEver);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_TRUE(ready.is_listening(events[0]));
    EXPECT_EQ(ready.connection_of(events[0]), nullptr);
  }
  ready.ignore(listening.number());
  EXPECT_TRUE(ready.wait(0ms).empty()) << "not while it is ignored";
  ASSERT_TRUE(ready.listen(listening.number()));
  EXPECT_EQ(ready.wait(kForEver).size(), 1U);
  const Descriptor accepted(accept(listening.number(), nullptr, nullptr));
  EXPECT_TRUE(accepted.is_open());
  EXPECT_TRUE(ready.wait(0ms).empty());
}

}  // namespace
}  // namespace discovery::test

// A Server on a free port of the loopback, whose handlers echo.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/server.h"
#include "tests/support/client.h"
#include "tests/support/echo.h"

namespace discovery::test {

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
inline constexpr std::string_view kGetLater = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";
inline constexpr std::string_view kPostHeld =
    "POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
inline constexpr std::string_view kEchoOfHeld = "post /held host=h body=ab";
inline constexpr std::string_view kEcho = "get / host=h";

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    // Made before there are threads: the library is not instrumented, so that its making on the
    // first use would look like a race.
    static_cast<void>(spdlog::default_logger());
    options_.host = "127.0.0.1";
    options_.port = 0;
    options_.threads = 2;
    options_.own_connections_max = 0;  // all clients here are on this machine
  }

  void serve() {
    auto server = open();
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    ASSERT_TRUE(server_->start());
  }

  Result<std::unique_ptr<Server>> open() {
    return Server::open(options_, [this](Executor& executor) {
      return std::make_unique<EchoHandler>(debts_, &executor, pieces_);
    });
  }

  /// Tries until a new connection is answered like this.
  void expect_in_the_end(std::string_view status) {
    std::string answer;
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
         std::chrono::steady_clock::now() < end && !answer.starts_with(status);) {
      answer = Client(server_->port()).ask(kGet);
    }
    EXPECT_THAT(answer, testing::StartsWith(status));
  }

  ServerOptions options_;
  Debts debts_;
  Pieces pieces_;
  std::unique_ptr<Server> server_;
};

}  // namespace discovery::test

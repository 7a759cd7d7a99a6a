// A raw TCP client, for saying what no well-behaved HTTP client would.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace discovery::test {

/// Every wait ends after ten seconds: then the test has failed, and the text read so far shows how.
/// A small receive buffer makes a slow reader.
class Client {
 public:
  explicit Client(uint16_t port, std::optional<int> receive_bytes = std::nullopt)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_bytes) {
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &*receive_bytes, sizeof *receive_bytes);
    }
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return is_connected_; }

  /// False when the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  uint16_t local_port() const {
    sockaddr_in self{};
    socklen_t size = sizeof self;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&self), &size);
    return ntohs(self.sin_port);
  }

  /// Sends no more, but goes on listening.
  void half_close() { shutdown(socket_, SHUT_WR); }

  /// Goes with a reset rather than politely.
  void abort_on_close() {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  /// One answer with its body: as long as its Content-Length has it, or all its chunks as they
  /// came. What there is, where the other side closes before its end.
  std::string answer() {
    size_t head = std::string::npos;
    while ((head = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::exchange(received_, {});
    }
    const size_t at = received_.find("Content-Length: ");
    const size_t body = at < head ? std::strtoul(received_.c_str() + at + 16, nullptr, 10) : 0;
    const bool is_chunked = received_.find("Transfer-Encoding: chunked\r\n") < head;
    const size_t size = is_chunked ? end_of_chunks(head + 4) : head + 4 + body;
    while (received_.size() < size && receive()) {
    }
    std::string answer = received_.substr(0, size);
    received_.erase(0, std::min(size, received_.size()));
    return answer;
  }

  std::string ask(std::string_view request) { return send(request) ? answer() : "not sent"; }

  /// Everything until the other side closes. A reset shows as one, waiting in vain as well.
  std::string rest() {
    while (receive()) {
    }
    std::string text = std::exchange(received_, {});
    if (error_ == EAGAIN) return text + "[still open]";
    return error_ == 0 ? text : text + "[reset]";
  }

 private:
  bool receive() {
    std::array<char, 65536> bytes;
    const ssize_t size = recv(socket_, bytes.data(), bytes.size(), 0);
    error_ = size < 0 ? errno : 0;
    if (size <= 0) return false;
    received_.append(bytes.data(), static_cast<size_t>(size));
    return true;
  }

  /// Where the chunks end of which the first begins at `at`.
  size_t end_of_chunks(size_t at) {
    for (size_t size = 1; size > 0;) {
      size_t line = std::string::npos;
      while ((line = received_.find("\r\n", at)) == std::string::npos) {
        if (!receive()) return received_.size();
      }
      size = std::strtoul(received_.c_str() + at, nullptr, 16);
      at = line + 2 + size + 2;
      while (received_.size() < at && receive()) {
      }
      if (received_.size() < at) return received_.size();
    }
    return at;
  }

  int socket_;
  int error_ = 0;
  bool is_connected_ = false;
  std::string received_;
};

}  // namespace discovery::test

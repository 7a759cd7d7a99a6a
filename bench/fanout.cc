// The least that telling many of one thing can cost: a server that answers every request by an
// empty page, a GET of a stream by its beginning, and sends, at every POST, the bytes of a file to
// all streams, by one send() after the other.
//
//   fanout --port 9001 --event event.txt

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kStream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: synced\ndata: {}\n\n";
constexpr std::string_view kEmpty = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

int listen_on(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 4'096) != 0) {
    std::perror("fanout");
    std::exit(1);
  }
  return listener;
}

void put(int descriptor, std::string_view text) {
  send(descriptor, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

class Fanout {
 public:
  Fanout(uint16_t port, std::string event)
      : event_(std::move(event)), epoll_(epoll_create1(0)), listener_(listen_on(port)) {
    add(listener_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 64> events;
    while (true) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const int descriptor = events[static_cast<size_t>(i)].data.fd;
        descriptor == listener_ ? accept_all() : answer(descriptor);
      }
    }
  }

 private:
  void add(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void accept_all() {
    for (int one; (one = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) add(one);
  }

  void answer(int descriptor) {
    std::array<char, 8'192> buffer;
    const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      std::erase(streams_, descriptor);
      close(descriptor);
      return;
    }
    const std::string_view request(buffer.data(), static_cast<size_t>(got));
    if (request.starts_with("GET /api/v1/watch")) {
      streams_.push_back(descriptor);
      return put(descriptor, kStream);
    }
    put(descriptor, kEmpty);
    if (!request.starts_with("POST ")) return;
    for (const int stream : streams_) put(stream, event_);
  }

  const std::string event_;
  const int epoll_;
  const int listener_;
  std::vector<int> streams_;
};

}  // namespace

int main(int argc, char** argv) {
  uint16_t port = 0;
  std::string path;
  CLI::App app("A bare send() loop, for the measurements");
  app.add_option("--port", port)->required();
  app.add_option("--event", path, "a file")->required();
  CLI11_PARSE(app, argc, argv);
  std::ifstream file(path, std::ios::binary);
  Fanout(port, {std::istreambuf_iterator<char>(file), {}}).run();
}

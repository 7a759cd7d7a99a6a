// Watchers for the measurements: many streams of one board, read by one thread.
//
//   watchers --port 9001 --count 100 --seconds 10
//
// Connects all, prints a line of JSON when each is live, reads whatever comes for so many seconds,
// and prints in another how many changes all of them have been told.

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLiveWithin{60};
constexpr std::string_view kRequest = "GET /api/v1/watch HTTP/1.1\r\nHost: localhost\r\n\r\n";

int connect_to(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      send(descriptor, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(kRequest.size())) {
    throw std::runtime_error("cannot connect");
  }
  return descriptor;
}

/// How often `wanted` stands in `text`.
size_t count(std::string_view text, std::string_view wanted) {
  size_t found = 0;
  for (const char *at = text.data(), *end = at + text.size();; at += wanted.size(), ++found) {
    at = static_cast<const char*>(
        memmem(at, static_cast<size_t>(end - at), wanted.data(), wanted.size()));
    if (at == nullptr) return found;
  }
}

struct EventStream {
  int descriptor = -1;
  bool live = false;
  std::string text;  // until it is live all that has come, then the part of a line at its end
};

class Crowd {
 public:
  Crowd(uint16_t port, size_t size) : epoll_(epoll_create1(0)) {
    for (size_t i = 0; i < size; ++i) {
      EventStream& watcher = watchers_.emplace_back();
      watcher.descriptor = connect_to(port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &watcher;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, watcher.descriptor, &event);
    }
  }

  bool all_live() const { return live_ == watchers_.size(); }
  size_t changes() const { return changes_; }

  /// Until `end`, or, of those that are not live yet, until they are.
  void read_until(Clock::time_point end) {
    const bool were_live = all_live();
    std::array<epoll_event, 64> events;
    while (Clock::now() < end && (were_live || !all_live())) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
      for (int i = 0; i < ready; ++i) {
        read(*static_cast<EventStream*>(events[static_cast<size_t>(i)].data.ptr));
      }
    }
  }

 private:
  void read(EventStream& watcher) {
    const ssize_t got = recv(watcher.descriptor, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) throw std::runtime_error("a stream was cut off");
    watcher.text.append(buffer_.data(), static_cast<size_t>(got));
    if (!watcher.live) {
      if (!watcher.text.starts_with("HTTP/1.1 200")) throw std::runtime_error(watcher.text);
      constexpr std::string_view kSynced = "event: synced\n";
      const size_t end = watcher.text.find("\n\n", watcher.text.find(kSynced));
      if (end == std::string::npos) return;
      watcher.live = true;
      ++live_;
      watcher.text.erase(0, end);
    }
    const size_t whole = watcher.text.rfind('\n') + 1;
    // Every change is an event; bookmarks are none.
    changes_ += count(std::string_view(watcher.text).substr(0, whole), "\nevent: ");
    watcher.text.erase(0, whole == 0 ? 0 : whole - 1);
  }

  const int epoll_;
  std::deque<EventStream> watchers_;
  std::array<char, 1 << 18> buffer_;
  size_t live_ = 0;
  size_t changes_ = 0;
};

void run(uint16_t port, size_t size, double seconds) {
  Crowd crowd(port, size);
  crowd.read_until(Clock::now() + kLiveWithin);
  if (!crowd.all_live()) throw std::runtime_error("not all are live");
  std::puts("{\"live\":true}");
  std::fflush(stdout);
  crowd.read_until(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds)));
  std::printf("{\"events\":%zu}\n", crowd.changes());
}

}  // namespace

int main(int argc, char** argv) {
  uint16_t port = 0;
  size_t size = 1;
  double seconds = 1;
  CLI::App app("Watchers for the measurements");
  app.add_option("--port", port)->required();
  app.add_option("--count", size)->required();
  app.add_option("--seconds", seconds, "how long they read once they are live")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    run(port, size, seconds);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "watchers: %s\n", error.what());
    return 1;
  }
}

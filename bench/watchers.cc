// Watchers for the measurements: thousands of streams of one board, read by one thread.
//
//   watchers --port 9001 --count 10000 --target '/api/v1/watch?cpu=#' --posts posts.http
//
// `#` becomes each watcher's number. Connects all and waits until each is live, then obeys lines on
// stdin; a line of JSON answers each, and the first says that all are live:
//
//   change ROUNDS    posts the file's next request, and again when everybody has heard of it: how
//                    long that took from the post on, and how long other requests waited meanwhile
//   follow SECONDS   reads whatever comes: how many events all have had
//   return SECONDS   goes on after a cut, as `retry` says, until all are live again, or time is up
//
// When something arrived is what the kernel says, however late this thread comes to read it.

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <deque>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <queue>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "histogram.h"

namespace discovery {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kPatience = 60 * kSecond;  // for the others to be live, or to hear of a change
constexpr int64_t kProbeEvery = kSecond / 1'000;
constexpr int64_t kRefusedWait = kSecond / 10;  // while nobody listens

struct Settings {
  uint16_t port = 0;
  size_t count = 1;
  std::string target = "/api/v1/watch";
  std::string posts;
};

/// Nanoseconds of the clock that the kernel stamps arrivals with.
int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

int connect_to(uint16_t port, size_t number) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<uint32_t>(number % 20));
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot bind");
  }
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    throw std::runtime_error("cannot connect");
  }
  return descriptor;
}

/// What one read brought.
struct Arrival {
  std::string_view text;  // until the next read; empty: nothing, or the end
  int64_t at = 0;
  bool ended = false;
};

Arrival receive(int descriptor) {
  static std::array<char, 1 << 18> buffer;
  alignas(cmsghdr) std::array<char, 256> control;
  iovec piece{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = recvmsg(descriptor, &message, 0);
  if (got <= 0) return {{}, now(), got == 0 || errno != EAGAIN};
  Arrival arrival{{buffer.data(), static_cast<size_t>(got)}, now(), false};
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(one), sizeof time);
    arrival.at = time.tv_sec * kSecond + time.tv_nsec;
  }
  return arrival;
}

/// Requests and answers in turn on one connection.
class Caller {
 public:
  explicit Caller(uint16_t port) : descriptor_(connect_to(port, 0)) {
    fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
  }
  ~Caller() { close(descriptor_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  bool waits() const { return sent_.has_value(); }
  int64_t sent() const { return *sent_; }
  void send(std::string_view request) {
    sent_ = now();
    if (::send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      throw std::runtime_error("cannot send a request");
    }
    fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
  }
  /// How long the answer took, once it is there.
  std::optional<int64_t> answered() {
    const Arrival arrival = receive(descriptor_);
    if (arrival.ended) throw std::runtime_error("a request was cut off");
    if (arrival.text.empty()) return std::nullopt;
    if (!arrival.text.starts_with("HTTP/1.1 200"))
      throw std::runtime_error("a request was refused");
    const int64_t took = arrival.at - *sent_;
    sent_.reset();
    return took;
  }

 private:
  const int descriptor_;
  std::optional<int64_t> sent_;
};

struct Watcher {
  size_t number = 0;
  int descriptor = -1;
  bool live = false;
  int64_t retry = kSecond;
  std::string last_id;
  std::string opening;  // what has come until it is live
  size_t events = 0;
};

class Crowd {
 public:
  explicit Crowd(const Settings& settings) : settings_(settings), epoll_(epoll_create1(0)) {
    for (size_t i = 0; i < settings.count; ++i) {
      watchers_.emplace_back().number = i;
      join(watchers_.back());
      // The backlog of a listening socket is finite, and so is patience.
      if (i % 256 == 255) read_until([&] { return live_ + 1'024 > i; }, kPatience);
    }
    read_until([&] { return all_live(); }, kPatience);
    if (!all_live()) throw std::runtime_error("not all are live");
    std::ifstream file(settings.posts, std::ios::binary);
    for (std::string text; std::getline(file, text, '\0');) posts_.push_back(text);
  }

  void change(size_t rounds) {
    if (posts_.empty()) throw std::runtime_error("nothing to post");
    Caller poster(settings_.port);
    Caller prober(settings_.port);
    Histogram delays, waits;
    for (size_t round = 0; round < rounds; ++round) {
      poster.send(posts_[next_post_++ % posts_.size()]);
      posted_ = poster.sent();
      delays_ = &delays;
      const size_t wanted = events_ + watchers_.size();
      int64_t probe_due = 0;
      read_until(
          [&] {
            if (poster.waits()) poster.answered();
            if (prober.waits()) {
              if (const auto took = prober.answered()) waits.record(static_cast<uint64_t>(*took));
            } else if (now() >= probe_due) {
              probe_due = now() + kProbeEvery;
              prober.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            }
            return events_ >= wanted && !poster.waits() && !prober.waits();
          },
          kPatience, 0);
      if (events_ != wanted) throw std::runtime_error("not everybody has heard of a change");
    }
    delays_ = nullptr;
    std::printf(R"({"delay_ms":%s,"wait_ms":%s,"event":%zu})"
                "\n",
                text_of(delays).c_str(), text_of(waits).c_str(), event_size_);
  }

  void follow(double seconds) {
    const size_t before = events_;
    read_until([] { return false; }, static_cast<int64_t>(seconds * static_cast<double>(kSecond)));
    std::printf("{\"events\":%zu,\"live\":%zu}\n", events_ - before, live_);
  }

  void come_back(double seconds) {
    const int64_t begin = now();
    bool cut = false;
    read_until(
        [&] {
          cut = cut || !all_live();
          while (!absent_.empty() && absent_.top().first <= now()) {
            Watcher& watcher = *absent_.top().second;
            absent_.pop();
            join(watcher);
          }
          return cut && all_live();
        },
        static_cast<int64_t>(seconds * static_cast<double>(kSecond)));
    std::printf("{\"live\":%zu,\"seconds\":%.3f,\"resets\":%zu}\n", live_,
                static_cast<double>(now() - begin) / static_cast<double>(kSecond), resets_);
  }

  bool all_live() const { return live_ == watchers_.size(); }

 private:
  static std::string text_of(const Histogram& times) {
    const auto ms = [&](double share) { return static_cast<double>(times.quantile(share)) / 1e6; };
    std::ostringstream out;
    out << R"({"p50":)" << ms(0.5) << R"(,"p99":)" << ms(0.99) << R"(,"max":)"
        << static_cast<double>(times.max()) / 1e6 << "}";
    return out.str();
  }

  void join(Watcher& watcher) {
    watcher.descriptor = connect_to(settings_.port, watcher.number);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &watcher;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, watcher.descriptor, &event);
    watcher.opening.clear();
  }

  void ask(const Watcher& watcher) {
    std::string target = settings_.target;
    if (const size_t at = target.find('#'); at != std::string::npos) {
      target.replace(at, 1, std::to_string(watcher.number + 1));
    }
    std::string request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n";
    if (!watcher.last_id.empty()) request += "Last-Event-ID: " + watcher.last_id + "\r\n";
    request += "\r\n";
    send(watcher.descriptor, request.data(), request.size(), MSG_NOSIGNAL);
  }

  // Sleeps at most so many milliseconds at a time: none, where `done` has other things to do.
  template <class Done>
  void read_until(const Done& done, int64_t at_most, int sleep_ms = 1) {
    const int64_t end = now() + at_most;
    std::array<epoll_event, 64> events;
    while (!done() && now() < end) {
      const int ready =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), sleep_ms);
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        on_event(*static_cast<Watcher*>(event.data.ptr), event.events);
      }
    }
  }

  void on_event(Watcher& watcher, uint32_t events) {
    if ((events & EPOLLOUT) != 0 && (events & (EPOLLERR | EPOLLHUP)) == 0 && !watcher.live &&
        watcher.opening.empty()) {
      watcher.opening = "\n";
      ask(watcher);
    }
    for (Arrival arrival; (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;) {
      arrival = receive(watcher.descriptor);
      if (arrival.ended) return leave(watcher, arrival.at);
      if (arrival.text.empty()) return;
      take(watcher, arrival);
    }
  }

  void leave(Watcher& watcher, int64_t at) {
    close(watcher.descriptor);
    const bool was_live = std::exchange(watcher.live, false);
    if (was_live) --live_;
    absent_.emplace(at + (was_live ? watcher.retry : kRefusedWait), &watcher);
  }

  void take(Watcher& watcher, const Arrival& arrival) {
    // Every change has an id.
    constexpr std::string_view kId = "\nid: ";
    const char* const end = arrival.text.data() + arrival.text.size();
    const char* last = nullptr;
    size_t count = 0;
    for (const char* at = arrival.text.data();; at += kId.size(), ++count) {
      at = static_cast<const char*>(
          memmem(at, static_cast<size_t>(end - at), kId.data(), kId.size()));
      if (at == nullptr) break;
      last = at;
    }
    if (last != nullptr) {
      const std::string_view rest(last + kId.size(), static_cast<size_t>(end - last) - kId.size());
      watcher.last_id = rest.substr(0, rest.find('\n'));
    }
    if (!watcher.live) return take_opening(watcher, arrival.text);
    events_ += count;
    if (delays_ == nullptr || count == 0) return;
    event_size_ = arrival.text.size();
    delays_->record(static_cast<uint64_t>(arrival.at - posted_));
  }

  void take_opening(Watcher& watcher, std::string_view text) {
    constexpr std::string_view kRetry = "retry: ";
    std::string& opening = watcher.opening.append(text);
    if (!opening.starts_with("\nHTTP/1.1 200")) throw std::runtime_error("refused: " + opening);
    if (opening.find("event: synced") == std::string::npos) return;
    if (opening.find("event: reset") != std::string::npos) ++resets_;
    if (const size_t at = opening.find(kRetry); at != std::string::npos) {
      watcher.retry = std::stoll(opening.substr(at + kRetry.size(), 20)) * (kSecond / 1'000);
    }
    opening = std::string();
    watcher.live = true;
    ++live_;
  }

  const Settings& settings_;
  const int epoll_;
  std::deque<Watcher> watchers_;
  std::vector<std::string> posts_;
  size_t next_post_ = 0;
  size_t live_ = 0;
  size_t events_ = 0;
  size_t resets_ = 0;
  size_t event_size_ = 0;
  int64_t posted_ = 0;
  Histogram* delays_ = nullptr;
  using Absent = std::pair<int64_t, Watcher*>;  // until when
  std::priority_queue<Absent, std::vector<Absent>, std::greater<>> absent_;
};

void obey(Crowd& crowd) {
  std::puts("{\"live\":true}");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    double number = 0;
    words >> what >> number;
    if (what == "change") crowd.change(static_cast<size_t>(number));
    if (what == "follow") crowd.follow(number);
    if (what == "return") crowd.come_back(number);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace discovery

int main(int argc, char** argv) {
  using namespace discovery;
  Settings settings;
  CLI::App app("Watchers for the measurements");
  app.add_option("--port", settings.port)->required();
  app.add_option("--count", settings.count)->required();
  app.add_option("--target", settings.target);
  app.add_option("--posts", settings.posts, "a file of requests, each ended by a NUL byte");
  CLI11_PARSE(app, argc, argv);
  try {
    Crowd crowd(settings);
    obey(crowd);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "watchers: %s\n", error.what());
    return 1;
  }
}

// Load for the measurements: one thread, plain sockets, requests rendered beforehand, so that it
// costs far less per request than the server it drives.
//
//   load --port 9001 --seconds 10 --ids 10000 posts.http:256:0 reads.http:64:0
//
// Each stream is FILE:CONNECTIONS:RATE. With rate 0 every connection sends its next request when
// the last is answered; otherwise RATE requests a second fall due, and latency counts from that
// moment, whether or not a connection was free: a stall of the server is seen by everyone it kept
// waiting. FILE holds requests, each ended by a NUL byte. A random number below --ids picks the
// request (modulo their count) and replaces its first run of `#`; with --group the requests are
// groups of so many, of which the number picks one from a random group; with --once the requests
// are sent as they stand, each once and in their order. One line of JSON per stream is printed.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "histogram.h"

namespace discovery {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr auto kDrain = std::chrono::seconds{15};  // for what is unanswered when the time is up
constexpr int kEventsMax = 16;  // few, so that requests falling due meanwhile are not sent late

enum class Waiting { sleep, spin };
enum class Choice { random, once };

struct Settings {
  uint16_t port = 0;
  double seconds = 1;
  uint32_t ids = 1;
  size_t group = 0;  // all of them
  uint32_t seed = 1;
  Waiting waiting = Waiting::sleep;
  Choice choice = Choice::random;
};

/// The requests of one stream, ready to send.
class Requests {
 public:
  explicit Requests(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    for (std::string text; std::getline(file, text, '\0');) {
      const size_t begin = std::min(text.find('#'), text.size());
      const size_t end = std::min(text.find_first_not_of('#', begin), text.size());
      requests_.push_back({std::move(text), begin, end});
    }
    if (requests_.empty()) throw std::runtime_error("no requests in " + path);
  }

  /// The request at `index`, for `number`. The view holds until the next call.
  std::string_view fill(size_t index, uint32_t number) {
    Request& request = requests_[index];
    for (size_t at = request.digits_end; at > request.digits_begin; number /= 10) {
      request.text[--at] = static_cast<char>('0' + number % 10);
    }
    return request.text;
  }

  std::string_view at(size_t index) const { return requests_[index].text; }
  size_t size() const { return requests_.size(); }

 private:
  struct Request {
    std::string text;
    size_t digits_begin;
    size_t digits_end;
  };
  std::vector<Request> requests_;
};

/// Reads one answer after another; of the body only the length is looked at.
class AnswerReader {
 public:
  enum class Progress { more, done, broken };

  Progress read(int socket) {
    while (in_head_) {
      const ssize_t got = recv(socket, head_.data() + have_, head_.size() - have_, 0);
      if (got <= 0) return would_block(got) ? Progress::more : Progress::broken;
      have_ += static_cast<size_t>(got);
      if (!take_head()) return Progress::broken;
    }
    while (body_left_ > 0) {
      // TCP discards what MSG_TRUNC reads: the body is never copied.
      const ssize_t got = recv(socket, nullptr, body_left_, MSG_TRUNC);
      if (got <= 0) return would_block(got) ? Progress::more : Progress::broken;
      body_left_ -= static_cast<size_t>(got);
    }
    in_head_ = true;
    have_ = 0;
    return Progress::done;
  }

  int status() const { return status_; }

 private:
  static bool would_block(ssize_t got) { return got < 0 && (errno == EAGAIN || errno == EINTR); }

  /// False: not an answer we can read.
  bool take_head() {
    const std::string_view text(head_.data(), have_);
    const size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return have_ < head_.size();
    const std::string_view head = text.substr(0, end + 2);
    const size_t value_at = content_length_at(head);
    if (!head.starts_with("HTTP/1.1 ")) return false;
    status_ = std::atoi(head_.data() + 9);
    if (value_at == std::string_view::npos) return false;
    const size_t length = std::strtoul(head_.data() + value_at, nullptr, 10);
    const size_t body_seen = have_ - end - 4;
    if (body_seen > length) return false;
    body_left_ = length - body_seen;
    in_head_ = false;
    return true;
  }

  /// Where the value of Content-Length begins; npos without one.
  static size_t content_length_at(std::string_view head) {
    constexpr std::string_view kName = "content-length:";
    for (size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
      at += 2;
      if (strncasecmp(head.data() + at, kName.data(), kName.size()) == 0) return at + kName.size();
    }
    return std::string_view::npos;
  }

  std::array<char, 4096> head_;
  size_t have_ = 0;
  size_t body_left_ = 0;
  int status_ = 0;
  bool in_head_ = true;
};

class Stream;

struct Connection {
  Stream* stream;
  int socket = -1;
  Clock::time_point due;  // when the request under way should have been sent
  AnswerReader reader;
  bool busy = false;
};

int open_socket(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  return descriptor;
}

/// Requests of one kind over their own connections.
class Stream {
 public:
  /// `text` is FILE:CONNECTIONS:RATE.
  Stream(const std::string& text, const Settings& settings, int epoll)
      : settings_(settings), epoll_(epoll), random_(settings.seed) {
    const size_t rate_at = text.rfind(':');
    const size_t connections_at = text.rfind(':', rate_at - 1);
    if (rate_at == std::string::npos || connections_at == std::string::npos) {
      throw std::runtime_error("not FILE:CONNECTIONS:RATE: " + text);
    }
    name_ = text.substr(0, connections_at);
    requests_ = std::make_unique<Requests>(name_);
    if (settings.group > requests_->size()) throw std::runtime_error("no group in " + name_);
    connections_.resize(std::stoul(text.substr(connections_at + 1)),
                        Connection{this, -1, {}, {}, false});
    rate_ = std::stod(text.substr(rate_at + 1));
    for (Connection& connection : connections_) {
      join(connection);
      idle_.push_back(&connection);
    }
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    for (const Connection& connection : connections_) close(connection.socket);
  }

  void start(Clock::time_point now) {
    begin_ = now;
    end_ = now + std::chrono::duration_cast<nanoseconds>(
                     std::chrono::duration<double>(settings_.seconds));
    send_due(now);
  }

  /// Sends what is due, as far as connections are free.
  void send_due(Clock::time_point now) {
    while (!idle_.empty() && !used_up() && next_due(now) <= std::min(now, end_)) {
      Connection& connection = *idle_.back();
      idle_.pop_back();
      connection.busy = true;
      connection.due = next_due(now);
      ++sent_;
      send_request(connection);
    }
  }

  void on_readable(Connection& connection) {
    const auto progress = connection.reader.read(connection.socket);
    if (progress == AnswerReader::Progress::more) return;
    if (progress == AnswerReader::Progress::broken) return replace(connection);
    const auto now = Clock::now();
    latencies_.record(static_cast<uint64_t>(nanoseconds{now - connection.due}.count()));
    ++statuses_[connection.reader.status()];
    last_answer_ = now;
    set_idle(connection);
    send_due(now);
  }

  bool finished(Clock::time_point now) const {
    if (idle_.size() != connections_.size()) return false;
    return used_up() || (now > end_ && next_due(now) > end_);
  }
  bool paced() const { return rate_ > 0; }
  Clock::time_point end() const { return end_; }

  void print() const {
    const double seconds = std::chrono::duration<double>(last_answer_ - begin_).count();
    const auto answered = static_cast<double>(latencies_.count());
    std::printf(R"({"stream":"%s","answered":%zu,"seconds":%.6f,"per_second":%.1f,"broken":%zu,)"
                R"("unanswered":%zu,"statuses":{)",
                name_.c_str(), static_cast<size_t>(latencies_.count()), seconds,
                seconds > 0 ? answered / seconds : 0, broken_, connections_.size() - idle_.size());
    const char* comma = "";
    for (const auto& [status, count] : statuses_) {
      std::printf(R"(%s"%d":%zu)", comma, status, count);
      comma = ",";
    }
    const auto ms = [this](double share) {
      return static_cast<double>(latencies_.quantile(share)) / 1e6;
    };
    std::printf(R"(},"ms":{"p50":%.4f,"p90":%.4f,"p99":%.4f,"p99.9":%.4f,"max":%.4f}})"
                "\n",
                ms(0.5), ms(0.9), ms(0.99), ms(0.999), static_cast<double>(latencies_.max()) / 1e6);
  }

 private:
  /// In a closed loop a request is due at once, until the end.
  Clock::time_point next_due(Clock::time_point now) const {
    if (!paced()) return now;
    return begin_ + nanoseconds{static_cast<int64_t>(static_cast<double>(sent_) * 1e9 / rate_)};
  }

  bool used_up() const { return settings_.choice == Choice::once && sent_ == requests_->size(); }

  std::string_view next_request() {
    if (settings_.choice == Choice::once) return requests_->at(sent_ - 1);
    const size_t group = settings_.group == 0 ? requests_->size() : settings_.group;
    const auto number = static_cast<uint32_t>(below(settings_.ids));
    return requests_->fill(number % group + group * below(requests_->size() / group), number);
  }

  size_t below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  void send_request(Connection& connection) {
    const std::string_view text = next_request();
    // A request is far smaller than the empty socket's buffer: what does not fit at once is a
    // fault.
    const ssize_t wrote = send(connection.socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (wrote != static_cast<ssize_t>(text.size())) replace(connection);
  }

  /// A server may close an idle connection; one that owes an answer is broken.
  void replace(Connection& connection) {
    close(connection.socket);
    join(connection);
    if (!connection.busy) return;
    ++broken_;
    set_idle(connection);
  }

  void set_idle(Connection& connection) {
    connection.busy = false;
    idle_.push_back(&connection);
  }

  void join(Connection& connection) {
    connection.socket = open_socket(settings_.port);
    connection.reader = AnswerReader();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
  }

  const Settings& settings_;
  int epoll_;
  std::mt19937 random_;
  std::string name_;
  std::unique_ptr<Requests> requests_;
  double rate_ = 0;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  Clock::time_point begin_, end_, last_answer_;
  uint64_t sent_ = 0;
  size_t broken_ = 0;
  Histogram latencies_;
  std::map<int, size_t> statuses_;
};

using Streams = std::deque<Stream>;

bool finished(const Streams& streams, Clock::time_point now) {
  return std::all_of(streams.begin(), streams.end(),
                     [now](const Stream& stream) { return stream.finished(now); });
}

void run(Streams& streams, int epoll, Waiting waiting) {
  const bool paced =
      std::any_of(streams.begin(), streams.end(), [](const Stream& s) { return s.paced(); });
  const int timeout_ms = paced || waiting == Waiting::spin ? 0 : 50;
  for (Stream& stream : streams) stream.start(Clock::now());
  std::array<epoll_event, kEventsMax> events;
  for (auto now = Clock::now(); !finished(streams, now); now = Clock::now()) {
    if (now > streams.front().end() + kDrain) return;
    const int ready = epoll_wait(epoll, events.data(), kEventsMax, timeout_ms);
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
      connection.stream->on_readable(connection);
    }
    for (Stream& stream : streams) stream.send_due(Clock::now());
  }
}

}  // namespace
}  // namespace discovery

int main(int argc, char** argv) {
  using namespace discovery;
  Settings settings;
  std::vector<std::string> texts;
  CLI::App app("Load for the measurements");
  app.add_option("--port", settings.port)->required();
  app.add_option("--seconds", settings.seconds)->check(CLI::PositiveNumber);
  app.add_option("--ids", settings.ids, "random numbers lie below this")
      ->check(CLI::PositiveNumber);
  app.add_option("--group", settings.group, "so many requests are a group");
  app.add_option("--seed", settings.seed);
  app.add_flag_callback(
      "--spin", [&] { settings.waiting = Waiting::spin; }, "never sleep");
  app.add_flag_callback(
      "--once", [&] { settings.choice = Choice::once; }, "each request once, in the file's order");
  app.add_option("streams", texts, "FILE:CONNECTIONS:RATE")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    Streams streams;
    for (const std::string& text : texts) streams.emplace_back(text, settings, epoll);
    run(streams, epoll, settings.waiting);
    for (const Stream& stream : streams) stream.print();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load: %s\n", error.what());
    return 1;
  }
}

#include "net/event_loop.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <ctime>
#include <exception>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "net/local_endpoint.h"

namespace discovery {

using boost::asio::ip::tcp;

namespace {

constexpr int kAcceptedAtOnce = 64;

IpAddress address_of(const tcp::endpoint& endpoint) {
  const boost::asio::ip::address address = endpoint.address();
  if (address.is_v6()) return IpAddress(address.to_v6().to_bytes());
  std::array<uint8_t, 16> bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const auto v4 = address.to_v4().to_bytes();
  std::copy(v4.begin(), v4.end(), bytes.begin() + 12);
  return IpAddress(bytes);
}

/// One more than fits, because the first sweep may come at any moment.
Tick ticks(std::chrono::milliseconds timeout, std::chrono::milliseconds sweep_interval) {
  return static_cast<Tick>((timeout + sweep_interval - std::chrono::milliseconds{1}) /
                           sweep_interval) +
         1;
}

ConnectionHost make_host(const ServerOptions& options) {
  const auto in_ticks = [&](std::chrono::milliseconds timeout) {
    return ticks(timeout, options.sweep_interval);
  };
  return {
      .limits = {.head = {.head_bytes = options.head_bytes, .target_bytes = options.target_bytes},
                 .body_bytes = options.body_bytes},
      .timeouts = {.idle = in_ticks(options.idle_timeout),
                   .head = in_ticks(options.head_timeout),
                   .body = in_ticks(options.body_timeout),
                   .write = in_ticks(options.write_timeout),
                   .linger = in_ticks(options.linger_timeout)},
      .handler = nullptr,
      .out = Out(std::time(nullptr))};
}

/// Lack of descriptors or memory: trying again at once would only spin.
bool is_shortage(int number) {
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

}  // namespace

EventLoop::EventLoop(const ServerOptions& options, Descriptor listening_socket,
                     const HandlerFactory& make_handler, ConnectionCounts& counts,
                     MemoryBudget& memory)
    : counts_(counts),
      memory_(memory),
      sweep_interval_(options.sweep_interval),
      unfinished_timeout_(options.unfinished_timeout),
      host_(make_host(options)),
      listening_(std::move(listening_socket)) {
  host_.handler = make_handler(*this);
  listen();
  sweep_later();
}

EventLoop::~EventLoop() {
  // A pending answer may hold its connection longer than this thread lives.
  while (!connections_.empty()) static_cast<Connection&>(connections_.front()).detach();
}

void EventLoop::run() {
  while (!stopped_) {
    try {
      turn();
    } catch (const std::exception& fault) {
      spdlog::error("a fault on an I/O thread: {}", fault.what());
    }
  }
}

void EventLoop::stop() {
  stopped_ = true;
  epoll_.wake();
}

/// Serves one batch of events, then all posted tasks: these must not wait until no socket is ready.
void EventLoop::turn() {
  const auto events = epoll_.wait(wait_timeout());
  tasks_.awake();
  serve(events);
  tasks_.run(Clock::now());
  keep_to_budget();
  host_.closed.clear();  // no call into a connection is on the stack
}

std::chrono::milliseconds EventLoop::wait_timeout() {
  return host_.scheduled.empty() ? tasks_.sleep(Clock::now()) : std::chrono::milliseconds{};
}

void EventLoop::serve(std::span<const epoll_event> events) {
  for (const epoll_event& event : events) {
    Connection* const connection = epoll_.connection_of(event);
    guard_connection(connection, [&] {
      if (connection != nullptr) return connection->on_ready(event.events);
      if (epoll_.is_listening(event)) accept();
    });
  }
  for (size_t left = std::min(EpollSet::kTurn, host_.scheduled.size()); left > 0; --left) {
    const auto connection = std::move(host_.scheduled.front());
    host_.scheduled.pop_front();
    guard_connection(connection.get(), [&] { connection->run_scheduled(); });
  }
}

/// A fault costs the connection that met it, and no other.
template <class F>
void EventLoop::guard_connection(Connection* connection, F&& call) {
  try {
    call();
  } catch (const std::exception& fault) {
    spdlog::error("a connection could not be served: {}", fault.what());
    if (connection != nullptr) connection->detach();
  }
}

void EventLoop::listen() { accepting_ = epoll_.listen(listening_.number()); }

void EventLoop::accept() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    tcp::endpoint from;
    auto size = static_cast<socklen_t>(from.capacity());
    Descriptor socket(
        accept4(listening_.number(), from.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open() && is_shortage(errno)) {
      warn_of_shortage(errno);
      epoll_.ignore(listening_.number());
      accepting_ = false;  // until the next sweep
      return;
    }
    if (!socket.is_open() && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (!socket.is_open()) continue;  // the client has gone
    from.resize(size);
    serve_socket(std::move(socket), address_of(from));
  }
}

void EventLoop::warn_of_shortage(int number) {
  if (Clock::now() < warn_again_) return;
  warn_again_ = Clock::now() + std::chrono::minutes{1};
  spdlog::warn("new connections have to wait: {}", std::generic_category().message(number));
}

void EventLoop::serve_socket(Descriptor socket, const IpAddress& peer) {
  auto ticket = admit(peer, address_of(local_endpoint(socket)) == peer);
  if (!ticket) return;
  const auto connection =
      std::make_shared<Connection>(std::move(socket), peer, std::move(*ticket), host_);
  if (!epoll_.add(*connection)) return;
  connections_.push_back(*connection);
  connection->start();
}

/// Where there are as many as may be, one between two requests makes room for it.
std::optional<ConnectionTicket> EventLoop::admit(const IpAddress& peer, bool is_own) {
  if (counts_.is_full_for(peer, is_own)) close_longest_idle();
  return counts_.admit(peer, is_own);
}

/// Those whose next request has come already are left alone.
void EventLoop::close_longest_idle() {
  constexpr int kTries = 8;
  auto next = host_.idle.begin();
  for (int i = 0; i < kTries && next != host_.idle.end(); ++i) {
    if (static_cast<Connection&>(*next++).close_if_idle()) return;
  }
}

/// Where the connections of all threads take too much memory, those that take most are cut.
void EventLoop::keep_to_budget() {
  memory_.report(host_.taken_bytes, reported_bytes_);
  const size_t excess = memory_.excess(host_.taken_bytes);
  if (excess == 0) return;
  std::vector<Connection*> greediest;
  for_each_connection([&](Connection& connection) { greediest.push_back(&connection); });
  std::ranges::sort(greediest, std::greater<>(), &Connection::taken_bytes);
  const size_t enough = host_.taken_bytes - excess;
  size_t count = 0;
  for (; count < greediest.size() && host_.taken_bytes > enough; ++count) greediest[count]->cut();
  memory_.report(host_.taken_bytes, reported_bytes_);
  if (Clock::now() < warn_of_memory_again_) return;
  warn_of_memory_again_ = Clock::now() + std::chrono::minutes{1};
  spdlog::warn(
      "{} connections were cut: of all they held most that was read in part or not taken by their "
      "clients, and together that was more than {} MiB",
      count, memory_.bytes_max() >> 20);
}

void EventLoop::sweep_later() {
  tasks_.post_at(Clock::now() + sweep_interval_, [this] {
    sweep_later();
    sweep();
  });
}

/// `call` may close the connection.
template <class F>
void EventLoop::for_each_connection(F&& call) {
  for (auto next = connections_.begin(); next != connections_.end();) {
    auto& connection = static_cast<Connection&>(*next++);
    guard_connection(&connection, [&] { call(connection); });
  }
}

void EventLoop::sweep() {
  ++host_.now;
  host_.out.date.set(std::time(nullptr));
  for_each_connection([](Connection& connection) { connection.check_deadline(); });
  host_.handler->tick();
  if (!accepting_ && listening_.is_open()) listen();
}

void EventLoop::drain() {
  post([this] {
    host_.draining = true;
    listening_.reset();
    // First, so that no fault keeps it from being posted.
    post_after(unfinished_timeout_, [this] {
      for_each_connection([](Connection& connection) { connection.give_up_reading(); });
    });
    for_each_connection([](Connection& connection) { connection.drain(); });
  });
}

void EventLoop::post(std::function<void()> work) {
  if (tasks_.post(std::move(work))) epoll_.wake();
}

void EventLoop::post_after(Duration delay, std::function<void()> work) {
  tasks_.post_at(Clock::now() + delay, std::move(work));
}

}  // namespace discovery

#include "http/io_thread.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <ctime>
#include <exception>
#include <utility>

namespace discovery {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int kAcceptedAtOnce = 64;
constexpr int kTurnsAtOnce = 16;

IpAddress address_of(const tcp::endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
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

SessionHost make_host(const ServerOptions& options) {
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

IoThread::IoThread(const ServerOptions& options, tcp protocol, int listening_socket,
                   const HandlerFactory& make_handler, ConnectionCounts& counts)
    : counts_(counts),
      sweep_interval_(options.sweep_interval),
      host_(make_host(options)),
      ready_descriptor_(context_.get_executor(), dup(ready_.descriptor())) {
  host_.handler = make_handler(*this);
  acceptor_.assign(protocol, listening_socket);
  acceptor_.native_non_blocking(true);
  accept();
  wait_for_sessions();
  wait_for_sweep();
}

IoThread::~IoThread() {
  // Whoever still owes an answer may hold a session longer than this thread lives.
  while (!sessions_.empty()) sessions_.front().detach();
}

void IoThread::run() {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& fault) {
      spdlog::error("a fault on an I/O thread: {}", fault.what());
    }
  }
}

void IoThread::accept() {
  accepting_ = true;
  acceptor_.async_wait(Acceptor::wait_read, [this](Error error) { on_acceptable(error); });
}

void IoThread::on_acceptable(Error error) {
  if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    tcp::endpoint from;
    auto size = static_cast<socklen_t>(from.capacity());
    Descriptor socket(
        accept4(acceptor_.native_handle(), from.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open() && is_shortage(errno)) {
      accepting_ = false;  // until the next sweep
      return warn_of_shortage();
    }
    if (!socket.is_open() && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (!socket.is_open()) continue;  // whoever came has gone
    from.resize(size);
    welcome(std::move(socket), from);
  }
  settle();
  accept();
}

void IoThread::warn_of_shortage() {
  const Error error(errno, boost::system::system_category());
  if (Clock::now() < warn_again_) return;
  warn_again_ = Clock::now() + std::chrono::minutes{1};
  spdlog::warn("new connections have to wait: {}", error.message());
}

void IoThread::welcome(Descriptor socket, const tcp::endpoint& from) {
  const IpAddress peer = address_of(from);
  auto ticket = counts_.admit(peer);
  if (!ticket) return;
  const auto session =
      std::make_shared<Session>(std::move(socket), peer, std::move(*ticket), host_);
  if (!ready_.add(*session)) return;
  sessions_.push_back(*session);
  session->start();
}

void IoThread::wait_for_sessions() {
  ready_descriptor_.async_wait(ReadyDescriptor::wait_read, [this](Error error) {
    if (error) return;
    serve();
    wait_for_sessions();
  });
}

/// Turns for those who have something to do, as long as there is anyone, or something else to be
/// done on this thread: what was posted to it must not wait until nobody wants anything.
void IoThread::serve() {
  for (int i = 0; i < kTurnsAtOnce && (i == 0 || posted_ <= 0); ++i) {
    const auto events = ready_.take(host_.expects_posts() ? ReadySet::kLook : ReadySet::kTurn);
    if (events.empty() && host_.again.empty()) return;
    host_.is_looking = host_.expects_posts() && events.size() + host_.again.size() > 1;
    for (const epoll_event& event : events) {
      Session& session = ReadySet::session_of(event);
      contain(session, [&] { session.on_ready(event.events); });
    }
    host_.is_looking = false;
    for (size_t left = std::min(ReadySet::kTurn, host_.again.size()); left > 0; --left) {
      const auto session = std::move(host_.again.front());
      host_.again.pop_front();
      contain(*session, [&] { session->go_on(); });
    }
    host_.closed.clear();
    // Who came alone was all there was, most likely; the event loop looks again anyway.
    if (events.size() < 2 && host_.again.empty()) break;
  }
  settle();
}

/// A fault costs the connection that met it, and no other.
template <class F>
void IoThread::contain(Session& session, F&& call) {
  try {
    call();
  } catch (const std::exception& fault) {
    spdlog::error("a connection could not be served: {}", fault.what());
    session.detach();
  }
}

/// Nobody is inside a session now: lets the closed ones go, and sees to it that those which have
/// more to do get their turn.
void IoThread::settle() {
  host_.closed.clear();
  if (host_.again.empty() || turn_is_due_) return;
  turn_is_due_ = true;
  asio::post(context_, [this] {
    turn_is_due_ = false;
    serve();
  });
}

void IoThread::wait_for_sweep() {
  timer_.expires_after(sweep_interval_);
  timer_.async_wait([this](Error error) {
    if (error) return;
    wait_for_sweep();
    sweep();
  });
}

void IoThread::sweep() {
  ++host_.now;
  host_.out.date.set(std::time(nullptr));
  for (auto next = sessions_.begin(); next != sessions_.end();) {
    Session& session = *next++;
    session.check_deadline();
  }
  settle();
  host_.handler->tick();
  if (!accepting_ && acceptor_.is_open()) accept();
}

void IoThread::drain() {
  asio::post(context_, [this] {
    host_.draining = true;
    Error ignored;
    acceptor_.close(ignored);
    for (auto next = sessions_.begin(); next != sessions_.end();) {
      Session& session = *next++;
      session.drain();
    }
    settle();
  });
}

// Behind the turn under way, which nobody else's follows until this is done.
void IoThread::post(std::function<void()> work) {
  asio::post(context_, [this, work = std::move(work)] {
    --posted_;
    work();
    settle();
  });
  ++posted_;
}

void IoThread::post_after(Duration delay, std::function<void()> work) {
  const auto timer = std::make_shared<Timer>(context_.get_executor(), delay);
  timer->async_wait([this, timer, work = std::move(work)](Error error) {
    if (error) return;
    work();
    settle();
  });
}

}  // namespace discovery

#include "net/io_thread.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <ctime>
#include <exception>
#include <system_error>
#include <utility>

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

IoThread::IoThread(const ServerOptions& options, Descriptor listening_socket,
                   const HandlerFactory& make_handler, ConnectionCounts& counts)
    : counts_(counts),
      sweep_interval_(options.sweep_interval),
      unfinished_timeout_(options.unfinished_timeout),
      host_(make_host(options)),
      listening_(std::move(listening_socket)) {
  host_.handler = make_handler(*this);
  listen();
  sweep_later();
}

IoThread::~IoThread() {
  // Whoever still owes an answer may hold a session longer than this thread lives.
  while (!sessions_.empty()) sessions_.front().detach();
}

void IoThread::run() {
  while (!stopped_) {
    try {
      turn();
    } catch (const std::exception& fault) {
      spdlog::error("a fault on an I/O thread: {}", fault.what());
    }
  }
}

void IoThread::stop() {
  stopped_ = true;
  ready_.wake();
}

/// Some of those who want something, and then all that was posted: that must not wait until nobody
/// wants anything.
void IoThread::turn() {
  const auto events = ready_.wait(patience());
  agenda_.awake();
  serve(events);
  agenda_.run(Clock::now());
  host_.closed.clear();  // nobody is inside a session now
}

std::chrono::milliseconds IoThread::patience() {
  return host_.again.empty() ? agenda_.sleep(Clock::now()) : std::chrono::milliseconds{};
}

void IoThread::serve(std::span<const epoll_event> events) {
  for (const epoll_event& event : events) {
    Session* const session = ready_.session_of(event);
    guard_session(session, [&] {
      if (session != nullptr) return session->on_ready(event.events);
      if (ready_.is_listening(event)) accept();
    });
  }
  for (size_t left = std::min(ReadySet::kTurn, host_.again.size()); left > 0; --left) {
    const auto session = std::move(host_.again.front());
    host_.again.pop_front();
    guard_session(session.get(), [&] { session->go_on(); });
  }
}

/// A fault costs the connection that met it, and no other.
template <class F>
void IoThread::guard_session(Session* session, F&& call) {
  try {
    call();
  } catch (const std::exception& fault) {
    spdlog::error("a connection could not be served: {}", fault.what());
    if (session != nullptr) session->detach();
  }
}

void IoThread::listen() { accepting_ = ready_.listen(listening_.number()); }

void IoThread::accept() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    tcp::endpoint from;
    auto size = static_cast<socklen_t>(from.capacity());
    Descriptor socket(
        accept4(listening_.number(), from.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open() && is_shortage(errno)) {
      warn_of_shortage(errno);
      ready_.ignore(listening_.number());
      accepting_ = false;  // until the next sweep
      return;
    }
    if (!socket.is_open() && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (!socket.is_open()) continue;  // whoever came has gone
    from.resize(size);
    welcome(std::move(socket), address_of(from));
  }
}

void IoThread::warn_of_shortage(int number) {
  if (Clock::now() < warn_again_) return;
  warn_again_ = Clock::now() + std::chrono::minutes{1};
  spdlog::warn("new connections have to wait: {}", std::generic_category().message(number));
}

void IoThread::welcome(Descriptor socket, const IpAddress& peer) {
  auto ticket = counts_.admit(peer);
  if (!ticket) return;
  const auto session =
      std::make_shared<Session>(std::move(socket), peer, std::move(*ticket), host_);
  if (!ready_.add(*session)) return;
  sessions_.push_back(*session);
  session->start();
}

void IoThread::sweep_later() {
  agenda_.post_at(Clock::now() + sweep_interval_, [this] {
    sweep_later();
    sweep();
  });
}

/// `call` may close the session.
template <class F>
void IoThread::for_each_session(F&& call) {
  for (auto next = sessions_.begin(); next != sessions_.end();) {
    Session& session = *next++;
    guard_session(&session, [&] { call(session); });
  }
}

void IoThread::sweep() {
  ++host_.now;
  host_.out.date.set(std::time(nullptr));
  for_each_session([](Session& session) { session.check_deadline(); });
  host_.handler->tick();
  if (!accepting_ && listening_.is_open()) listen();
}

void IoThread::drain() {
  post([this] {
    host_.draining = true;
    listening_.reset();
    // First, so that no fault keeps it from being posted.
    post_after(unfinished_timeout_,
               [this] { for_each_session([](Session& session) { session.give_up_reading(); }); });
    for_each_session([](Session& session) { session.drain(); });
  });
}

void IoThread::post(std::function<void()> work) {
  if (agenda_.post(std::move(work))) ready_.wake();
}

void IoThread::post_after(Duration delay, std::function<void()> work) {
  agenda_.post_at(Clock::now() + delay, std::move(work));
}

}  // namespace discovery

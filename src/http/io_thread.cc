#include "http/io_thread.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <ctime>
#include <exception>
#include <utility>

namespace discovery {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

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
bool is_shortage(const boost::system::error_code& error) {
  return error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
         error == asio::error::no_memory || error.value() == ENFILE;
}

}  // namespace

IoThread::IoThread(const ServerOptions& options, tcp protocol, int listening_socket,
                   const HandlerFactory& make_handler, ConnectionCounts& counts)
    : counts_(counts), sweep_interval_(options.sweep_interval), host_(make_host(options)) {
  host_.handler = make_handler(*this);
  acceptor_.assign(protocol, listening_socket);
  accept();
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
  acceptor_.async_accept(accepted_, accepted_from_, [this](Error error) { on_accept(error); });
}

void IoThread::on_accept(Error error) {
  if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
  accepting_ = false;  // until the next sweep, unless all goes well
  if (is_shortage(error)) return warn_of_shortage(error);
  if (!error) welcome();
  accept();
}

void IoThread::warn_of_shortage(const Error& error) {
  if (Clock::now() < warn_again_) return;
  warn_again_ = Clock::now() + std::chrono::minutes{1};
  spdlog::warn("new connections have to wait: {}", error.message());
}

void IoThread::welcome() {
  Session::Socket socket = std::exchange(accepted_, Session::Socket(context_.get_executor()));
  const IpAddress peer = address_of(accepted_from_);
  Error error;
  socket.non_blocking(true, error);
  auto ticket = counts_.admit(peer);
  if (error || !ticket) return;
  const auto session =
      std::make_shared<Session>(std::move(socket), peer, std::move(*ticket), host_);
  sessions_.push_back(*session);
  session->start();
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
  });
}

// Behind the handlers of all sockets that are known to be readable.
void IoThread::post(std::function<void()> work) { asio::post(context_, std::move(work)); }

}  // namespace discovery

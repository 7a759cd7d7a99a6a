#include "http/session.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>

namespace discovery {

namespace asio = boost::asio;
using Phase = Protocol::Phase;

namespace {

constexpr uint32_t kDiscardedMax = 256 * 1024;  // read after the last answer, so that it arrives

}  // namespace

Session::Session(Socket socket, const IpAddress& peer, ConnectionTicket ticket, SessionHost& host)
    : host_(host),
      ticket_(std::move(ticket)),
      socket_(std::move(socket)),
      protocol_(host.limits, peer) {}

std::shared_ptr<Session> Session::self() {
  return std::static_pointer_cast<Session>(shared_from_this());
}

void Session::start() {
  const auto refusal = ticket_->refusal();
  if (!refusal) return rest();
  protocol_.fail(*refusal, *host_.handler, *this);
}

void Session::answer(const Reply& reply) {
  if (!socket_ || protocol_.phase() != Phase::waiting) return;
  Out& out = host_.out;
  if (!advancing_) out.clear();
  protocol_.reply(reply, out);
  if (!advancing_ && !pending_.empty()) {
    queued_.append(out.text).append(out.tail);
    return out.clear();
  }
  if (!out.tail.empty()) send(out);
  if (!advancing_) advance();
}

/// Goes on until there is nothing to do but wait: for bytes, for an answer, for a slow reader.
void Session::advance() {
  Out& out = host_.out;
  while (socket_ && pending_.empty()) {
    if (protocol_.phase() == Phase::streaming) protocol_.stream(out);
    advancing_ = true;
    try {
      input_.consume(protocol_.feed(input_.text(), *host_.handler, *this, out));
    } catch (const std::exception& fault) {
      spdlog::error("a request could not be handled: {}", fault.what());
      out.clear();
      close();
    }
    advancing_ = false;
    if (out.empty() && pending_.empty()) return rest();
    if (!out.empty()) send(out);
  }
  if (socket_) write_pending();
}

/// Writes what the socket takes now, and keeps the rest.
void Session::send(Out& out) {
  Error error;
  const std::array<asio::const_buffer, 2> both{asio::buffer(out.text), asio::buffer(out.tail)};
  const size_t sent =
      out.tail.empty() ? socket_->write_some(both[0], error) : socket_->write_some(both, error);
  if (error && error != asio::error::would_block) {
    close();
  } else if (sent < out.text.size()) {
    pending_.append(out.text, sent).append(out.tail);
  } else {
    pending_.append(out.tail.substr(sent - out.text.size()));
  }
  out.clear();
}

void Session::rest() {
  if (!socket_) return;
  if (protocol_.phase() == Phase::waiting) {
    deadline_.reset();  // the handler's word: every request is answered
  } else if (protocol_.phase() == Phase::closing) {
    linger();
  } else if (host_.draining && is_idle()) {
    close();
  } else {
    set_reading_deadline();
    read();
  }
}

void Session::read() {
  if (reading_) return;
  reading_ = true;
  const auto space = input_.space();
  socket_->async_read_some(
      asio::buffer(space.data(), space.size()),
      [session = self()](Error error, size_t size) { session->on_read(error, size); });
}

void Session::on_read(Error error, size_t size) {
  reading_ = false;
  if (!socket_) return;
  if (error) return close();
  if (protocol_.phase() == Phase::closing) return discard(size);
  input_.commit(size);
  host_.out.clear();
  advance();
}

void Session::discard(size_t size) {
  discarded_ += static_cast<uint32_t>(size);
  if (discarded_ > kDiscardedMax) return close();
  read();
}

void Session::write_pending() {
  deadline_ = host_.now + host_.timeouts.write;
  timed_phase_ = Phase::closing;
  asio::async_write(*socket_, asio::buffer(pending_),
                    [session = self()](Error error, size_t) { session->on_write(error); });
}

void Session::on_write(Error error) {
  if (!socket_) return;
  if (error) return close();
  pending_ = std::exchange(queued_, {});
  host_.out.clear();
  advance();
}

/// Closing at once would reset the connection if the client has sent what was never read, and the
/// reset can overtake the answer.
void Session::linger() {
  Error ignored;
  socket_->shutdown(Socket::shutdown_send, ignored);
  deadline_ = host_.now + host_.timeouts.linger;
  input_.consume(input_.text().size());
  read();
}

void Session::close() { socket_.reset(); }

void Session::detach() {
  close();
  ticket_.reset();
  unlink();
}

bool Session::is_idle() const { return protocol_.phase() == Phase::idle && input_.empty(); }

/// A deadline runs from the first byte of what is timed; more bytes do not extend it.
void Session::set_reading_deadline() {
  const Phase phase = protocol_.phase();
  if (phase == timed_phase_ && protocol_.answered() == timed_answered_) return;
  timed_phase_ = phase;
  timed_answered_ = protocol_.answered();
  const SessionTimeouts& timeouts = host_.timeouts;
  const Tick patience = phase == Phase::head   ? timeouts.head
                        : phase == Phase::body ? timeouts.body
                                               : timeouts.idle;
  deadline_ = host_.now + patience;
}

void Session::check_deadline() {
  if (!socket_ || !deadline_ || host_.now < *deadline_) return;
  const Phase phase = protocol_.phase();
  const bool has_started = pending_.empty() && (phase == Phase::head || phase == Phase::body);
  if (!has_started) return close();
  protocol_.fail(HttpFault::timeout, *host_.handler, *this);
}

void Session::drain() {
  protocol_.close_after_reply();
  if (!socket_ || !reading_ || !is_idle()) return;
  Error error;
  if (socket_->available(error) == 0) close();
}

}  // namespace discovery

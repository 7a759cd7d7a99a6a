#include "net/connection.h"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/limits.h"

namespace discovery {

using Phase = Protocol::Phase;

namespace {

/// Calls again what a signal interrupted.
template <class F>
ssize_t uninterrupted(F&& call) {
  ssize_t result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

Connection::Connection(Descriptor socket, const IpAddress& peer, ConnectionTicket ticket,
                       ConnectionHost& host)
    : host_(host),
      ticket_(std::move(ticket)),
      socket_(std::move(socket)),
      protocol_(host.limits, peer) {}

std::shared_ptr<Connection> Connection::self() {
  return std::static_pointer_cast<Connection>(shared_from_this());
}

void Connection::start() {
  self_ = self();
  const auto refusal = ticket_->refusal();
  if (!refusal) return await_event();
  protocol_.fail();
  refuse(*refusal);
}

void Connection::answer(const Reply& reply) {
  if (!socket_.is_open() || protocol_.phase() != Phase::waiting) return;
  Out& out = host_.out;
  if (!advancing_) out.clear();
  protocol_.reply(reply, out);
  if (!advancing_ || !out.tail.empty()) send(out);
  if (!advancing_) go_on();
}

void Connection::resume() {
  if (!socket_.is_open() || !protocol_.is_held()) return;
  protocol_.resume();
  go_on();
}

void Connection::wake() {
  if (!socket_.is_open() || !protocol_.streams()) return;
  if (unsent_.empty()) return go_on();
  recount();
}

/// Sends one piece, behind what is to be sent before it: others are served before the next. True:
/// it was the last. A fault cuts the answer.
bool Connection::stream() {
  Out& out = host_.out;
  const size_t begin = out.text.size();
  auto progress = BodySource::Progress::idle;
  bool is_cut = false;
  try {
    progress = protocol_.stream(out);
  } catch (const std::exception& fault) {
    spdlog::error("an answer was cut: {}", fault.what());
    out.text.resize(begin);
    is_cut = true;
  }
  if (!out.empty()) send(out);
  if (is_cut) cut();
  if (socket_.is_open() && unsent_.empty()) {
    deadline_.reset();
    if (progress == BodySource::Progress::more) schedule();
  }
  return progress == BodySource::Progress::over;
}

void Connection::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  host_.scheduled.push_back(self());
}

void Connection::go_on() {
  host_.out.clear();
  advance();
  input_.keep();
  if (has_left()) close();
  recount();
}

/// Goes on until there is nothing to do but wait: for bytes, for an answer, for a slow reader.
void Connection::advance() {
  Out& out = host_.out;
  while (socket_.is_open() && unsent_.empty()) {
    if (!handle_input()) return;
    if (protocol_.streams() && unsent_.empty()) {
      if (stream()) continue;
      return;
    }
    if (out.empty() && unsent_.empty()) return await_event();
    if (!out.empty()) send(out);
  }
}

/// Has what is complete in the input handled, until an answer is pending or many are rendered.
/// False: a fault has ended the connection.
bool Connection::handle_input() {
  advancing_ = true;
  try {
    for (bool has_request = true; has_request && socket_.is_open() && unsent_.empty();) {
      const Protocol::Step step = protocol_.next(input_.text(), host_.out);
      has_request = step.request.has_value();
      if (has_request) {
        host_.handler->handle(*step.request, *this);
        protocol_.end_request();
      }
      if (step.fault) refuse(*step.fault);
      input_.consume(step.used);
    }
  } catch (const std::exception& fault) {
    spdlog::error("a request could not be handled: {}", fault.what());
    advancing_ = false;
    host_.out.clear();
    close();
    return false;
  }
  advancing_ = false;
  return true;
}

void Connection::refuse(HttpFault fault) {
  host_.handler->fault(fault, protocol_.peer(), protocol_.forwarded_for(), *this);
  protocol_.end_refusal();
}

/// Writes what the socket takes now, and keeps the rest.
void Connection::send(Out& out) {
  size_t sent = 0;
  if (socket_.is_open() && unsent_.empty()) {
    sent = write({UnsentBytes::piece(out.text), UnsentBytes::piece(out.tail)});
    if (!socket_.is_open()) return out.clear();
    if (sent == out.text.size() + out.tail.size()) return out.clear();
    deadline_ = host_.now + host_.timeouts.write;
    timed_phase_ = Phase::closing;
  }
  unsent_.put(out, sent);
}

/// How much the socket took.
size_t Connection::write(std::array<iovec, 2> pieces) {
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const bool is_one = pieces[1].iov_len == 0;
  const ssize_t sent = uninterrupted([&] {
    return is_one ? ::send(socket_.number(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                  : ::sendmsg(socket_.number(), &message, MSG_NOSIGNAL);
  });
  if (sent < 0 && !would_block()) close();
  return sent < 0 ? 0 : static_cast<size_t>(sent);
}

void Connection::await_event() {
  if (!socket_.is_open()) return;
  if (protocol_.phase() == Phase::waiting) {
    deadline_.reset();  // the handler guarantees that every request is answered
  } else if (protocol_.phase() == Phase::closing) {
    if (!lingering_) linger();
  } else if (host_.draining && is_idle()) {
    close();
  } else {
    set_reading_deadline();
    if (is_idle() && !IdleConnection::is_linked()) host_.idle.push_back(*this);
  }
  if (reads() && readable_) schedule();
}

void Connection::on_ready(uint32_t events) {
  if (!socket_.is_open()) return;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
  if (ended_ || (events & EPOLLIN) != 0) readable_ = true;
  if (has_left()) return close();
  if ((events & EPOLLOUT) != 0 && !unsent_.empty()) flush();
  if (socket_.is_open() && readable_ && reads()) read();
}

void Connection::run_scheduled() {
  scheduled_ = false;
  if (!socket_.is_open()) return;
  if (protocol_.streams()) return wake();
  if (readable_ && reads()) read();
}

/// Once, so that a client that sends much does not delay the others.
void Connection::read() {
  const auto space = input_.space(host_.input);
  const ssize_t got =
      uninterrupted([&] { return recv(socket_.number(), space.data(), space.size(), 0); });
  if (got < 0 && would_block()) {
    readable_ = false;
    return;
  }
  if (got <= 0) return close();
  const auto size = static_cast<size_t>(got);
  if (size < space.size() && !ended_) readable_ = false;
  if (lingering_) return discard(size);
  input_.commit(size);
  IdleConnection::unlink();
  go_on();
}

void Connection::discard(size_t size) {
  discarded_ += static_cast<uint32_t>(size);
  if (discarded_ > limits::kDiscardedBytes) return close();
  await_event();
}

void Connection::flush() {
  const size_t sent = write(unsent_.pieces());
  if (!socket_.is_open() || sent == 0) return;
  unsent_.take(sent);
  if (!unsent_.empty()) {
    deadline_ = host_.now + host_.timeouts.write;
    return;
  }
  go_on();
}

/// Closing at once would reset the connection if the client has sent what was never read, and the
/// reset can overtake the answer.
void Connection::linger() {
  lingering_ = true;
  shutdown(socket_.number(), SHUT_WR);
  deadline_ = host_.now + host_.timeouts.linger;
  input_.consume(input_.text().size());
}

void Connection::close() {
  socket_.reset();
  ticket_.reset();
  IdleConnection::unlink();
  recount();
  if (self_) host_.closed.push_back(std::move(self_));
}

void Connection::recount() {
  const size_t now = socket_.is_open() ? unsent_.bytes() + input_.bytes() + protocol_.bytes() : 0;
  host_.taken_bytes += now - taken_bytes_;
  taken_bytes_ = now;
}

void Connection::cut() {
  const ::linger at_once{1, 0};
  if (socket_.is_open()) {
    setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close();
}

void Connection::detach() {
  close();
  OpenConnection::unlink();
}

/// Whether bytes that come now would be read.
bool Connection::reads() const {
  const Phase phase = protocol_.phase();
  return unsent_.empty() && phase != Phase::waiting && !protocol_.streams();
}

/// The client of a stream sends nothing more, and ends the stream by closing its side: be it at
/// once, so that no event will say so again.
bool Connection::has_left() const { return ended_ && protocol_.phase() == Phase::events; }

bool Connection::is_idle() const { return protocol_.phase() == Phase::idle && input_.empty(); }

/// A deadline runs from the first byte of what is timed; more bytes do not extend it.
void Connection::set_reading_deadline() {
  const Phase phase = protocol_.phase();
  if (phase == timed_phase_ && protocol_.answered() == timed_answered_) return;
  timed_phase_ = phase;
  timed_answered_ = protocol_.answered();
  const ConnectionTimeouts& timeouts = host_.timeouts;
  const Tick timeout = phase == Phase::head   ? timeouts.head
                       : phase == Phase::body ? timeouts.body
                                              : timeouts.idle;
  deadline_ = host_.now + timeout;
}

void Connection::check_deadline() {
  if (!socket_.is_open() || !deadline_ || host_.now < *deadline_) return;
  const Phase phase = protocol_.phase();
  const bool has_started = unsent_.empty() && (phase == Phase::head || phase == Phase::body);
  if (!has_started) return close();
  protocol_.fail();
  refuse(HttpFault::timeout);
}

void Connection::drain() {
  protocol_.close_after_reply();
  if (protocol_.phase() == Phase::events) return close();
  if (protocol_.is_held()) return resume();
  if (protocol_.phase() == Phase::streaming) return wake();
  close_if_idle();
}

bool Connection::close_if_idle() {
  if (!socket_.is_open() || !unsent_.empty() || !is_idle()) return false;
  int unread = 0;
  if (ioctl(socket_.number(), FIONREAD, &unread) != 0 || unread > 0) return false;
  close();
  return true;
}

void Connection::give_up_reading() {
  const Phase phase = protocol_.phase();
  const bool reads_a_request = phase == Phase::idle || phase == Phase::head || phase == Phase::body;
  if (socket_.is_open() && unsent_.empty() && reads_a_request) close();
}

}  // namespace discovery

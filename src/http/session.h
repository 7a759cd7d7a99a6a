// One connection: reads, feeds the protocol, writes what was answered.
//
// async_read_some, then everything answered in one non-blocking write, and an asynchronous write
// only for what the socket did not take: one epoll_wait, recv and send for a request. At most one
// read and one write are outstanding, and each holds the session; while an answer is pending, only
// whoever owes it does.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/exchange.h"
#include "http/connection_counts.h"
#include "http/input_buffer.h"
#include "http/protocol.h"

namespace discovery {

/// Ticks are sweeps of the connection's thread (io_thread.h).
using Tick = uint64_t;

struct SessionTimeouts {
  Tick idle = 0;
  Tick head = 0;
  Tick body = 0;
  Tick write = 0;
  Tick linger = 0;
};

/// What the connections of one thread share.
struct SessionHost {
  ProtocolLimits limits;
  SessionTimeouts timeouts;
  std::unique_ptr<Handler> handler;
  Out out;
  Tick now = 0;
  bool draining = false;
};

class Session final : public Exchange,
                      public boost::intrusive::list_base_hook<
                          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // The concrete executor saves a virtual call for each operation.
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                  boost::asio::io_context::executor_type>;

  /// `host` must outlive every operation, and detach() must be called before it goes.
  Session(Socket socket, const IpAddress& peer, ConnectionTicket ticket, SessionHost& host);

  /// Begins to serve; or tells the client that it is one too many, as the ticket has it.
  void start();

  void answer(const Reply& reply) override;

  /// Ends what has lasted too long: a started request with an answer, anything else without.
  void check_deadline();

  /// Ends the connection when nothing is in flight, and otherwise after the next answer.
  void drain();

  /// Closes for good and lets go of everything shared, whoever still holds the session.
  void detach();

 private:
  using Error = boost::system::error_code;

  std::shared_ptr<Session> self();
  void advance();
  void send(Out& out);
  void rest();
  void read();
  void on_read(Error error, size_t size);
  void discard(size_t size);
  void write_pending();
  void on_write(Error error);
  void linger();
  void close();
  void set_reading_deadline();
  bool is_idle() const;

  SessionHost& host_;
  std::optional<ConnectionTicket> ticket_;
  std::optional<Socket> socket_;  // gone: closed
  Protocol protocol_;
  InputBuffer input_;
  std::string pending_;  // answers that the socket has not taken yet
  std::string queued_;   // an answer that came while those were being written
  std::optional<Tick> deadline_;
  Protocol::Phase timed_phase_ = Protocol::Phase::closing;
  uint64_t timed_answered_ = 0;
  uint32_t discarded_ = 0;
  bool reading_ = false;
  bool advancing_ = false;
};

}  // namespace discovery

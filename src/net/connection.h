// One connection: reads, has whole requests handled, writes the answers.
//
// Its socket is in the loop's epoll set (epoll_set.h), which reports changes alone: a read
// that did not fill its buffer has taken all there was, so that a request costs one recv and one
// send. Where more is at hand than one turn reads, the connection asks for another turn, behind all
// the others.
#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/descriptor.h"
#include "net/connection_counts.h"
#include "net/http1/exchange.h"
#include "net/http1/protocol.h"
#include "net/input_buffer.h"
#include "net/unsent_bytes.h"

namespace discovery {

/// Ticks are sweeps of the connection's thread (event_loop.h).
using Tick = uint64_t;

struct ConnectionTimeouts {
  Tick idle = 0;
  Tick head = 0;
  Tick body = 0;
  Tick write = 0;
  Tick linger = 0;
};

class Connection;

/// Hooks of the lists of all connections and of those between two requests; they leave both by
/// themselves.
template <class Tag>
using ConnectionHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<Tag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
struct OpenConnection : ConnectionHook<OpenConnection> {};
struct IdleConnection : ConnectionHook<IdleConnection> {};
template <class Entry>
using ConnectionList =
    boost::intrusive::list<Entry, boost::intrusive::base_hook<ConnectionHook<Entry>>,
                           boost::intrusive::constant_time_size<false>>;

/// What the connections of one thread share.
struct ConnectionHost {
  ProtocolLimits limits;
  ConnectionTimeouts timeouts;
  std::unique_ptr<Handler> handler;
  Out out;
  std::array<char, 4096> input{};  // lent to the connection that reads; most use all of it at once
  Tick now = 0;
  bool draining = false;
  std::deque<std::shared_ptr<Connection>> scheduled{};  // have more to do
  std::vector<std::shared_ptr<Connection>>
      closed{};                           // kept while a call into them may be on the stack
  ConnectionList<IdleConnection> idle{};  // that for longest first
  size_t taken_bytes = 0;                 // as Connection::taken_bytes(), of all
};

/// Used by its thread alone. Holds itself while it is open.
class Connection final : public Exchange, public OpenConnection, public IdleConnection {
 public:
  /// `socket` does not block. `host` must outlive what is open, and detach() must be called before
  /// it goes.
  Connection(Descriptor socket, const IpAddress& peer, ConnectionTicket ticket,
             ConnectionHost& host);

  /// Begins to serve; or tells the client that it is one too many, as the ticket says.
  void start();

  void answer(const Reply& reply) override;
  void hold() override { protocol_.hold(); }
  void resume() override;
  void wake() override;
  void hang_up() override { close(); }

  /// What epoll said of the socket.
  void on_ready(uint32_t events);

  /// Takes the turn that it asked for.
  void run_scheduled();

  /// Ends what has lasted too long: a started request with an answer, anything else without.
  void check_deadline();

  /// Ends the connection when nothing is in flight, and otherwise after the next answer; what is
  /// held is resumed.
  void drain();

  /// Closes it where it waits for a request of which nothing has come.
  bool close_if_idle();

  /// Closes what has not arrived whole by now: the client may send it again elsewhere.
  void give_up_reading();

  /// Closes by a reset, which no client takes for the end of an answer.
  void cut();

  /// How much memory it takes for what has been read in part or not been sent yet.
  size_t taken_bytes() const { return taken_bytes_; }

  /// Closes for good and lets go of everything shared, also where a pending answer still holds the
  /// connection.
  void detach();

  int descriptor() const { return socket_.number(); }

 private:
  std::shared_ptr<Connection> self();
  void go_on();
  void advance();
  bool handle_input();
  void refuse(HttpFault fault);
  void send(Out& out);
  size_t write(std::array<iovec, 2> pieces);
  bool stream();
  void schedule();
  void await_event();
  void read();
  void discard(size_t size);
  void flush();
  void linger();
  void close();
  void recount();
  void set_reading_deadline();
  bool reads() const;
  bool is_idle() const;
  bool has_left() const;

  ConnectionHost& host_;
  std::shared_ptr<Connection> self_;  // while open
  std::optional<ConnectionTicket> ticket_;
  Descriptor socket_;
  Protocol protocol_;
  InputBuffer input_;
  UnsentBytes unsent_;
  size_t taken_bytes_ = 0;
  std::optional<Tick> deadline_;
  Protocol::Phase timed_phase_ = Protocol::Phase::closing;
  uint64_t timed_answered_ = 0;
  uint32_t discarded_ = 0;
  bool readable_ = false;   // there may be more to read
  bool ended_ = false;      // the peer sends nothing more, so that no event will say so again
  bool scheduled_ = false;  // for another turn
  bool lingering_ = false;
  bool advancing_ = false;
};

}  // namespace discovery

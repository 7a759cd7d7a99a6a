// What one I/O thread runs: its listening socket, its connections, their deadlines, its outbox.
//
// Asio's loop knows the listening socket, the timer and what other threads post; the connections
// stand in a ready set, which it knows as one descriptor.
#pragma once

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "api/connection_counts.h"
#include "board/board.h"
#include "http/ready_set.h"
#include "http/server.h"
#include "http/session.h"

namespace discovery {

/// post(), drain() and stop() may be called on any thread, the rest before run() or by
/// it.
class IoThread final : public Outbox {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;

  /// Takes over a listening socket, which may be shared with nobody.
  IoThread(const ServerOptions& options, boost::asio::ip::tcp protocol, int listening_socket,
           const HandlerFactory& make_handler, ConnectionCounts& counts);
  ~IoThread() override;

  void run();
  void stop() { context_.stop(); }
  void drain();

  void post(std::function<void()> work) override;
  /// On this thread only.
  void post_after(Duration delay, std::function<void()> work) override;

 private:
  using Error = boost::system::error_code;
  using Clock = std::chrono::steady_clock;
  using ReadyDescriptor = boost::asio::posix::basic_stream_descriptor<Executor>;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;

  void accept();
  void on_acceptable(Error error);
  void warn_of_shortage();
  void welcome(Descriptor socket, const boost::asio::ip::tcp::endpoint& from);
  void wait_for_sessions();
  void serve();
  template <class F>
  void contain(Session& session, F&& call);
  void settle();
  void wait_for_sweep();
  void sweep();

  ConnectionCounts& counts_;
  const std::chrono::milliseconds sweep_interval_;
  SessionHost host_;
  boost::intrusive::list<Session, boost::intrusive::constant_time_size<false>> sessions_;
  ReadySet ready_;
  bool accepting_ = false;
  bool turn_is_due_ = false;
  std::atomic<int> posted_ = 0;  // what post() was given and is not done; for a moment one less
  Clock::time_point warn_again_{};

  // Declared last, hence gone before what their handlers use.
  boost::asio::io_context context_{1};
  Acceptor acceptor_{context_};
  ReadyDescriptor ready_descriptor_;
  Timer timer_{context_.get_executor()};
};

}  // namespace discovery

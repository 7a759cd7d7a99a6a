// What one I/O thread runs: its listening socket, its connections, their deadlines, its executor.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "base/descriptor.h"
#include "base/executor.h"
#include "net/connection.h"
#include "net/connection_counts.h"
#include "net/epoll_set.h"
#include "net/memory_budget.h"
#include "net/server.h"
#include "net/task_queue.h"

namespace discovery {

/// post(), drain() and stop() may be called on any thread, the rest before run() or by it.
class EventLoop final : public Executor {
 public:
  /// Takes over a listening socket, which must not block and is not shared.
  EventLoop(const ServerOptions& options, Descriptor listening_socket,
            const HandlerFactory& make_handler, ConnectionCounts& counts, MemoryBudget& memory);
  ~EventLoop() override;

  void run();
  void stop();
  void drain();

  void post(std::function<void()> work) override;
  /// On this thread only.
  void post_after(Duration delay, std::function<void()> work) override;

 private:
  using Clock = std::chrono::steady_clock;

  void turn();
  std::chrono::milliseconds wait_timeout();
  void serve(std::span<const epoll_event> events);
  template <class F>
  void guard_connection(Connection* connection, F&& call);
  void listen();
  void accept();
  void warn_of_shortage(int number);
  void serve_socket(Descriptor socket, const IpAddress& peer);
  std::optional<ConnectionTicket> admit(const IpAddress& peer, bool is_own);
  void close_longest_idle();
  void keep_to_budget();
  void sweep_later();
  void sweep();
  template <class F>
  void for_each_connection(F&& call);

  ConnectionCounts& counts_;
  MemoryBudget& memory_;
  const std::chrono::milliseconds sweep_interval_;
  const std::chrono::milliseconds unfinished_timeout_;
  ConnectionHost host_;
  ConnectionList<OpenConnection> connections_;
  TaskQueue tasks_;
  EpollSet epoll_;
  Descriptor listening_;
  bool accepting_ = false;
  std::atomic<bool> stopped_ = false;
  Clock::time_point warn_again_{};
  Clock::time_point warn_of_memory_again_{};
  size_t reported_bytes_ = 0;  // to memory_
};

}  // namespace discovery

// The HTTP server: one thread, epoll set and listening socket per processor, nothing shared
// between them but the connection counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/ip_address.h"
#include "base/limits.h"
#include "base/result.h"
#include "net/http1/exchange.h"

namespace discovery {

class ConnectionCounts;
class EventLoop;
class Executor;
class MemoryBudget;

struct ServerOptions {
  std::string host = "0.0.0.0";  // a literal address; `::` serves both families
  uint16_t port = 9001;          // 0: any free one
  unsigned threads = 1;
  size_t connections_max = 20'000;
  size_t own_connections_max = limits::kOwnConnections;    // further ones, of the machine itself
  size_t connections_per_address_max = 256;                // IPv6: per /64
  std::vector<IpNetwork> trusted_proxies;                  // exempt from the cap per address
  size_t connection_bytes_max = limits::kConnectionBytes;  // of all
  size_t head_bytes = limits::kHeadBytes;
  size_t target_bytes = limits::kTargetBytes;
  size_t body_bytes = limits::kBodyBytes;
  std::chrono::milliseconds idle_timeout = limits::kIdleTimeout;
  std::chrono::milliseconds head_timeout = limits::kHeadTimeout;
  std::chrono::milliseconds body_timeout = limits::kBodyTimeout;
  std::chrono::milliseconds write_timeout = limits::kWriteTimeout;
  std::chrono::milliseconds linger_timeout = limits::kLingerTimeout;  // for a last answer to arrive
  std::chrono::milliseconds unfinished_timeout =
      limits::kUnfinishedTimeout;  // for the rest of a request while the server drains
  std::chrono::milliseconds sweep_interval = std::chrono::seconds{1};  // between looks at deadlines
};

/// Called once for each I/O thread, before that starts; the Executor leads back to it.
using HandlerFactory = std::function<std::unique_ptr<Handler>(Executor& executor)>;

/// Owned and called by one thread. Must outlive the last delivery to its executors.
class Server {
 public:
  /// Binds and listens; clients that connect are served from start() on. Code::conflict where
  /// another server has the port, Code::invalid for a host that is no address, Code::internal
  /// otherwise.
  static Result<std::unique_ptr<Server>> open(const ServerOptions& options,
                                              const HandlerFactory& make_handler);

  /// Ends at once: joins the threads and closes what is still open. drain() first to be polite.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const { return port_; }

  /// An error: not all threads could be started. drain() ends those that were.
  Status start();

  /// Accepts nothing more, closes idle connections, waits a little for what has arrived in part,
  /// lets what is in flight finish with its answer, and stops the threads: when all is done, or at
  /// the timeout. False if something was cut off.
  bool drain(std::chrono::milliseconds timeout);

 private:
  explicit Server(const ServerOptions& options);

  void stop();

  uint16_t port_ = 0;
  std::unique_ptr<ConnectionCounts> counts_;
  std::unique_ptr<MemoryBudget> memory_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace discovery

#include "net/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/start_thread.h"
#include "base/this_thread.h"
#include "net/connection_counts.h"
#include "net/event_loop.h"
#include "net/local_endpoint.h"
#include "net/memory_budget.h"

namespace discovery {

using boost::asio::ip::tcp;

namespace {

constexpr int kBacklog = 4096;
constexpr int kNicenessStep = 3;  // than the writer, which has a disk to wait for as well

enum class Use { probe, serve };

std::string address_text(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

Error bind_error(const tcp::endpoint& endpoint, int number) {
  if (number == EADDRINUSE) {
    return fail(Code::conflict, address_text(endpoint) + " is in use by another server");
  }
  return fail(Code::internal, "cannot listen on " + address_text(endpoint) + ": " +
                                  std::generic_category().message(number));
}

std::optional<tcp::endpoint> find_endpoint(const std::string& host, uint16_t port) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return tcp::endpoint(address, port);
}

bool set_option(const Descriptor& socket, int level, int name, int value) {
  return setsockopt(socket.number(), level, name, &value, sizeof value) == 0;
}

/// Accepted sockets inherit TCP_NODELAY, which saves a call for each of them.
bool set_options(const Descriptor& socket, const tcp::endpoint& endpoint, Use use) {
  return set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1) &&
         (use == Use::probe || set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1)) &&
         (!endpoint.address().is_v6() || set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
         set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

Result<Descriptor> bind_to(const tcp::endpoint& endpoint, Use use) {
  Descriptor socket(
      ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open() || !set_options(socket, endpoint, use) ||
      ::bind(socket.number(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    return bind_error(endpoint, errno);
  }
  return socket;
}

/// SO_REUSEPORT would let a second server of the same user share the port unnoticed, and take half
/// of the first one's clients. Without it, a port with a listener is refused.
Status probe(const tcp::endpoint& endpoint) {
  auto socket = bind_to(endpoint, Use::probe);
  if (!socket) return socket.error();
  return {};
}

Result<Descriptor> listen_on(const tcp::endpoint& endpoint) {
  auto socket = bind_to(endpoint, Use::serve);
  if (socket && listen(socket->number(), kBacklog) != 0) return bind_error(endpoint, errno);
  return socket;
}

}  // namespace

Server::Server(const ServerOptions& options)
    : counts_(std::make_unique<ConnectionCounts>(
          ConnectionLimits{.connections_max = options.connections_max,
                           .own_max = options.own_connections_max,
                           .per_address_max = options.connections_per_address_max,
                           .trusted_proxies = options.trusted_proxies})),
      memory_(std::make_unique<MemoryBudget>(options.connection_bytes_max,
                                             std::max(options.threads, 1U))) {}

Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::open(const ServerOptions& options,
                                             const HandlerFactory& make_handler) {
  auto endpoint = find_endpoint(options.host, options.port);
  if (!endpoint) return fail(Code::invalid, "'" + options.host + "' is no address to listen on");
  if (options.port != 0) {
    if (const Status free = probe(*endpoint); !free) return free.error();
  }
  std::unique_ptr<Server> server(new Server(options));
  for (unsigned i = 0; i < std::max(options.threads, 1U); ++i) {
    auto socket = listen_on(*endpoint);
    if (!socket) return socket.error();
    endpoint->port(local_endpoint(*socket).port());
    server->loops_.push_back(std::make_unique<EventLoop>(options, *std::move(socket), make_handler,
                                                         *server->counts_, *server->memory_));
  }
  server->port_ = endpoint->port();
  return server;
}

Status Server::start() {
  for (const auto& loop : loops_) {
    auto thread = start_thread("all THREADS", [&loop = *loop] {
      name_this_thread("io");
      raise_niceness(kNicenessStep);
      loop.run();
    });
    if (!thread) return thread.error();
    threads_.push_back(*std::move(thread));
  }
  return {};
}

bool Server::drain(std::chrono::milliseconds timeout) {
  if (threads_.empty()) return true;
  for (const auto& loop : loops_) loop->drain();
  const bool all_finished = counts_->wait_until_none(timeout);
  stop();
  return all_finished;
}

void Server::stop() {
  for (const auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace discovery

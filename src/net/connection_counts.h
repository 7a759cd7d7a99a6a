// How many connections there are, in all and per client address, and whether one more may come.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "net/http1/exchange.h"

namespace discovery {

struct ConnectionLimits {
  size_t connections_max = 20'000;
  size_t own_max = 0;                      // further ones, where the machine itself is the client
  size_t per_address_max = 256;            // IPv6: per /64
  std::vector<IpNetwork> trusted_proxies;  // not bound by per_address_max
};

class ConnectionCounts;

/// A counted connection; counts down when destroyed. Not outliving the ConnectionCounts.
class ConnectionTicket {
 public:
  ConnectionTicket(ConnectionCounts& counts, const IpAddress& address,
                   std::optional<HttpFault> refusal)
      : counts_(&counts), address_(address), refusal_(refusal) {}
  ~ConnectionTicket();
  ConnectionTicket(ConnectionTicket&& other) noexcept
      : counts_(std::exchange(other.counts_, nullptr)),
        address_(other.address_),
        refusal_(other.refusal_) {}
  ConnectionTicket& operator=(ConnectionTicket&&) = delete;

  /// Set where the connection is one too many: it gets this answer and no other.
  std::optional<HttpFault> refusal() const { return refusal_; }

 private:
  ConnectionCounts* counts_;
  IpAddress address_;
  std::optional<HttpFault> refusal_;
};

/// Shared by all I/O threads.
class ConnectionCounts {
 public:
  explicit ConnectionCounts(const ConnectionLimits& limits)
      : limits_(limits), refused_max_(limits::refused_connections(limits.connections_max)) {}

  /// Whether there are as many connections as may be, so that this one would be refused for that.
  bool is_full_for(const IpAddress& peer, bool is_own = false);
  /// Nothing where so many are being refused already that this one is better dropped unheard.
  /// `is_own`: from an address to itself; a proxy there speaks for others.
  std::optional<ConnectionTicket> admit(const IpAddress& peer, bool is_own = false);

  /// Blocks until no connection is left; false at the timeout.
  bool wait_until_none(std::chrono::milliseconds timeout);

 private:
  friend class ConnectionTicket;

  void release(const IpAddress& address, bool was_refused);
  std::optional<HttpFault> refusal_of(const IpAddress& peer, bool is_own) const REQUIRES(mutex_);

  const ConnectionLimits limits_;
  const size_t refused_max_;
  Mutex mutex_;
  std::condition_variable_any none_left_;
  size_t admitted_ GUARDED_BY(mutex_) = 0;
  size_t refused_ GUARDED_BY(mutex_) = 0;
  // Ordered, because the keys are untrusted input.
  std::map<IpAddress, size_t> per_address_ GUARDED_BY(mutex_);
};

}  // namespace discovery

#include "net/connection_counts.h"

#include "base/limits.h"

namespace discovery {

namespace {

constexpr unsigned kIpv6PrefixBits = 64;

IpAddress counted_address(const IpAddress& peer) {
  return peer.is_v4() ? peer : peer.network(kIpv6PrefixBits);
}

}  // namespace

ConnectionTicket::~ConnectionTicket() {
  if (counts_) counts_->release(address_, refusal_.has_value());
}

std::optional<HttpFault> ConnectionCounts::refusal_of(const IpAddress& peer, bool is_own) const {
  const bool is_proxy = any_contains(limits_.trusted_proxies, peer);
  const size_t further = is_own && !is_proxy ? limits_.own_max : 0;
  const auto found = per_address_.find(counted_address(peer));
  const size_t of_address = found == per_address_.end() ? 0 : found->second;
  if (!is_proxy && of_address >= limits_.per_address_max + further) {
    return HttpFault::too_many_connections_per_address;
  }
  if (admitted_ >= limits_.connections_max + further) return HttpFault::too_many_connections;
  return std::nullopt;
}

bool ConnectionCounts::is_full_for(const IpAddress& peer, bool is_own) {
  const MutexLock lock(mutex_);
  return refusal_of(peer, is_own) == HttpFault::too_many_connections;
}

std::optional<ConnectionTicket> ConnectionCounts::admit(const IpAddress& peer, bool is_own) {
  const IpAddress address = counted_address(peer);
  const MutexLock lock(mutex_);
  const std::optional<HttpFault> refusal = refusal_of(peer, is_own);
  if (!refusal) {
    ++admitted_;
    ++per_address_[address];
  } else if (refused_++ >= refused_max_) {
    --refused_;
    return std::nullopt;
  }
  return ConnectionTicket(*this, address, refusal);
}

void ConnectionCounts::release(const IpAddress& address, bool was_refused) {
  const MutexLock lock(mutex_);
  if (was_refused) {
    --refused_;
  } else {
    --admitted_;
    const auto found = per_address_.find(address);
    if (--found->second == 0) per_address_.erase(found);
  }
  if (admitted_ + refused_ == 0) none_left_.notify_all();
}

bool ConnectionCounts::wait_until_none(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const MutexLock lock(mutex_);
  while (admitted_ + refused_ > 0) {
    if (none_left_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      return admitted_ + refused_ == 0;
    }
  }
  return true;
}

}  // namespace discovery

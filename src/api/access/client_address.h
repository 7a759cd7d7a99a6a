// The client of a request: the peer, or the address that a trusted proxy names (contract, section
// 4).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace discovery {

struct ClientAddress {
  IpAddress address;
  std::string_view unreadable;  // the entry that ended the walk; empty where none did
};

/// The right-most address of `forwarded_for` (all X-Forwarded-For lines joined by ',') that is not
/// itself trusted; an entry that names no address ends the walk at the last good one. From a peer
/// that is not trusted the header is not used.
ClientAddress client_address(const IpAddress& peer, std::string_view forwarded_for,
                             const std::vector<IpNetwork>& trusted);

/// The address that an entry of X-Forwarded-For names, in any spelling that proxies use:
/// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`, with a zone, in quotes.
std::optional<IpAddress> parse_forwarded(std::string_view entry);

}  // namespace discovery

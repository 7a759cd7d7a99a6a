// Whose request it is: the peer, or whom a trusted proxy speaks for (contract, section 4).
#pragma once

#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace discovery {

/// The right-most address of `forwarded_for` (all X-Forwarded-For lines joined by ',') that is not
/// itself trusted; a malformed entry ends the walk at the last good address. From a peer that is
/// not trusted the header is not used.
IpAddress client_address(const IpAddress& peer, std::string_view forwarded_for,
                         const std::vector<IpNetwork>& trusted);

bool is_trusted(const IpAddress& address, const std::vector<IpNetwork>& trusted);

}  // namespace discovery

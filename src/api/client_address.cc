#include "api/client_address.h"

#include <algorithm>

namespace discovery {

namespace {

std::string_view trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

}  // namespace

bool is_trusted(const IpAddress& address, const std::vector<IpNetwork>& trusted) {
  return std::ranges::any_of(trusted,
                             [&](const IpNetwork& network) { return network.contains(address); });
}

IpAddress client_address(const IpAddress& peer, std::string_view forwarded_for,
                         const std::vector<IpNetwork>& trusted) {
  IpAddress client = peer;
  while (!forwarded_for.empty() && is_trusted(client, trusted)) {
    const size_t comma = forwarded_for.rfind(',');
    const size_t from = comma == std::string_view::npos ? 0 : comma + 1;
    const std::optional<IpAddress> next = IpAddress::parse(trimmed(forwarded_for.substr(from)));
    if (!next) break;
    client = *next;
    forwarded_for = forwarded_for.substr(0, from == 0 ? 0 : comma);
  }
  return client;
}

}  // namespace discovery

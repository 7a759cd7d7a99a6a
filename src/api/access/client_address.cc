#include "api/access/client_address.h"

#include <algorithm>

#include "base/ascii.h"
#include "net/http1/field_list.h"

namespace discovery {

namespace {

// It may be empty, as in a URL (RFC 3986, section 3.2.3).
bool is_port(std::string_view text) {
  constexpr size_t kDigitsMax = 5;
  return text.size() <= kDigitsMax && std::ranges::all_of(text, is_ascii_digit);
}

// Only IPv6 addresses have zones, and ours are the same in each.
std::string_view without_zone(std::string_view text) {
  const size_t percent = text.find('%');
  const bool has_zone = percent != text.npos && percent + 1 < text.size() &&
                        text.substr(0, percent).find(':') != text.npos;
  return has_zone ? text.substr(0, percent) : text;
}

}  // namespace

std::optional<IpAddress> parse_forwarded(std::string_view entry) {
  entry = trimmed(entry);
  if (entry.size() >= 2 && entry.front() == '"' && entry.back() == '"') {
    entry = trimmed(entry.substr(1, entry.size() - 2));
  }
  if (entry.starts_with('[')) {
    const size_t end = entry.find(']');
    if (end == entry.npos) return std::nullopt;
    const std::string_view behind = entry.substr(end + 1);
    const bool is_good = behind.empty() || (behind.front() == ':' && is_port(behind.substr(1)));
    entry = entry.substr(1, end - 1);
    if (!is_good) return std::nullopt;
  } else if (const size_t colon = entry.find(':'); colon == entry.rfind(':')) {
    // Several colons are an IPv6 address, which has no port without brackets.
    if (colon != entry.npos && !is_port(entry.substr(colon + 1))) return std::nullopt;
    entry = entry.substr(0, colon);
  }
  return IpAddress::parse(without_zone(entry));
}

ClientAddress client_address(const IpAddress& peer, std::string_view forwarded_for,
                             const std::vector<IpNetwork>& trusted) {
  ClientAddress client{peer, {}};
  while (!forwarded_for.empty() && any_contains(trusted, client.address)) {
    const size_t comma = forwarded_for.rfind(',');
    const size_t from = comma == std::string_view::npos ? 0 : comma + 1;
    const std::string_view entry = trimmed(forwarded_for.substr(from));
    forwarded_for = forwarded_for.substr(0, from == 0 ? 0 : comma);
    if (entry.empty()) continue;  // not an item of the list (RFC 9110, section 5.6.1)
    const std::optional<IpAddress> next = parse_forwarded(entry);
    if (!next) return {client.address, entry};
    client.address = *next;
  }
  return client;
}

}  // namespace discovery

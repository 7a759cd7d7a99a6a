#include "identity/public_hosts.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/ascii.h"
#include "base/ip_address.h"

namespace discovery {
namespace {

constexpr size_t kNameMax = 253;  // what DNS can carry

std::string_view without_default_port(std::string_view host) {
  for (const std::string_view port : {":80", ":443"}) {
    if (host.ends_with(port)) return host.substr(0, host.size() - port.size());
  }
  return host;
}

bool is_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0 && text[0] != '0';
}

bool is_name_character(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '.' || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_bracketed_ipv6(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return false;
  text = text.substr(1, text.size() - 2);
  return text.find(':') != text.npos && IpAddress::parse(text).has_value();
}

bool is_authority(std::string_view text) {
  // A colon inside brackets is no port's.
  const size_t colon = text.ends_with(']') ? text.npos : text.rfind(':');
  const std::string_view host = text.substr(0, colon);
  if (colon != text.npos && !is_port(text.substr(colon + 1))) return false;
  return is_name(host) || is_bracketed_ipv6(host);
}

}  // namespace

Result<std::string> normalise_host(std::string_view text) {
  if (is_authority(text)) return lower_case(text);
  return fail(Code::invalid,
              "a host name or address as in the board's URL, such as board.example, "
              "board.example:9001 or [2001:db8::1]:9001, without scheme and path");
}

std::vector<std::string> PublicHosts::expected(std::string_view host) const {
  std::string name = lower_case(host);
  if (!names_.empty()) {
    auto listed = std::find(names_.begin(), names_.end(), name);
    if (listed == names_.end()) {
      listed = std::find_if(names_.begin(), names_.end(), [&](std::string_view candidate) {
        return without_default_port(candidate) == without_default_port(name);
      });
    }
    name = listed == names_.end() ? names_.front() : *listed;
  }
  const std::string_view short_name = without_default_port(name);
  if (short_name == name) return {std::move(name)};
  return {std::string(short_name), std::move(name)};
}

}  // namespace discovery

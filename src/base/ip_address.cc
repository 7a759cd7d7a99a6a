#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace discovery {
namespace {

constexpr unsigned kMappedBits = 96;  // where the IPv4 address begins in an IPv4-mapped one
constexpr std::array<uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

using Bytes = std::array<uint8_t, 16>;
using Groups = std::array<unsigned, 8>;

struct Run {
  size_t begin = 0;
  size_t length = 0;
};

std::string v4_text(const Bytes& bytes) {
  std::array<char, INET_ADDRSTRLEN> text;
  char* end = text.data();
  for (size_t i = kMappedPrefix.size(); i < bytes.size(); ++i) {
    if (end != text.data()) *end++ = '.';
    end = std::to_chars(end, text.data() + text.size(), bytes[i]).ptr;
  }
  return {text.data(), end};
}

Run longest_zero_run(const Groups& groups) {
  Run longest;
  for (size_t begin = 0; begin < groups.size(); ++begin) {
    size_t end = begin;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - begin > longest.length) longest = {begin, end - begin};
  }
  return longest;
}

std::string v6_text(const Bytes& bytes) {
  Groups groups;
  for (size_t i = 0; i < groups.size(); ++i) {
    groups[i] = unsigned{bytes[2 * i]} << 8 | bytes[2 * i + 1];
  }
  const Run zeros = longest_zero_run(groups);
  std::array<char, INET6_ADDRSTRLEN> text;
  char* end = text.data();
  for (size_t i = 0; i < groups.size();) {
    // A single zero group is written out (RFC 5952, section 4.2.2).
    if (i == zeros.begin && zeros.length > 1) {
      end = std::copy_n("::", 2, end);
      i += zeros.length;
      continue;
    }
    if (i > 0 && end[-1] != ':') *end++ = ':';
    end = std::to_chars(end, text.data() + text.size(), groups[i++], 16).ptr;
  }
  return {text.data(), end};
}

bool in_any(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

std::vector<IpNetwork> parse_all(std::initializer_list<const char*> texts) {
  std::vector<IpNetwork> networks;
  for (const char* text : texts) networks.push_back(IpNetwork::parse(text).value());
  return networks;
}

// What IANA's special-purpose registries call not globally reachable, deprecated transition ranges
// (Teredo, 6to4 and its relays), and multicast, which no single host answers.
const std::vector<IpNetwork>& reserved_networks() {
  static const std::vector<IpNetwork> networks =
      parse_all({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                 "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
                 "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
                 "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"});
  return networks;
}

// Globally reachable parts of the ranges above.
const std::vector<IpNetwork>& reachable_exceptions() {
  static const std::vector<IpNetwork> networks =
      parse_all({"192.0.0.9", "192.0.0.10", "2001:1::1", "2001:1::2", "2001:1::3", "2001:3::/32",
                 "2001:4:112::/48", "2001:20::/28", "2001:30::/28"});
  return networks;
}

bool is_translated(const IpAddress& address) {
  static const IpNetwork network = IpNetwork::parse("64:ff9b::/96").value();
  return network.contains(address);
}

// Deprecated spellings of IPv4 addresses; ::1 is among them.
bool is_v4_compatible(const IpAddress& address) {
  static const IpNetwork network = IpNetwork::parse("::/96").value();
  return network.contains(address);
}

// The IPv4 address in the last 32 bits.
IpAddress embedded_v4(const IpAddress& address) {
  Bytes bytes = address.bytes();
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
  return IpAddress(bytes);
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != text.npos) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());

  const bool is_v6 = text.find(':') != text.npos;
  Bytes bytes{};
  if (!is_v6) std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
  uint8_t* const begin = bytes.data() + (is_v6 ? 0 : kMappedPrefix.size());
  if (inet_pton(is_v6 ? AF_INET6 : AF_INET, terminated.data(), begin) != 1) return std::nullopt;
  return IpAddress(bytes);
}

std::string IpAddress::text() const { return is_v4() ? v4_text(bytes_) : v6_text(bytes_); }

bool IpAddress::is_v4() const {
  return std::memcmp(bytes_.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0;
}

bool IpAddress::is_unspecified() const { return network(0) == *this; }

bool IpAddress::is_multicast() const {
  return is_v4() ? bytes_[kMappedPrefix.size()] >> 4 == 0xe : bytes_[0] == 0xff;
}

bool IpAddress::is_host() const {
  static const IpAddress broadcast = IpAddress::parse("255.255.255.255").value();
  if (is_translated(*this) || is_v4_compatible(*this)) return embedded_v4(*this).is_host();
  return !is_unspecified() && !is_multicast() && *this != broadcast;
}

bool IpAddress::is_public() const {
  static const IpNetwork global_unicast = IpNetwork::parse("2000::/3").value();
  if (is_translated(*this)) return embedded_v4(*this).is_public();
  if (!is_v4() && !global_unicast.contains(*this)) return false;
  return !in_any(reserved_networks(), *this) || in_any(reachable_exceptions(), *this);
}

IpAddress IpAddress::network(unsigned prefix_bits) const {
  const size_t kept_bits = std::min(128U, (is_v4() ? kMappedBits : 0) + prefix_bits);
  Bytes bytes{};
  std::copy_n(bytes_.begin(), kept_bits / 8, bytes.begin());
  if (kept_bits % 8 != 0) {
    bytes[kept_bits / 8] = static_cast<uint8_t>(bytes_[kept_bits / 8] & 0xff00 >> kept_bits % 8);
  }
  return IpAddress(bytes);
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view base = text.substr(0, slash);
  const std::optional<IpAddress> address = IpAddress::parse(base);
  if (!address) return std::nullopt;

  // An IPv4-mapped range counts its prefix from the start of the IPv6 address.
  const bool mapped = address->is_v4() && base.find(':') != base.npos;
  const unsigned skipped_bits = mapped ? kMappedBits : 0;
  const unsigned bits_max = address->is_v4() && !mapped ? 32 : 128;
  unsigned bits = bits_max;
  if (slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, bits);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  }
  if (bits < skipped_bits || bits > bits_max) return std::nullopt;

  IpNetwork network;
  network.base_ = *address;
  network.prefix_bits_ = bits - skipped_bits;
  if (address->network(network.prefix_bits_) != *address) return std::nullopt;
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
  return address.is_v4() == base_.is_v4() && address.network(prefix_bits_) == base_;
}

bool any_contains(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::ranges::any_of(networks,
                             [&](const IpNetwork& network) { return network.contains(address); });
}

}  // namespace discovery

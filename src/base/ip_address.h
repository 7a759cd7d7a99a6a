// IPv4 and IPv6 addresses as 16 bytes; IPv4 is kept IPv4-mapped (::ffff:a.b.c.d), so that the two
// spellings of one host are one value everywhere (contract, sections 1 and 4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace discovery {

/// A value type: copied, compared, hashed by its bytes.
class IpAddress {
 public:
  IpAddress() = default;  // the unspecified address ::
  explicit IpAddress(const std::array<uint8_t, 16>& bytes) : bytes_(bytes) {}

  /// Literal addresses only: no leading zeros, zone ids, ports, brackets or spaces.
  static std::optional<IpAddress> parse(std::string_view text);

  /// Canonical text: dotted quad for IPv4 and IPv4-mapped, RFC 5952 for IPv6.
  std::string text() const;

  bool is_v4() const;
  bool is_unspecified() const;
  bool is_multicast() const;
  /// One host could have it, if only in a network of its own: it is not unspecified, multicast or
  /// the limited broadcast, in no IPv6 spelling of such an IPv4 address either.
  bool is_host() const;
  /// Reachable from the internet: not private, loopback, link-local, documentation or reserved
  /// (IANA's special-purpose registries, RFC 6890).
  bool is_public() const;

  /// The address with all but its first `prefix_bits` cleared; counted from the family's own start.
  IpAddress network(unsigned prefix_bits) const;

  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  bool operator==(const IpAddress&) const = default;
  bool operator<(const IpAddress& other) const { return bytes_ < other.bytes_; }

 private:
  std::array<uint8_t, 16> bytes_{};
};

/// An address range such as 10.0.0.0/8; a lone address is its own range.
class IpNetwork {
 public:
  /// Refuses ranges whose host bits are set: `10.0.0.1/8` is more likely a slip than meant.
  static std::optional<IpNetwork> parse(std::string_view text);
  bool contains(const IpAddress& address) const;

 private:
  IpAddress base_;
  unsigned prefix_bits_ = 0;
};

bool any_contains(const std::vector<IpNetwork>& networks, const IpAddress& address);

}  // namespace discovery

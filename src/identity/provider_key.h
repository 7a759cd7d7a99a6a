// The public key that a provider's id names (contract, section 5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace discovery {

enum class KeyKind : uint8_t { ethereum, ed25519 };

/// A value type: two ids name one key exactly if these are equal.
struct ProviderKey {
  KeyKind kind = KeyKind::ethereum;
  std::array<uint8_t, 32> bytes{};  // an Ethereum address is the first 20, the rest is zero

  bool operator==(const ProviderKey&) const = default;
};

/// The key of an id in canonical form (ProviderId::text()); nothing where it names none.
std::optional<ProviderKey> key_of(std::string_view canonical_id);

}  // namespace discovery

#include "identity/provider_key.h"

#include <algorithm>

#include "identity/hex.h"

namespace discovery {
namespace {

template <size_t kSize>
std::optional<ProviderKey> read_key(KeyKind kind, std::string_view digits) {
  const auto bytes = from_hex<kSize>(digits);
  if (!bytes) return std::nullopt;
  ProviderKey key{kind, {}};
  std::copy(bytes->begin(), bytes->end(), key.bytes.begin());
  return key;
}

}  // namespace

std::optional<ProviderKey> key_of(std::string_view canonical_id) {
  constexpr std::string_view kAddressPrefix = "0x";
  constexpr std::string_view kEd25519Prefix = "ed25519:";
  if (canonical_id.starts_with(kAddressPrefix)) {
    return read_key<20>(KeyKind::ethereum, canonical_id.substr(kAddressPrefix.size()));
  }
  if (canonical_id.starts_with(kEd25519Prefix)) {
    return read_key<32>(KeyKind::ed25519, canonical_id.substr(kEd25519Prefix.size()));
  }
  return std::nullopt;
}

}  // namespace discovery

// Ed25519 signatures (RFC 8032, the plain variant).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace discovery {

/// Construction prepares libsodium. verify() may be called from many threads at once.
class Ed25519Verifier {
 public:
  Ed25519Verifier();

  /// Whether the holder of `public_key` signed `text`; Code::unauthorized otherwise. Keys of small
  /// order (the identity among them), under which anybody can sign, and keys and signatures in a
  /// second spelling of their numbers never verify.
  Status verify(std::span<const uint8_t, 32> public_key, std::string_view text,
                std::span<const uint8_t, 64> signature) const;
};

}  // namespace discovery

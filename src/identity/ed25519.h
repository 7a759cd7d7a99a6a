// Ed25519 signatures, verified and made (RFC 8032, the plain variant).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace discovery {

/// Construction prepares libsodium. verify() may be called from many threads at once.
class Ed25519Verifier {
 public:
  Ed25519Verifier();

  /// Whether the holder of `public_key` signed `text`; Code::unauthorized otherwise. Keys of small
  /// order (the identity among them), under which any text can be signed without a key, and keys
  /// and signatures in a second spelling of their numbers never verify.
  Status verify(std::span<const uint8_t, 32> public_key, std::string_view text,
                std::span<const uint8_t, 64> signature) const;
};

/// Holds a private key, for programs that post; the server has none. sign() may be called from many
/// threads at once.
class Ed25519Signer {
 public:
  /// `seed` is 64 hex digits. Code::invalid where it is not.
  static Result<Ed25519Signer> open(std::string_view seed);

  /// The provider id that the key stands for: `ed25519:` and the public key in hex.
  const std::string& id() const { return id_; }
  /// 128 hex digits.
  std::string sign(std::string_view text) const;

 private:
  Ed25519Signer() = default;

  std::array<uint8_t, 64> secret_key_{};  // libsodium's: the seed and the public key
  std::string id_;
};

}  // namespace discovery

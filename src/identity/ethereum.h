// Signatures of Ethereum wallets, verified and made: EIP-191 `personal_sign` over secp256k1.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct secp256k1_context_struct;

namespace discovery {

struct Secp256k1ContextDeleter {
  void operator()(secp256k1_context_struct* context) const;
};
/// Owns a context of libsecp256k1.
using Secp256k1Context = std::unique_ptr<secp256k1_context_struct, Secp256k1ContextDeleter>;

/// verify() may be called from many threads at once.
class EthereumVerifier {
 public:
  EthereumVerifier();

  /// Whether the key of `address` signed `text`. `signature` is r, s and v, with v of 0, 1, 27 or
  /// 28, and only the one of its two twins whose s is in the lower half of the order: there is one
  /// signature per signing, not two. Code::unauthorized says what is wrong.
  Status verify(std::span<const uint8_t, 20> address, std::string_view text,
                std::span<const uint8_t, 65> signature) const;

 private:
  Secp256k1Context context_;
};

/// Holds a private key, for programs that post; the server has none. sign() may be called from many
/// threads at once.
class EthereumSigner {
 public:
  /// `private_key` is 64 hex digits. Code::invalid: no key of secp256k1.
  static Result<EthereumSigner> open(std::string_view private_key);

  /// The provider id that the key stands for: its address, in EIP-55 case.
  const std::string& id() const { return id_; }
  /// r, s (in the lower half of the order) and v of 27 or 28, as 130 hex digits.
  std::string sign(std::string_view text) const;

 private:
  EthereumSigner() = default;

  Secp256k1Context context_;
  std::array<uint8_t, 32> private_key_{};
  std::string id_;
};

}  // namespace discovery

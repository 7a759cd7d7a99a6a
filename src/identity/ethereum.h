// Signatures of Ethereum wallets: EIP-191 `personal_sign` over secp256k1.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

struct secp256k1_context_struct;

namespace discovery {

/// Owns libsecp256k1's context. verify() may be called from many threads at once.
class EthereumVerifier {
 public:
  EthereumVerifier();

  /// Whether the key of `address` signed `text`. `signature` is r, s and v, with v of 0, 1, 27 or
  /// 28, and only the one of its two twins whose s is in the lower half of the order: there is one
  /// signature per signing, not two. Code::unauthorized says what is wrong.
  Status verify(std::span<const uint8_t, 20> address, std::string_view text,
                std::span<const uint8_t, 65> signature) const;

 private:
  struct Destroy {
    void operator()(secp256k1_context_struct* context) const;
  };
  std::unique_ptr<secp256k1_context_struct, Destroy> context_;
};

}  // namespace discovery

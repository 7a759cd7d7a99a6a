// Providers that sign, for tests: what a wallet or openssl does, over any text.
#pragma once

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <sodium.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "identity/digest.h"
#include "identity/hex.h"
#include "identity/provider_id.h"

namespace discovery {

/// The 32 bytes of a private key or seed, from 64 hex digits.
inline std::array<uint8_t, 32> secret_of(std::string_view hex_digits) {
  const auto secret = from_hex<32>(hex_digits);
  if (!secret) throw std::invalid_argument("a private key is 64 hex digits");
  return *secret;
}

/// A private key that no other number gives.
inline std::string numbered_secret(uint64_t number) {
  return to_hex(sha256("provider " + std::to_string(number)));
}

inline std::string signature_header(int64_t time_ms, std::string_view hex_digits) {
  return "t=" + std::to_string(time_ms) + ",v1=" + std::string(hex_digits);
}

/// Signs as `personal_sign` does (EIP-191).
class EthereumSigner {
 public:
  explicit EthereumSigner(std::string_view private_key_hex)
      : context_(secp256k1_context_create(SECP256K1_CONTEXT_NONE)),
        private_key_(secret_of(private_key_hex)) {
    secp256k1_pubkey key;
    if (secp256k1_ec_pubkey_create(context_.get(), &key, private_key_.data()) == 0) {
      throw std::invalid_argument("not a private key of secp256k1");
    }
    std::array<uint8_t, 65> point;
    size_t size = point.size();
    secp256k1_ec_pubkey_serialize(context_.get(), point.data(), &size, &key,
                                  SECP256K1_EC_UNCOMPRESSED);
    const Digest digest = keccak256({reinterpret_cast<const char*>(point.data()) + 1, 64});
    id_ = eip55_address(to_hex(digest).substr(24));
  }

  const std::string& id() const { return id_; }

  /// 65 bytes in hex, with v of 27 or 28.
  std::string sign(std::string_view text) const {
    std::string message(1, '\x19');
    message += "Ethereum Signed Message:\n" + std::to_string(text.size());
    message += text;
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_ecdsa_sign_recoverable(context_.get(), &signature, keccak256(message).data(),
                                     private_key_.data(), nullptr, nullptr);
    std::array<uint8_t, 65> bytes;
    int recovery_id = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context_.get(), bytes.data(),
                                                            &recovery_id, &signature);
    bytes[64] = static_cast<uint8_t>(27 + recovery_id);
    return to_hex(bytes);
  }

  std::string header(int64_t time_ms, std::string_view text) const {
    return signature_header(time_ms, sign(text));
  }

 private:
  struct Destroy {
    void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
  };
  std::unique_ptr<secp256k1_context, Destroy> context_;
  std::array<uint8_t, 32> private_key_;
  std::string id_;
};

class Ed25519Signer {
 public:
  explicit Ed25519Signer(std::string_view seed_hex) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
    std::array<uint8_t, crypto_sign_PUBLICKEYBYTES> public_key;
    crypto_sign_seed_keypair(public_key.data(), secret_key_.data(), secret_of(seed_hex).data());
    id_ = "ed25519:" + to_hex(public_key);
  }

  const std::string& id() const { return id_; }

  /// 64 bytes in hex.
  std::string sign(std::string_view text) const {
    std::array<uint8_t, crypto_sign_BYTES> bytes;
    crypto_sign_detached(bytes.data(), nullptr, reinterpret_cast<const uint8_t*>(text.data()),
                         text.size(), secret_key_.data());
    return to_hex(bytes);
  }

  std::string header(int64_t time_ms, std::string_view text) const {
    return signature_header(time_ms, sign(text));
  }

 private:
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret_key_;
  std::string id_;
};

}  // namespace discovery

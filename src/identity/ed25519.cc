#include "identity/ed25519.h"

#include <sodium.h>

#include <stdexcept>

#include "identity/hex.h"

namespace discovery {
namespace {

void prepare_libsodium() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
}

}  // namespace

Ed25519Verifier::Ed25519Verifier() { prepare_libsodium(); }

Status Ed25519Verifier::verify(std::span<const uint8_t, 32> public_key, std::string_view text,
                               std::span<const uint8_t, 64> signature) const {
  // libsodium itself refuses the weak keys and the second spellings; the tests hold it to that.
  if (crypto_sign_verify_detached(signature.data(), reinterpret_cast<const uint8_t*>(text.data()),
                                  text.size(), public_key.data()) == 0) {
    return {};
  }
  return fail(Code::unauthorized,
              "the signature is not this provider's, or was made over another text");
}

Result<Ed25519Signer> Ed25519Signer::open(std::string_view seed) {
  prepare_libsodium();
  const auto bytes = from_hex<crypto_sign_SEEDBYTES>(seed);
  if (!bytes) return fail(Code::invalid, "a seed must be 64 hex digits");
  Ed25519Signer signer;
  static_assert(sizeof signer.secret_key_ == crypto_sign_SECRETKEYBYTES);
  std::array<uint8_t, crypto_sign_PUBLICKEYBYTES> public_key;
  crypto_sign_seed_keypair(public_key.data(), signer.secret_key_.data(), bytes->data());
  signer.id_ = "ed25519:" + to_hex(public_key);
  return signer;
}

std::string Ed25519Signer::sign(std::string_view text) const {
  std::array<uint8_t, crypto_sign_BYTES> bytes;
  crypto_sign_detached(bytes.data(), nullptr, reinterpret_cast<const uint8_t*>(text.data()),
                       text.size(), secret_key_.data());
  return to_hex(bytes);
}

}  // namespace discovery

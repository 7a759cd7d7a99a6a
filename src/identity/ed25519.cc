#include "identity/ed25519.h"

#include <sodium.h>

#include <stdexcept>

namespace discovery {

Ed25519Verifier::Ed25519Verifier() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
}

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

}  // namespace discovery

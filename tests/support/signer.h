// Providers that sign, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "identity/digest.h"
#include "identity/hex.h"
#include "identity/signature.h"

namespace discovery {

/// A signer with a private key that no other number gives.
template <class Signer>
Signer numbered_signer(uint64_t number) {
  return Signer::open(to_hex(sha256("provider " + std::to_string(number)))).value();
}

/// The header of `text`, signed.
template <class Signer>
std::string header_of(const Signer& signer, int64_t time_ms, std::string_view text) {
  return signature_header(time_ms, signer.sign(text));
}

}  // namespace discovery

#include "identity/digest.h"

#include <cryptopp/keccak.h>
#include <cryptopp/sha.h>

namespace discovery {
namespace {

template <class Hash>
Digest digest(std::string_view bytes) {
  static_assert(Hash::DIGESTSIZE == sizeof(Digest));
  Digest result;
  Hash().CalculateDigest(result.data(), reinterpret_cast<const CryptoPP::byte*>(bytes.data()),
                         bytes.size());
  return result;
}

}  // namespace

Digest keccak256(std::string_view bytes) { return digest<CryptoPP::Keccak_256>(bytes); }

Digest sha256(std::string_view bytes) { return digest<CryptoPP::SHA256>(bytes); }

}  // namespace discovery

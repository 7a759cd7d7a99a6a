#include "listing/content_digest.h"

#include <sodium.h>

#include <array>
#include <cstring>

namespace discovery {

uint64_t content_digest(std::span<const std::string_view> parts) {
  std::array<unsigned char, crypto_generichash_BYTES_MIN> bytes{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, bytes.size());
  for (const std::string_view part : parts) {
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                              part.size());
  }
  crypto_generichash_final(&state, bytes.data(), bytes.size());
  uint64_t first = 0;
  std::memcpy(&first, bytes.data(), sizeof first);
  return first;
}

}  // namespace discovery

// A keyed 64-bit hash of short texts, for tables whose keys are untrusted input.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace discovery {

/// The two halves of a 64 x 64 multiplication, mixed.
inline uint64_t fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// Mixes eight bytes at a time by a folded 64 x 64 multiplication. With a random `seed` no client
/// can choose keys that collide; it is not a cryptographic hash.
inline uint64_t keyed_hash(std::string_view text, uint64_t seed) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  uint64_t state = seed ^ fold(text.size() ^ kOdd, seed | 1);
  const char* at = text.data();
  size_t left = text.size();
  for (; left > 8; at += 8, left -= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    state = fold(state ^ word, kOdd ^ seed);
  }
  uint64_t word = 0;
  if (left > 0) std::memcpy(&word, at, left);
  return fold(state ^ word, kOdd);
}

}  // namespace discovery

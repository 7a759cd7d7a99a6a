// Numbers in a few bits that keep their order, so that whole columns are compared at once.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/clock.h"

namespace discovery {

/// A size as two bytes: monotone, 0 only for 0. The high byte alone is monotone too, with 8 steps
/// per octave; the low one tells sizes below 4096 apart, and those above to one part in 2048.
constexpr uint16_t size_code(uint32_t size) {
  if (size < 8) return static_cast<uint16_t>(size << 8);
  const unsigned exponent = 31U - static_cast<unsigned>(std::countl_zero(size));
  const unsigned steps = exponent >= 11 ? size >> (exponent - 11) : size << (11 - exponent);
  return static_cast<uint16_t>(((8 * (exponent - 2)) << 8) + (steps & 0x7ff));
}

/// The least size that has this code.
constexpr uint32_t least_of_code(uint16_t code) {
  const unsigned high = code >> 8;
  if (high < 8) return high;
  const unsigned exponent = high / 8 + 2;
  const unsigned steps = 0x800U | (code & 0x7ffU);
  return exponent >= 11 ? steps << (exponent - 11) : steps >> (11 - exponent);
}

/// The greatest size that has this code.
constexpr uint32_t most_of_code(uint16_t code) {
  const unsigned exponent = (code >> 8) / 8 + 2;
  const uint32_t others = exponent > 11 ? (uint32_t{1} << (exponent - 11)) - 1 : 0;
  return least_of_code(code) + others;
}

/// A price as the upper half of a float, rounded down: at most 1 part in 256 below. Its steps are
/// near enough to logarithmic to measure distances with.
inline uint16_t price_code(double price) {
  auto nearest = static_cast<float>(price);
  if (nearest > price) nearest = std::nextafterf(nearest, 0.0F);
  return static_cast<uint16_t>(std::bit_cast<uint32_t>(nearest) >> 15);
}
inline float least_of_price_code(uint16_t code) {
  return std::bit_cast<float>(static_cast<uint32_t>(code) << 15);
}
/// Above all prices that have this code.
inline float most_of_price_code(uint16_t code) {
  return least_of_price_code(static_cast<uint16_t>(code + 1));
}
/// Stands for infinity: within no limit, and behind all others.
inline constexpr uint16_t kUnknownPrice = 0xff00;

/// A lease's end in steps of 65 ms; equal ones must be looked at.
constexpr uint32_t expiry_code(BootTime expires) {
  const int64_t ticks = expires.time_since_epoch().count() >> 16;
  return static_cast<uint32_t>(std::clamp<int64_t>(ticks, 0, UINT32_MAX));
}

constexpr uint32_t seconds_code(WallTime time) {
  const int64_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return static_cast<uint32_t>(std::clamp<int64_t>(seconds, 0, UINT32_MAX));
}

}  // namespace discovery

// Bytes as hex digits: read in any case, written in lower case.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace discovery {

constexpr bool is_hex_digit(char c) {
  return is_ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

inline bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_hex_digit);
}

/// Exactly `kSize` bytes, without a prefix; nothing where `digits` are not that.
template <size_t kSize>
std::optional<std::array<uint8_t, kSize>> from_hex(std::string_view digits) {
  if (digits.size() != 2 * kSize || !is_hex(digits)) return std::nullopt;
  const auto value = [](char c) { return is_ascii_digit(c) ? c - '0' : ascii_lower(c) - 'a' + 10; };
  std::array<uint8_t, kSize> bytes;
  for (size_t i = 0; i < kSize; ++i) {
    bytes[i] = static_cast<uint8_t>(value(digits[2 * i]) * 16 + value(digits[2 * i + 1]));
  }
  return bytes;
}

inline std::string to_hex(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits(2 * bytes.size(), '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    digits[2 * i] = kDigits[bytes[i] >> 4];
    digits[2 * i + 1] = kDigits[bytes[i] & 0xf];
  }
  return digits;
}

}  // namespace discovery

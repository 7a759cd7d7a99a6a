// UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace discovery {

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;  // 0: none is there
};

/// The one at the front of `text`, which is not empty.
inline CodePoint first_code_point(std::string_view text) {
  const auto byte = [text](size_t at) { return static_cast<uint8_t>(text[at]); };
  const uint8_t lead = byte(0);
  const size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size == 0 || lead > 0xf4 || size > text.size()) return {};
  char32_t point = size == 1 ? lead : lead & (0x7fU >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = point >= 0xd800 && point < 0xe000;
  if (point < kLeast[size] || point > 0x10ffff || is_surrogate) return {};
  return {point, size};
}

/// The size of the longest front that is UTF-8: the whole text's, or where its first fault begins.
inline size_t valid_utf8_bytes(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t size = first_code_point(text.substr(at)).bytes;
    if (size == 0) break;
    at += size;
  }
  return at;
}

}  // namespace discovery

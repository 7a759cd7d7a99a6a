#include "query/percent.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace discovery {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// How many continuation bytes follow a leading byte, or -1 for one that cannot lead.
int continuation_bytes(uint8_t lead) {
  if (lead < 0x80) return 0;
  if (lead < 0xc2) return -1;
  if (lead < 0xe0) return 1;
  if (lead < 0xf0) return 2;
  return lead < 0xf5 ? 3 : -1;
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
    const int more = continuation_bytes(byte(i));
    if (more < 0 || i + static_cast<size_t>(more) >= text.size()) return false;
    uint32_t point = more == 0 ? byte(i) : byte(i) & (0x3fU >> more);
    for (int k = 1; k <= more; ++k) {
      const uint8_t next = byte(i + static_cast<size_t>(k));
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fU);
    }
    constexpr std::array<uint32_t, 4> kLeast{0, 0x80, 0x800, 0x10000};
    if (point < kLeast[static_cast<size_t>(more)] || point > 0x10ffff) return false;
    if (point >= 0xd800 && point < 0xe000) return false;
    i += static_cast<size_t>(more) + 1;
  }
  return true;
}

}  // namespace

bool percent_decode(std::string_view text, Plus plus, std::string& out) {
  // Nearly every text is plain.
  const auto is_plain = [plus](char c) {
    return c != '%' && static_cast<uint8_t>(c) < 0x80 && (c != '+' || plus == Plus::literal);
  };
  if (std::ranges::all_of(text, is_plain)) {
    out = text;
    return true;
  }
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && plus == Plus::space) {
      out += ' ';
    } else if (c != '%') {
      out += c;
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return is_utf8(out);
}

}  // namespace discovery

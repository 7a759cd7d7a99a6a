#include "query/percent_encoding.h"

#include <algorithm>
#include <cstdint>

#include "base/utf8.h"

namespace discovery {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
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
  return valid_utf8_bytes(out) == out.size();
}

}  // namespace discovery

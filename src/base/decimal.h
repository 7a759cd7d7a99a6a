// Decimal numbers in untrusted input.
#pragma once

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace discovery {

/// Nothing for what is no decimal number (infinite and hexadecimal ones are none). One that is too
/// large for a double is infinite, one that is too small 0; -0 is 0.
inline std::optional<double> parse_decimal(std::string_view text) {
  if (text.find_first_not_of("+-.0123456789eE") != text.npos) return std::nullopt;
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ptr != text.data() + text.size()) return std::nullopt;
  if (parsed.ec == std::errc::result_out_of_range) {
    value = std::strtod(std::string(text).c_str(), nullptr);  // tells the two sides apart
  } else if (parsed.ec != std::errc{}) {
    return std::nullopt;
  }
  return value + 0.0;  // makes -0 a 0
}

}  // namespace discovery

// Taking a header field's value apart (RFC 9110, section 5.6).
#pragma once

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace discovery {

/// The part before `separator`, trimmed, taken off `text`.
inline std::string_view take_part(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// A method's or a field's name (RFC 9110, section 5.6.2).
inline bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

/// Whether two names are the same but for the case of their letters.
inline bool is_called(std::string_view text, std::string_view name) {
  return std::ranges::equal(text, name, {}, ascii_lower, ascii_lower);
}

}  // namespace discovery

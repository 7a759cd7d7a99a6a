// Booleans as people and programs write them: the same words in settings and in queries.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/ascii.h"

namespace discovery {

/// The words that pydantic takes, in any case, and what a refusal calls them. Blanks around them
/// are the caller's to remove.
inline std::optional<bool> parse_boolean(std::string_view text) {
  const auto is = [text](std::string_view word) {
    return std::ranges::equal(text, word, {}, ascii_lower);
  };
  for (const char* yes : {"1", "true", "yes", "on", "t", "y"}) {
    if (is(yes)) return true;
  }
  for (const char* no : {"0", "false", "no", "off", "f", "n"}) {
    if (is(no)) return false;
  }
  return std::nullopt;
}

inline constexpr std::string_view kBooleanWords =
    "a boolean: 1/0, true/false, yes/no, on/off, t/f, y/n in any case";

}  // namespace discovery

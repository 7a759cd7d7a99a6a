// How the logs' rows are read: lines of words.
#pragma once

#include <algorithm>
#include <string_view>

namespace discovery {

/// Takes what stands before the first `end` off the front, or all.
inline std::string_view take_until(char end, std::string_view& text) {
  const size_t length = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return taken;
}

}  // namespace discovery

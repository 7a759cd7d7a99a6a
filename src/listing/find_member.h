// Finds one member in the text of a JSON object that this service has rendered itself: compact and
// valid. Without a parser, for filters that look at a few objects of many.
#pragma once

#include <string_view>

namespace discovery {

/// The value's text; empty where the object itself (not one within it) has no such key. `key` must
/// hold nothing that JSON escapes.
std::string_view find_member(std::string_view object, std::string_view key);

}  // namespace discovery

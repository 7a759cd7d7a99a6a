// JSON out, compact.
#pragma once

#include <string>
#include <string_view>

namespace simdjson::dom {
class element;
}

namespace discovery {

/// Appends `value` with its numbers in kind: an integer stays one, a double keeps its point or
/// exponent. False: it holds a number that had to be replaced (JsonDocument::kNumberMax); `out` is
/// then of no use.
bool append_json(std::string& out, const simdjson::dom::element& value);

/// Appends `text` as a JSON string with its quotes. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace discovery

// JSON out: values as they were sent, compact.
#pragma once

#include <string>

namespace simdjson::dom {
class element;
}

namespace discovery {

/// Appends `value` with its numbers in kind: an integer stays one, a double keeps its point or
/// exponent. False: it holds a number that had to be replaced (JsonDocument::kNumberMax); `out` is
/// then of no use.
bool append_json(std::string& out, const simdjson::dom::element& value);

}  // namespace discovery

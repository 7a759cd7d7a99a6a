// What is wrong with a text that the parser refused, said so that its author finds the place.
#pragma once

#include <string>
#include <string_view>

namespace discovery {

/// Of a text that is not valid UTF-8, or not JSON: what it is instead, or what stands where. Begins
/// with "is".
std::string describe_json_fault(std::string_view text);

}  // namespace discovery

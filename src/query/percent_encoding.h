// Percent-encoding (RFC 3986), as targets carry it.
#pragma once

#include <string>
#include <string_view>

namespace discovery {

/// What `+` means: a space in queries, itself in paths.
enum class Plus { literal, space };

/// False: a broken escape, or bytes that are not UTF-8.
bool percent_decode(std::string_view text, Plus plus, std::string& out);

}  // namespace discovery

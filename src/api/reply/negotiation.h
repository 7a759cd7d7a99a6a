// What clients say about the answers they want: If-None-Match and Accept-Encoding (RFC 9110).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http1/exchange.h"

namespace discovery {

enum class Coding : uint8_t { identity, gzip };

/// gzip where it is wanted at least as much as the plain form; the plain form otherwise, even where
/// that is declined.
Coding preferred_coding(const Field& accept_encoding);

/// A weak entity tag, quotes included: `W/"9f2c4e6a8b0d1f35"`.
std::string entity_tag(uint64_t hash);

/// Whether If-None-Match names `tag`, by weak comparison, or anything at all (`*`). A coding that a
/// proxy has added to the tag (`"9f2c4e6a8b0d1f35-gzip"`) does not count.
bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace discovery

// A digest of what an answer shows, for its ETag: no client can make a text that hides another's
// change.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace discovery {

/// Of all parts, one behind the other: BLAKE2b without a key, of which 64 bits are kept. The same
/// on every machine.
uint64_t content_digest(std::span<const std::string_view> parts);

}  // namespace discovery

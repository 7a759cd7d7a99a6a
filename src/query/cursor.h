// Positions in a list as opaque, URL-safe text, good on any server that runs this board.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "query/query.h"

namespace discovery {

/// `fingerprint` is the query's, whose page ends at this position.
std::string encode_cursor(const Position& position, uint64_t fingerprint);

/// Code::invalid: not one of ours, altered, or of a query with another fingerprint.
/// Code::not_found: of an earlier version, whose lists had another order.
Result<Position> decode_cursor(std::string_view text, uint64_t fingerprint);

}  // namespace discovery

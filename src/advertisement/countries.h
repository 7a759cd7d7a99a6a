// Country codes of two letters, as a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace discovery {

/// A number from 0 (AA) to kCountryCount - 1 (ZZ), in alphabetical order of the codes. Assigned by
/// ISO 3166-1 or not: existing clients may send any.
using Country = uint16_t;

inline constexpr unsigned kCountryCount = 26 * 26;

/// Two letters in any case; `UK` and `EL` are read as `GB` and `GR`. Empty for anything else.
std::optional<Country> parse_country(std::string_view code);

/// Two upper-case letters.
std::string_view country_code(Country country);

}  // namespace discovery

// ISO 3166-1 alpha-2 country codes, as a dense number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace discovery {

/// A number from 0 to kCountryCount - 1, in alphabetical order of the codes.
using Country = uint8_t;

inline constexpr unsigned kCountryCount = 250;  // the 249 assigned codes and XK

/// Any case; `UK` and `EL` are read as `GB` and `GR`. Empty for an unassigned code.
std::optional<Country> parse_country(std::string_view code);

/// Two upper-case letters.
std::string_view country_code(Country country);

}  // namespace discovery

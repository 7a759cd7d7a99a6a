#include "advertisement/countries.h"

#include <array>
#include <cassert>

namespace discovery {
namespace {

constexpr unsigned kLetters = 26;

constexpr std::array<char, 2 * kCountryCount> kCodes = [] {
  std::array<char, 2 * kCountryCount> codes{};
  for (unsigned i = 0; i < kCountryCount; ++i) {
    codes[2 * i] = static_cast<char>('A' + i / kLetters);
    codes[2 * i + 1] = static_cast<char>('A' + i % kLetters);
  }
  return codes;
}();

// The place of a letter in the alphabet, in either case; kLetters or more for anything else.
constexpr unsigned ordinal(char character) {
  return (static_cast<unsigned char>(character) | 0x20U) - 'a';
}

constexpr Country number_of(std::string_view letters) {
  return static_cast<Country>(ordinal(letters[0]) * kLetters + ordinal(letters[1]));
}

}  // namespace

std::optional<Country> parse_country(std::string_view code) {
  if (code.size() != 2 || ordinal(code[0]) >= kLetters || ordinal(code[1]) >= kLetters) {
    return std::nullopt;
  }
  const Country country = number_of(code);
  if (country == number_of("UK")) return number_of("GB");
  if (country == number_of("EL")) return number_of("GR");
  return country;
}

std::string_view country_code(Country country) {
  assert(country < kCountryCount);
  return std::string_view(kCodes.data(), kCodes.size()).substr(size_t{2} * country, 2);
}

}  // namespace discovery

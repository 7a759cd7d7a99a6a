#include "advertisement/countries.h"

#include <array>
#include <cassert>

namespace discovery {
namespace {

// The officially assigned codes and XK, in alphabetical order, two letters each.
constexpr std::string_view kCodes =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZ"
    "BABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
    "CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ"
    "DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFR"
    "GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHU"
    "IDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZ"
    "LALBLCLILKLRLSLTLULVLY"
    "MAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ"
    "NANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW"
    "SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZ"
    "TCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZ"
    "VAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";
static_assert(kCodes.size() == 2 * kCountryCount);

constexpr unsigned kLetters = 26;
constexpr Country kUnassigned = kCountryCount;
using Table = std::array<Country, kLetters * kLetters>;

// The place of a letter in the alphabet, in either case; kLetters or more for anything else.
constexpr unsigned ordinal(char character) {
  return (static_cast<unsigned char>(character) | 0x20U) - 'a';
}

constexpr size_t cell(std::string_view code) {
  return ordinal(code[0]) * kLetters + ordinal(code[1]);
}

constexpr Table kTable = [] {
  Table table{};
  table.fill(kUnassigned);
  for (unsigned i = 0; i < kCountryCount; ++i) {
    table[cell(kCodes.substr(2 * i, 2))] = static_cast<Country>(i);
  }
  table[cell("UK")] = table[cell("GB")];
  table[cell("EL")] = table[cell("GR")];
  return table;
}();

constexpr bool is_alphabetical() {
  for (size_t i = 2; i < kCodes.size(); i += 2) {
    if (kCodes.substr(i - 2, 2) >= kCodes.substr(i, 2)) return false;
  }
  return true;
}
static_assert(is_alphabetical());

}  // namespace

std::optional<Country> parse_country(std::string_view code) {
  if (code.size() != 2 || ordinal(code[0]) >= kLetters || ordinal(code[1]) >= kLetters) {
    return std::nullopt;
  }
  const Country country = kTable[cell(code)];
  if (country == kUnassigned) return std::nullopt;
  return country;
}

std::string_view country_code(Country country) {
  assert(country < kCountryCount);
  return kCodes.substr(size_t{2} * country, 2);
}

}  // namespace discovery

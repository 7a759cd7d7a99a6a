#include "identity/provider_id.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "base/ascii.h"
#include "identity/digest.h"
#include "identity/hex.h"

namespace discovery {
namespace {

constexpr size_t kTextMax = 128;
constexpr size_t kAddressDigits = 40;
constexpr size_t kEd25519Digits = 64;
constexpr std::string_view kAddressPrefix = "0x";
constexpr std::string_view kEd25519Prefix = "ed25519:";

constexpr std::array<bool, 256> kAllowed = [] {
  std::array<bool, 256> allowed{};
  for (size_t c = 0; c < 128; ++c) {
    allowed[c] = is_ascii_letter(static_cast<char>(c)) || is_ascii_digit(static_cast<char>(c));
  }
  for (const char c : std::string_view("._~:@+-")) allowed[static_cast<uint8_t>(c)] = true;
  return allowed;
}();

bool is_allowed(std::string_view text) {
  if (text.empty() || text.size() > kTextMax || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kAllowed[static_cast<uint8_t>(c)]; });
}

bool begins_in_any_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char expected, char found) { return ascii_lower(found) == expected; });
}

bool is_key(std::string_view text, std::string_view prefix, size_t digits) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return text.size() == digits && is_hex(text);
}

}  // namespace

Result<ProviderId> ProviderId::parse(std::string_view text) {
  if (begins_in_any_case(text, kAddressPrefix)) {
    if (!is_key(text, kAddressPrefix, kAddressDigits)) {
      return fail(Code::invalid, "an id that begins with 0x must be 0x and 40 hex digits");
    }
    return ProviderId(eip55_address(text.substr(kAddressPrefix.size())));
  }
  if (begins_in_any_case(text, kEd25519Prefix)) {
    if (!is_key(text, kEd25519Prefix, kEd25519Digits)) {
      return fail(Code::invalid,
                  "an id that begins with ed25519: must be ed25519: and 64 hex digits");
    }
    return ProviderId(lower_case(text));
  }
  if (!is_allowed(text)) {
    return fail(Code::invalid,
                "must be 1 to 128 of A-Z a-z 0-9 . _ ~ : @ + - and neither '.' nor '..'");
  }
  return ProviderId(std::string(text));
}

std::string eip55_address(std::string_view hex_digits) {
  assert(hex_digits.size() == kAddressDigits);
  std::string address(kAddressPrefix);
  address += hex_digits;
  char* const digits = address.data() + kAddressPrefix.size();
  std::transform(digits, digits + hex_digits.size(), digits, ascii_lower);

  const Digest hash = keccak256({digits, hex_digits.size()});
  for (size_t i = 0; i < hex_digits.size(); ++i) {
    const unsigned nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 0xf;
    if (nibble >= 8) digits[i] = ascii_upper(digits[i]);
  }
  return address;
}

std::string id_of(const ProviderKey& key) {
  const std::string digits = to_hex(key.bytes);
  if (key.kind == KeyKind::ed25519) return std::string(kEd25519Prefix) + digits;
  return eip55_address(std::string_view(digits).substr(0, kAddressDigits));
}

}  // namespace discovery

#include "query/cursor.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "identity/hex.h"
#include "identity/provider_id.h"

namespace discovery {
namespace {

// A cursor is these bytes in hex digits: a checksum of what follows, the fingerprint, the time of
// creation, the value (each 8 bytes, the lowest first), whether there is a value, the country's
// code, the provider id.
constexpr size_t kWordBytes = 8;
constexpr size_t kChecked = kWordBytes;
constexpr size_t kCreated = 2 * kWordBytes;
constexpr size_t kValue = 3 * kWordBytes;
constexpr size_t kHasValue = 4 * kWordBytes;
constexpr size_t kCountry = kHasValue + 1;
constexpr size_t kId = kCountry + 2;
constexpr size_t kBytesMax = kId + kProviderIdBytesMax;

void append_word(std::string& bytes, uint64_t word) {
  for (size_t i = 0; i < kWordBytes; ++i) bytes += static_cast<char>(word >> (8 * i));
}

uint64_t word_at(std::string_view bytes, size_t at) {
  uint64_t word = 0;
  for (size_t i = kWordBytes; i-- > 0;) word = word << 8 | static_cast<uint8_t>(bytes[at + i]);
  return word;
}

// Against slips. One that is forged finds nothing but another position in the list. Each form of
// cursors has its seed.
constexpr uint64_t kSeed = 0x7c43d0a9b1e8625f;
constexpr uint64_t kFormerSeed = 0x2d1c9f0be3a54d77;  // ties were broken by provider id alone

bool is_checked(std::string_view bytes, uint64_t seed) {
  return word_at(bytes, 0) == keyed_hash(bytes.substr(kChecked), seed);
}

std::optional<std::string> bytes_of(std::string_view digits) {
  if (digits.size() % 2 != 0 || digits.size() > 2 * kBytesMax) return std::nullopt;
  std::string bytes;
  for (; !digits.empty(); digits.remove_prefix(2)) {
    const auto byte = from_hex<1>(digits.substr(0, 2));
    if (!byte) return std::nullopt;
    bytes += static_cast<char>(byte->front());
  }
  return bytes;
}

// Whatever the checksum says, nothing that no list can hold gets in.
std::optional<Position> read_position(std::string_view bytes) {
  Position position;
  const std::optional<Country> country = parse_country(bytes.substr(kCountry, 2));
  const Result<ProviderId> id = ProviderId::parse(bytes.substr(kId));
  if (!country || !id || id->text() != bytes.substr(kId)) return std::nullopt;
  position.country = *country;
  position.provider_id = id->text();
  position.created = WallTime(Duration(static_cast<int64_t>(word_at(bytes, kCreated))));
  if (bytes[kHasValue] != 0) {
    position.value = std::bit_cast<double>(word_at(bytes, kValue));
    if (!std::isfinite(*position.value)) return std::nullopt;
  }
  return position;
}

}  // namespace

std::string encode_cursor(const Position& position, uint64_t fingerprint) {
  std::string checked;
  append_word(checked, fingerprint);
  append_word(checked, static_cast<uint64_t>(position.created.time_since_epoch().count()));
  append_word(checked, std::bit_cast<uint64_t>(position.value.value_or(0)));
  checked += position.value ? '\1' : '\0';
  checked += country_code(position.country);
  checked += position.provider_id;
  std::string bytes;
  append_word(bytes, keyed_hash(checked, kSeed));
  bytes += checked;
  return to_hex({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

Result<Position> decode_cursor(std::string_view text, uint64_t fingerprint) {
  const std::optional<std::string> bytes = bytes_of(text);
  std::optional<Position> position;
  if (bytes && bytes->size() > kId) {
    if (is_checked(*bytes, kFormerSeed)) {
      return fail(Code::not_found, "the cursor is of an earlier version: begin anew without it");
    }
    if (is_checked(*bytes, kSeed)) position = read_position(*bytes);
  }
  if (!position) return fail(Code::invalid, "is not a cursor of this board");
  if (word_at(*bytes, kChecked) != fingerprint) {
    return fail(Code::invalid, "belongs to another query: its filters and sort must stay the same");
  }
  return *std::move(position);
}

}  // namespace discovery

#include "identity/signature.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <span>

#include "base/ascii.h"
#include "identity/digest.h"
#include "identity/hex.h"

namespace discovery {
namespace {

constexpr std::string_view kTimeName = "t=";
constexpr std::string_view kHexName = ",v1=";
constexpr size_t kTimeDigitsMax = 16;
constexpr size_t kEthereumSize = 65;
constexpr size_t kEd25519Size = 64;

Error refuse(std::string message) { return fail(Code::unauthorized, std::move(message)); }

Result<int64_t> parse_time(std::string_view digits) {
  if (digits.empty()) return refuse("t is empty: it must be the unix time in milliseconds");
  if (digits.front() == '-') return refuse("t must not be negative");
  if (!std::all_of(digits.begin(), digits.end(), is_ascii_digit)) {
    return refuse("t must be digits alone: the unix time in milliseconds");
  }
  if (digits.size() > kTimeDigitsMax) {
    return refuse("t must have at most 16 digits: it is the unix time in milliseconds");
  }
  int64_t time_ms = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), time_ms);
  return time_ms;
}

Error wrong_size(size_t digits, KeyKind kind) {
  const std::string found = ", not " + std::to_string(digits) + " digits";
  if (kind == KeyKind::ethereum) {
    return refuse("v1 must be 65 bytes in hex (130 digits) for an Ethereum address" + found);
  }
  return refuse("v1 must be 64 bytes in hex (128 digits) for an Ed25519 key" + found);
}

// Adds the bytes of v1 to `signature`.
template <size_t kSize>
Result<Signature> with_bytes(Signature signature, std::string_view digits, KeyKind kind) {
  const auto bytes = from_hex<kSize>(digits);
  if (!bytes) return wrong_size(digits.size(), kind);
  std::copy(bytes->begin(), bytes->end(), signature.bytes.begin());
  signature.size = kSize;
  return signature;
}

}  // namespace

bool claims_signature(std::string_view header) { return header.starts_with(kTimeName); }

Result<Signature> parse_signature(std::string_view header, KeyKind kind) {
  if (!claims_signature(header)) return refuse("a signature must begin with t=");
  header.remove_prefix(kTimeName.size());

  const std::string_view digits = header.substr(0, header.find(','));
  const Result<int64_t> time_ms = parse_time(digits);
  if (!time_ms) return time_ms.error();

  header.remove_prefix(digits.size());
  if (!header.starts_with(kHexName)) return refuse("t must be followed by ,v1=<hex>");
  header.remove_prefix(kHexName.size());
  if (header.find(',') != header.npos) return refuse("nothing may follow the hex digits of v1");
  if (header.starts_with("0x")) header.remove_prefix(2);
  if (!is_hex(header)) return refuse("v1 must be hex digits alone, with or without 0x in front");

  Signature signature{std::string(digits), *time_ms, {}, 0};
  return kind == KeyKind::ethereum ? with_bytes<kEthereumSize>(std::move(signature), header, kind)
                                   : with_bytes<kEd25519Size>(std::move(signature), header, kind);
}

std::string signature_header(int64_t time_ms, std::string_view hex_digits) {
  return std::string(kTimeName) + std::to_string(time_ms) + std::string(kHexName) +
         std::string(hex_digits);
}

Status check_time(int64_t time_ms, int64_t server_time_ms, const TimeWindow& window) {
  using std::chrono::milliseconds;
  if (time_ms >= server_time_ms - milliseconds(window.behind).count() &&
      time_ms <= server_time_ms + milliseconds(window.ahead).count()) {
    return {};
  }
  // Numbers of 9 to 11 digits are the years 1973 to 5138 in seconds, and 1970 to 1973 in
  // milliseconds.
  if (time_ms >= 100'000'000 && time_ms < 100'000'000'000) {
    return refuse("t must be in milliseconds; this one looks like seconds");
  }
  return refuse("t must lie within " + std::to_string(window.behind.count()) + " s behind and " +
                std::to_string(window.ahead.count()) + " s ahead of the server's clock");
}

bool is_binding(int64_t last_time_ms, int64_t server_time_ms, const TimeWindow& window) {
  return last_time_ms <= server_time_ms + std::chrono::milliseconds(window.ahead).count();
}

std::string signed_text(const SignedRequest& request) {
  const bool is_post = request.action == SignedRequest::Action::post;
  std::string text = "Golem Discovery v1\n";
  if (is_post) {
    text += "POST /api/v1/advertisements";
  } else {
    text += "DELETE /api/v1/advertisements/";
    text += request.provider_id;
  }
  text += "\nhost: ";
  text += request.host;
  text += "\nprovider: ";
  text += request.provider_id;
  text += "\ntime: ";
  text += request.time;
  text += "\nbody-sha256: ";
  text += to_hex(sha256(is_post ? request.body : std::string_view()));
  return text;
}

Status Verifier::verify(const ProviderKey& key, std::string_view text,
                        const Signature& signature) const {
  const std::span key_bytes(key.bytes);
  const std::span bytes(signature.bytes);
  if (key.kind == KeyKind::ethereum) {
    assert(signature.size == kEthereumSize);
    return ethereum_.verify(key_bytes.first<20>(), text, bytes);
  }
  assert(signature.size == kEd25519Size);
  return ed25519_.verify(key_bytes, text, bytes.first<kEd25519Size>());
}

}  // namespace discovery

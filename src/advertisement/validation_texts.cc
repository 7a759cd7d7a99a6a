#include <algorithm>
#include <array>

#include "advertisement/validation.h"
#include "base/ascii.h"
#include "base/ip_address.h"
#include "base/utf8.h"

namespace discovery {
namespace {

using Text = std::optional<std::string_view>;

constexpr std::string_view kBody = "body";

bool normalise(std::string_view text, size_t bytes_max, std::string_view punctuation,
               std::string& out) {
  if (text.empty() || text.size() > bytes_max) return false;
  const auto is_allowed = [&](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) || punctuation.find(c) != punctuation.npos;
  };
  if (!std::all_of(text.begin(), text.end(), is_allowed)) return false;
  out.resize(text.size());
  std::transform(text.begin(), text.end(), out.begin(), ascii_lower);
  return true;
}

void validate_ip_address(const Text& text, AddressPolicy policy, std::string& out,
                         FaultList& faults) {
  constexpr std::string_view kName = "ip_address";
  if (!text) return faults.add({kBody, kName}, "is required");
  const std::optional<IpAddress> address = IpAddress::parse(*text);
  if (!address) return faults.add({kBody, kName}, "must be a literal IPv4 or IPv6 address");
  if (!address->is_host()) {
    return faults.add({kBody, kName}, "must not be an unspecified, multicast or broadcast address");
  }
  if (policy == AddressPolicy::public_only && !address->is_public()) {
    return faults.add({kBody, kName}, "must be an address that is reachable from the internet");
  }
  out = address->text();
}

void validate_country(const Text& text, Country& out, FaultList& faults) {
  constexpr std::string_view kName = "country";
  if (!text) return faults.add({kBody, kName}, "is required");
  const std::optional<Country> country = parse_country(*text);
  if (!country) return faults.add({kBody, kName}, "must be a country code of two letters");
  out = *country;
}

void validate_platform(const Text& text, std::string& out, FaultList& faults) {
  if (!text) return out.clear();
  if (!normalise_platform(*text, out)) {
    faults.add({kBody, "platform"}, "must be null or 1 to 32 of a-z 0-9 _ . -");
  }
}

void validate_network(std::string_view name, const Text& text, const std::string& board_setting,
                      std::string& out, FaultList& faults) {
  if (!text) {
    out = board_setting;
  } else if (!normalise_network(*text, out)) {
    faults.add({kBody, name}, "must be null or 1 to 64 of a-z 0-9 _ . : -");
  }
}

struct Range {
  char32_t first, last;
};

template <size_t kSize>
bool is_in(const std::array<Range, kSize>& ranges, char32_t point) {
  return std::any_of(ranges.begin(), ranges.end(), [point](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

// What could break a line, or reorder a requestor's table so that a name poses as another's.
constexpr std::array<Range, 4> kRefusedInNames{
    {{0, 0x1f}, {0x7f, 0x9f}, {0x2028, 0x202e}, {0x2066, 0x2069}}};

// Spaces, Unicode's Default_Ignorable_Code_Point, annotation marks, and Braille's pattern without
// dots: alone they look like no name.
constexpr std::array<Range, 22> kInvisible{
    {{0x20, 0x20},       {0xa0, 0xa0},      {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},
     {0x115f, 0x1160},   {0x1680, 0x1680},  {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x2000, 0x200f},
     {0x202a, 0x202f},   {0x205f, 0x206f},  {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
     {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},  {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
     {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}}};

void validate_provider_name(const Text& text, std::string& out, FaultList& faults) {
  const std::string_view fault = normalise_provider_name(text.value_or(""), out);
  if (!fault.empty()) faults.add({kBody, "provider_name"}, std::string(fault));
}

}  // namespace

bool normalise_platform(std::string_view text, std::string& out) {
  if (!normalise(text, kPlatformBytesMax, "_.-", out)) return false;
  if (out == "amd64") out = "x86_64";
  if (out == "aarch64") out = "arm64";
  return true;
}

bool normalise_network(std::string_view text, std::string& out) {
  return normalise(text, kNetworkBytesMax, "_.:-", out);
}

std::string_view normalise_provider_name(std::string_view text, std::string& out) {
  if (valid_utf8_bytes(text) < text.size()) return "must be valid UTF-8";
  out = text;
  size_t points = 0;
  bool is_visible = false;
  for (; !text.empty(); ++points) {
    const auto [point, bytes] = first_code_point(text);
    text.remove_prefix(bytes);
    if (is_in(kRefusedInNames, point)) {
      return "must not hold control characters, line separators or bidi controls";
    }
    is_visible = is_visible || !is_in(kInvisible, point);
  }
  if (points > kProviderNamePointsMax) return "must be at most 64 characters";
  if (is_visible) return "";
  if (out.find_first_not_of(' ') != out.npos) return "must hold a visible character, or be empty";
  out.clear();
  return "";
}

void validate_texts(const TextFields& fields, const ValidationOptions& options, Advertisement& out,
                    FaultList& faults) {
  validate_ip_address(fields.ip_address, options.address_policy, out.ip_address, faults);
  validate_country(fields.country, out.country, faults);
  validate_platform(fields.platform, out.platform, faults);
  validate_provider_name(fields.provider_name, out.provider_name, faults);
  validate_network("network", fields.network, options.network, out.network, faults);
  validate_network("payments_network", fields.payments_network, options.payments_network,
                   out.payments_network, faults);
}

}  // namespace discovery

#include "listing/listing.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <new>

#include "base/text_writer.h"
#include "base/time_text.h"
#include "listing/content_digest.h"

namespace discovery {
namespace {

// The keys between the fields, with the quotes of those that are always texts.
constexpr std::string_view kIdKey = R"({"provider_id":")";
constexpr std::string_view kNameKey = R"(","provider_name":")";
constexpr std::string_view kAddressKey = R"(","ip_address":")";
constexpr std::string_view kCountryKey = R"(","country":")";
constexpr std::string_view kPlatformKey = R"(","platform":)";
constexpr std::string_view kNetworkKey = R"(,"network":)";
constexpr std::string_view kPaymentsNetworkKey = R"(,"payments_network":)";
constexpr std::string_view kResourcesKey = R"(,"resources":)";
constexpr std::string_view kPricingKey = R"(,"pricing":)";
constexpr std::string_view kVerifiedKey = R"(,"verified":)";
// Everything from here on has a fixed length, so that the times are found from the end.
constexpr std::string_view kCreatedKey = R"(,"created_at":")";
constexpr std::string_view kUpdatedKey = R"(","updated_at":")";
constexpr std::string_view kExpiresKey = R"(","expires_at":")";
constexpr std::string_view kEnd = R"("})";
constexpr std::string_view kGraceEnd = R"(","grace":true})";
constexpr size_t kGraceLength = kGraceEnd.size() - kEnd.size();
constexpr std::string_view kNull = "null";
constexpr size_t kCountryLength = 2;

// Without grace.
constexpr size_t kTailLength =
    kCreatedKey.size() + kUpdatedKey.size() + kExpiresKey.size() + 3 * kRfc3339Length + kEnd.size();
constexpr size_t kKeysLength = kIdKey.size() + kNameKey.size() + kAddressKey.size() +
                               kCountryKey.size() + kPlatformKey.size() + kNetworkKey.size() +
                               kPaymentsNetworkKey.size() + kResourcesKey.size() +
                               kPricingKey.size() + kVerifiedKey.size();

// Names hold no control characters, so escaping at most doubles them; 2 * 3 are the quotes of
// platform and the networks, 5 is `false`.
constexpr size_t kTextMax = kKeysLength + kProviderIdBytesMax + 2 * kProviderNameBytesMax +
                            kIpAddressBytesMax + kCountryLength + kPlatformBytesMax +
                            2 * kNetworkBytesMax + 2 * 3 + kResourcesBytesMax + kPricingBytesMax +
                            5 + kTailLength + kGraceLength;
static_assert(sizeof(Listing) % alignof(KeyedNumber) == 0 && alignof(KeyedNumber) == 8);
static_assert(kTextMax <= UINT16_MAX, "size_ and the 16-bit lengths must hold any advertisement");
static_assert(kProviderIdBytesMax <= UINT8_MAX && kIpAddressBytesMax <= UINT8_MAX &&
              kPlatformBytesMax <= UINT8_MAX && kNetworkBytesMax <= UINT8_MAX);

// To where numbers can lie.
constexpr size_t aligned(size_t bytes) {
  return (bytes + alignof(KeyedNumber) - 1) / alignof(KeyedNumber) * alignof(KeyedNumber);
}

bool is_escaped(char c) { return c == '"' || c == '\\'; }

size_t escaped_length(std::string_view name) {
  return name.size() + static_cast<size_t>(std::count_if(name.begin(), name.end(), is_escaped));
}

// The length of `text` in quotes, or of null where it is empty.
size_t optional_length(size_t text_length) {
  return text_length == 0 ? kNull.size() : text_length + 2;
}

std::string_view verified_text(bool verified) { return verified ? "true" : "false"; }

std::string_view pricing_text(const Advertisement& advertisement) {
  return advertisement.pricing_json.empty() ? kNull : advertisement.pricing_json;
}

size_t text_length(const Advertisement& advertisement, size_t name_length) {
  return kKeysLength + advertisement.provider_id.size() + name_length +
         advertisement.ip_address.size() + kCountryLength +
         optional_length(advertisement.platform.size()) +
         optional_length(advertisement.network.size()) +
         optional_length(advertisement.payments_network.size()) +
         advertisement.resources_json.size() + pricing_text(advertisement).size() +
         verified_text(advertisement.verified).size() + kTailLength;
}

void put_escaped(TextWriter& writer, std::string_view name) {
  for (const char c : name) {
    if (is_escaped(c)) writer.put('\\');
    writer.put(c);
  }
}

void put_optional(TextWriter& writer, std::string_view text) {
  if (text.empty()) {
    writer.put(kNull);
  } else {
    writer.put('"').put(text).put('"');
  }
}

void put_time(TextWriter& writer, WallTime time) {
  write_rfc3339(time, writer.at());
  writer.skip(kRfc3339Length);
}

void put_tail(TextWriter& writer, const Stamp& stamp, std::string_view end = kEnd) {
  put_time(writer.put(kCreatedKey), stamp.created);
  put_time(writer.put(kUpdatedKey), stamp.updated);
  put_time(writer.put(kExpiresKey), stamp.expires_shown);
  writer.put(end);
}

// What has a column or a member of its own.
constexpr std::array<std::string_view, 3> kSizeNames{"cpu", "memory", "storage"};

std::optional<double> value_of(const double* found) {
  return found == nullptr ? std::nullopt : std::optional(*found);
}

}  // namespace

// Behind the text, and aligned: how many numbers there are, and these.
struct Listing::Numbers {
  uint16_t resources = 0;
  uint16_t pricing = 0;
  uint32_t padding = 0;
};

struct Listing::Lengths {
  explicit Lengths(const Advertisement& advertisement)
      : name(escaped_length(advertisement.provider_name)),
        text(text_length(advertisement, name)),
        resources(number_table(advertisement.resources_json, 0, advertisement.resources_json.size(),
                               kSizeNames)),
        pricing(number_table(advertisement.pricing_json, 0, advertisement.pricing_json.size(),
                             kUnitPriceNames)) {}

  size_t numbers() const { return resources.size() + pricing.size(); }
  size_t all() const {
    const size_t bytes = sizeof(Listing) + text;
    return numbers() == 0 ? bytes
                          : aligned(bytes) + sizeof(Numbers) + numbers() * sizeof(KeyedNumber);
  }

  size_t name;
  size_t text;
  NumberTable resources;
  NumberTable pricing;
};

ListingDraft Listing::draft(const Advertisement& advertisement) {
  const Lengths lengths(advertisement);
  return ListingDraft(new (::operator new(lengths.all())) Listing(advertisement, lengths));
}

Listing::Listing(const Advertisement& advertisement, const Lengths& lengths)
    : prices_(advertisement.prices),
      sizes_(advertisement.sizes),
      size_(static_cast<uint16_t>(lengths.text)),
      name_length_(static_cast<uint16_t>(lengths.name)),
      resources_length_(static_cast<uint16_t>(advertisement.resources_json.size())),
      pricing_length_(static_cast<uint16_t>(advertisement.pricing_json.size())),
      country_(advertisement.country),
      id_length_(static_cast<uint8_t>(advertisement.provider_id.size())),
      address_length_(static_cast<uint8_t>(advertisement.ip_address.size())),
      platform_length_(static_cast<uint8_t>(advertisement.platform.size())),
      network_length_(static_cast<uint8_t>(advertisement.network.size())),
      payments_network_length_(static_cast<uint8_t>(advertisement.payments_network.size())),
      verified_(advertisement.verified) {
  assert(lengths.text <= kTextMax);
  TextWriter writer(text());
  writer.put(kIdKey).put(advertisement.provider_id);
  put_escaped(writer.put(kNameKey), advertisement.provider_name);
  writer.put(kAddressKey).put(advertisement.ip_address);
  writer.put(kCountryKey).put(country_code(country_));
  put_optional(writer.put(kPlatformKey), advertisement.platform);
  put_optional(writer.put(kNetworkKey), advertisement.network);
  put_optional(writer.put(kPaymentsNetworkKey), advertisement.payments_network);
  writer.put(kResourcesKey).put(advertisement.resources_json);
  writer.put(kPricingKey).put(pricing_text(advertisement));
  writer.put(kVerifiedKey).put(verified_text(verified_));
  put_tail(writer, {});
  assert(writer.at() == text() + size_);
  content_hash_ = content_digest({{json().substr(0, tail_offset())}});
  if (lengths.numbers() > 0) append_numbers(lengths.resources, lengths.pricing);
}

// Keys are found in the listing's own text from here on.
void Listing::append_numbers(const NumberTable& resources, const NumberTable& pricing) {
  has_numbers_ = true;
  char* at = text() + aligned(size_);
  const Numbers counts{static_cast<uint16_t>(resources.size()),
                       static_cast<uint16_t>(pricing.size())};
  std::memcpy(at, &counts, sizeof counts);
  at += sizeof counts;
  const auto append = [&](const NumberTable& table, size_t offset) {
    for (KeyedNumber number : table) {
      number.key_begin = static_cast<uint16_t>(number.key_begin + offset);
      std::memcpy(at, &number, sizeof number);
      at += sizeof number;
    }
  };
  append(resources, resources_offset());
  append(pricing, pricing_offset());
}

std::span<const KeyedNumber> Listing::resource_numbers() const {
  if (!has_numbers_) return {};
  const auto* const counts = reinterpret_cast<const Numbers*>(text() + aligned(size_));
  return {reinterpret_cast<const KeyedNumber*>(counts + 1), counts->resources};
}

std::span<const KeyedNumber> Listing::pricing_numbers() const {
  if (!has_numbers_) return {};
  const auto* const counts = reinterpret_cast<const Numbers*>(text() + aligned(size_));
  return {reinterpret_cast<const KeyedNumber*>(counts + 1) + counts->resources, counts->pricing};
}

void Listing::stamp(const Stamp& stamp) {
  created_ = stamp.created;
  updated_ = stamp.updated;
  expires_ = stamp.expires;
  TextWriter writer(text() + tail_offset());
  put_tail(writer, stamp);
}

ListingPtr Listing::extended(const Listing& listing, Duration by) {
  const size_t text = listing.tail_offset() + kTailLength + kGraceLength;
  const size_t bytes = aligned(sizeof(Listing) + text) + listing.numbers_bytes();
  return ListingPtr(new (::operator new(bytes)) Listing(listing, by));
}

Listing::Listing(const Listing& other, Duration extended_by)
    : content_hash_(other.content_hash_),
      created_(other.created_),
      updated_(other.updated_),
      expires_(other.expires_ + extended_by),
      prices_(other.prices_),
      sizes_(other.sizes_),
      size_(static_cast<uint16_t>(other.tail_offset() + kTailLength + kGraceLength)),
      name_length_(other.name_length_),
      resources_length_(other.resources_length_),
      pricing_length_(other.pricing_length_),
      country_(other.country_),
      id_length_(other.id_length_),
      address_length_(other.address_length_),
      platform_length_(other.platform_length_),
      network_length_(other.network_length_),
      payments_network_length_(other.payments_network_length_),
      verified_(other.verified_),
      has_numbers_(other.has_numbers_),
      has_grace_(true) {
  TextWriter writer(text());
  writer.put(other.json().substr(0, other.tail_offset()));
  put_tail(writer, {created_, updated_, other.expires_shown() + extended_by, expires_}, kGraceEnd);
  assert(writer.at() == text() + size_);
  std::memcpy(text() + aligned(size_), other.text() + aligned(other.size_), other.numbers_bytes());
}

WallTime Listing::expires_shown() const {
  const std::string_view shown =
      json().substr(key_offset(Member::expires_at) + kExpiresKey.size(), kRfc3339Length);
  return parse_time(shown).value_or(updated_);
}

size_t Listing::tail_offset() const {
  return size_ - kTailLength - (has_grace_ ? kGraceLength : 0);
}

size_t Listing::numbers_bytes() const {
  if (!has_numbers_) return 0;
  return sizeof(Numbers) +
         (resource_numbers().size() + pricing_numbers().size()) * sizeof(KeyedNumber);
}

// The hash is no proof: texts with equal hashes can be made on purpose.
bool Listing::same_content(const Listing& other) const {
  return content_hash_ == other.content_hash_ &&
         json().substr(0, tail_offset()) == other.json().substr(0, other.tail_offset());
}

size_t Listing::name_offset() const { return kIdKey.size() + id_length_ + kNameKey.size(); }

size_t Listing::address_offset() const { return name_offset() + name_length_ + kAddressKey.size(); }

size_t Listing::platform_offset() const {
  return address_offset() + address_length_ + kCountryKey.size() + kCountryLength +
         kPlatformKey.size();
}

size_t Listing::network_offset() const {
  return platform_offset() + optional_length(platform_length_) + kNetworkKey.size();
}

size_t Listing::payments_network_offset() const {
  return network_offset() + optional_length(network_length_) + kPaymentsNetworkKey.size();
}

size_t Listing::resources_offset() const {
  return payments_network_offset() + optional_length(payments_network_length_) +
         kResourcesKey.size();
}

size_t Listing::pricing_offset() const {
  return resources_offset() + resources_length_ + kPricingKey.size();
}

size_t Listing::verified_offset() const {
  return pricing_offset() + (pricing_length_ == 0 ? kNull.size() : pricing_length_) +
         kVerifiedKey.size();
}

size_t Listing::key_offset(Member member) const {
  constexpr size_t kTimeLength = kRfc3339Length;
  const size_t tail = tail_offset();
  switch (member) {
    case Member::provider_id:
      return 0;
    case Member::provider_name:
      return name_offset() - kNameKey.size();
    case Member::ip_address:
      return address_offset() - kAddressKey.size();
    case Member::country:
      return address_offset() + address_length_;
    case Member::platform:
      return platform_offset() - kPlatformKey.size();
    case Member::network:
      return network_offset() - kNetworkKey.size();
    case Member::payments_network:
      return payments_network_offset() - kPaymentsNetworkKey.size();
    case Member::resources:
      return resources_offset() - kResourcesKey.size();
    case Member::pricing:
      return pricing_offset() - kPricingKey.size();
    case Member::verified:
      return verified_offset() - kVerifiedKey.size();
    case Member::created_at:
      return tail;
    case Member::updated_at:
      return tail + kCreatedKey.size() + kTimeLength;
    case Member::expires_at:
      return tail + kCreatedKey.size() + kUpdatedKey.size() + 2 * kTimeLength;
  }
  return 0;
}

// A key behind a text begins with the quote that closes the text.
std::string_view Listing::member_json(Member member) const {
  const std::string_view all = json();
  const size_t key = key_offset(member);
  const size_t begin = key + (all[key] == '"' ? 2 : 1);
  size_t end = size_ - 1U;
  if (member != Member::expires_at) {
    const size_t next = key_offset(static_cast<Member>(static_cast<uint8_t>(member) + 1));
    end = next + (all[next] == '"' ? 1 : 0);
  }
  return all.substr(begin, end - begin);
}

std::optional<double> Listing::price_per_month(Currency currency, const AskedSize& size) const {
  const UnitPrices& prices = prices_.in(currency);
  if (!prices.known()) return std::nullopt;
  return prices.per_month(size);
}

std::optional<double> Listing::resource(const NumberKey& key) const {
  return value_of(find_number(resource_numbers(), json(), key));
}

std::optional<double> Listing::pricing_number(const NumberKey& key) const {
  return value_of(find_number(pricing_numbers(), json(), key));
}

std::string_view Listing::provider_id() const { return json().substr(kIdKey.size(), id_length_); }

std::string_view Listing::ip_address() const {
  return json().substr(address_offset(), address_length_);
}

// The optional texts stand in quotes; where they are null, their length is zero.
std::string_view Listing::platform() const {
  return json().substr(platform_offset() + 1, platform_length_);
}

std::string_view Listing::network() const {
  return json().substr(network_offset() + 1, network_length_);
}

std::string_view Listing::payments_network() const {
  return json().substr(payments_network_offset() + 1, payments_network_length_);
}

std::string_view Listing::resources_json() const {
  return json().substr(resources_offset(), resources_length_);
}

std::string_view Listing::pricing_json() const {
  return json().substr(pricing_offset(), pricing_length_);
}

std::string Listing::provider_name() const {
  const std::string_view escaped = json().substr(name_offset(), name_length_);
  std::string name;
  name.reserve(escaped.size());
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] == '\\') ++i;
    name += escaped[i];
  }
  return name;
}

void intrusive_ptr_release(const Listing* listing) {
  if (listing->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  listing->~Listing();
  ::operator delete(const_cast<Listing*>(listing));
}

}  // namespace discovery

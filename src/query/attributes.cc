#include "query/attributes.h"

#include <algorithm>
#include <array>

#include "advertisement/validation.h"
#include "base/ip_address.h"
#include "base/nearest_name.h"
#include "identity/provider_id.h"
#include "query/synonyms.h"

namespace discovery {
namespace {

constexpr size_t kEchoedPointsMax = 64;

using enum Attribute;
constexpr auto kGolemBase = AttributeName::Style::golem_base;

// The first name of an attribute is the one that is shown.
constexpr auto kAttributes = std::to_array<AttributeName>({
    {"cpu", cpu},
    {"memory", memory},
    {"storage", storage},
    {"usd_per_core_month", usd_core},
    {"usd_per_gb_ram_month", usd_ram},
    {"usd_per_gb_storage_month", usd_storage},
    {"glm_per_core_month", glm_core},
    {"glm_per_gb_ram_month", glm_ram},
    {"glm_per_gb_storage_month", glm_storage},
    {"usd_per_month", usd_per_month},
    {"glm_per_month", glm_per_month},
    {"provider_id", provider_id},
    {"provider_name", provider_name},
    {"ip_address", ip_address},
    {"country", country},
    {"platform", platform},
    {"network", network},
    {"payments_network", payments_network},
    {"verified", verified},
    {"golem_cpu", cpu, kGolemBase},
    {"golem_memory", memory, kGolemBase},
    {"golem_storage", storage, kGolemBase},
    {"golem_price_usd_core_month", usd_core, kGolemBase},
    {"golem_price_usd_ram_gb_month", usd_ram, kGolemBase},
    {"golem_price_usd_storage_gb_month", usd_storage, kGolemBase},
    {"golem_price_glm_core_month", glm_core, kGolemBase},
    {"golem_price_glm_ram_gb_month", glm_ram, kGolemBase},
    {"golem_price_glm_storage_gb_month", glm_storage, kGolemBase},
    {"golem_provider_id", provider_id, kGolemBase},
    {"golem_provider_name", provider_name, kGolemBase},
    {"golem_ip_address", ip_address, kGolemBase},
    {"golem_country", country, kGolemBase},
    {"golem_platform", platform, kGolemBase},
    {"golem_network", network, kGolemBase},
    {"golem_payments_network", payments_network, kGolemBase},
});

Result<std::string> canonical_address(std::string_view text) {
  const std::optional<IpAddress> address = IpAddress::parse(text);
  if (!address || !address->is_host()) {
    return fail(Code::invalid, "must be the literal IPv4 or IPv6 address of a host");
  }
  return address->text();
}

Result<std::string> canonical_country(std::string_view text) {
  if (const std::optional<Country> known = parse_country(text)) {
    return std::string(country_code(*known));
  }
  return fail(Code::invalid, "'" + shortened(text) + "' is not a country code of two letters");
}

Result<std::string> canonical_name(std::string_view text) {
  std::string name;
  const std::string_view fault = normalise_provider_name(text, name);
  if (!fault.empty()) return fail(Code::invalid, std::string(fault));
  return name;
}

}  // namespace

ValueKind kind_of(Attribute attribute) {
  if (attribute == verified) return ValueKind::truth;
  return attribute < provider_id ? ValueKind::number : ValueKind::text;
}

const AttributeName* find_attribute(std::string_view name) {
  const auto found = std::ranges::find(kAttributes, name, &AttributeName::text);
  return found == kAttributes.end() ? nullptr : &*found;
}

std::string nearest_attribute(std::string_view name) {
  const Synonym* const synonym = find_synonym(plain_name(name));
  if (synonym != nullptr && !synonym->field.empty()) return std::string(synonym->field);
  NearestName candidate(name);
  for (const AttributeName& known : kAttributes) candidate.consider(known.text);
  return candidate.nearest();
}

std::string_view name_of(Attribute attribute) {
  if (attribute == resource) return "resources.";
  if (attribute == pricing) return "pricing.";
  return std::ranges::find(kAttributes, attribute, &AttributeName::attribute)->text;
}

Result<std::string> canonical_text(Attribute attribute, std::string_view text) {
  std::string result;
  switch (attribute) {
    case provider_id: {
      Result<ProviderId> id = ProviderId::parse(text);
      if (!id) return std::move(id).error();
      return id->text();
    }
    case provider_name:
      return canonical_name(text);
    case ip_address:
      return canonical_address(text);
    case country:
      return canonical_country(text);
    case platform:
      if (normalise_platform(text, result)) return result;
      return fail(Code::invalid, "must be 1 to 32 of a-z 0-9 _ . -");
    default:
      if (normalise_network(text, result)) return result;
      return fail(Code::invalid, "must be 1 to 64 of a-z 0-9 _ . : -");
  }
}

std::string shortened(std::string_view text) {
  size_t points = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool begins_point = (static_cast<uint8_t>(text[at]) & 0xc0) != 0x80;
    if (begins_point && ++points > kEchoedPointsMax) return std::string(text.substr(0, at)) + "…";
  }
  return std::string(text);
}

}  // namespace discovery

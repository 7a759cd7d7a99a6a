// The rules for each field of an advertisement (contract, section 1): validation_texts.cc,
// validation_objects.cc. Queries and settings that name such values follow the same rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "advertisement/advertisement.h"
#include "advertisement/fault_list.h"

namespace simdjson::dom {
class element;
}

namespace discovery {

enum class AddressPolicy { any, public_only };

/// What this board itself contributes to an advertisement, or asks of it.
struct ValidationOptions {
  std::string network;           // for advertisements that name none; normalised, may be empty
  std::string payments_network;  // likewise
  AddressPolicy address_policy = AddressPolicy::any;
};

/// Lower-cases and checks a platform (1-32 of `a-z 0-9 _ . -`; amd64 and aarch64 renamed). False:
/// refused.
bool normalise_platform(std::string_view text, std::string& out);

/// Lower-cases and checks a network name (1-64 of `a-z 0-9 _ . : -`). False: refused.
bool normalise_network(std::string_view text, std::string& out);

/// Leaves a provider's name in `out`: as sent, but blanks alone are no name. Returns why a provider
/// cannot be called so; empty where it can.
std::string_view normalise_provider_name(std::string_view text, std::string& out);

/// Whether a further resource can be called so: `[a-z][a-z0-9_]{0,31}`.
bool is_resource_name(std::string_view name);

/// The fields that are texts; empty: absent or null.
struct TextFields {
  std::optional<std::string_view> ip_address, country, platform, provider_name, network,
      payments_network;
};

// Each fills its part of `out`. Faults go to the list; after one that part is of no use.
void validate_texts(const TextFields& fields, const ValidationOptions& options, Advertisement& out,
                    FaultList& faults);
void validate_resources(const simdjson::dom::element& value, Advertisement& out, FaultList& faults);
void validate_pricing(const simdjson::dom::element& value, Advertisement& out, FaultList& faults);

}  // namespace discovery

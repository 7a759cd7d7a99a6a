// One provider's offer, as parsed and normalised: a plain value (contract, section 1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "advertisement/countries.h"

namespace discovery {

/// Sizes that are always there: cores, GB, GB; each 1 to 2147483647.
struct Sizes {
  int32_t cpu = 0;
  int32_t memory = 0;
  int32_t storage = 0;
  bool operator==(const Sizes&) const = default;
};

/// Everything a post says, validated and in canonical form. Empty text stands for null.
struct Advertisement {
  std::string provider_id;  // canonical, see identity/provider_id.h
  std::string provider_name;
  std::string ip_address;  // canonical text
  Country country = 0;
  std::string platform;
  std::string network;
  std::string payments_network;
  Sizes sizes;
  std::string resources_json;  // the object as rendered: cpu, memory, storage, then further ones as sent
  std::string pricing_json;    // the object as rendered, keys in the order sent; empty: null
  bool verified = false;

  bool operator==(const Advertisement&) const = default;
};

}  // namespace discovery

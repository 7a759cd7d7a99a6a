// One provider's offer, as parsed and normalised: a plain value (contract, section 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "advertisement/countries.h"
#include "advertisement/prices.h"

namespace discovery {

/// Sizes that are always there: cores, GB, GB; each 1 to 2147483647.
struct Sizes {
  int32_t cpu = 0;
  int32_t memory = 0;
  int32_t storage = 0;
  bool operator==(const Sizes&) const = default;
};

// The most that a valid advertisement can hold.
inline constexpr size_t kProviderIdBytesMax = 128;
inline constexpr size_t kProviderNamePointsMax = 64;
inline constexpr size_t kProviderNameBytesMax = 4 * kProviderNamePointsMax;  // in UTF-8
inline constexpr size_t kIpAddressBytesMax = 39;
inline constexpr size_t kPlatformBytesMax = 32;
inline constexpr size_t kNetworkBytesMax = 64;
inline constexpr size_t kResourceNameBytesMax = 32;
inline constexpr size_t kFurtherResourcesMax = 16;
inline constexpr size_t kResourcesBytesMax = 1024;  // as rendered, more than the two above can take
inline constexpr size_t kPricingBytesMax = 4 * 1024;  // as rendered

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
  std::string
      resources_json;  // the object as rendered: cpu, memory, storage, then further ones as sent
  std::string pricing_json;  // the object as rendered, keys in the order sent; empty: null
  Prices prices;             // what pricing_json says in figures
  bool verified = false;

  bool operator==(const Advertisement&) const = default;
};

}  // namespace discovery

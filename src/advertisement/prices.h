// What a month of a machine costs (contract, section 1, pricing).
#pragma once

#include <cstdint>
#include <optional>

namespace discovery {

enum class Currency : uint8_t { usd, glm };

/// The size that a price is asked for.
struct AskedSize {
  int64_t cpu = 1;
  int64_t memory = 1;
  int64_t storage = 1;
  bool operator==(const AskedSize&) const = default;
};

/// What a month of each unit costs, in one currency: 0 or more, never -0.
struct UnitPrices {
  double core = 0;
  double ram = 0;      // per GB
  double storage = 0;  // per GB

  /// The one place where a price is computed: sorting, limits and bounds must agree to the last
  /// bit.
  double per_month(const AskedSize& size) const {
    return core * static_cast<double>(size.cpu) + ram * static_cast<double>(size.memory) +
           storage * static_cast<double>(size.storage);
  }
  bool operator==(const UnitPrices&) const = default;
};

/// Empty: unknown, as a currency is whose three prices are all 0 or not all given.
struct Prices {
  std::optional<UnitPrices> usd;
  std::optional<UnitPrices> glm;
  bool operator==(const Prices&) const = default;
};

}  // namespace discovery

// What a month of a machine costs (contract, section 1, pricing).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace discovery {

enum class Currency : uint8_t { usd, glm };

/// The size that a price is asked for.
struct AskedSize {
  int64_t cpu = 1;
  int64_t memory = 1;
  int64_t storage = 1;
  bool operator==(const AskedSize&) const = default;
};

/// What a month of each unit costs in one currency, as it was sent: 0 or more, never -0.
struct UnitPrices {
  static constexpr double kNotSent = -1;

  double core = kNotSent;
  double ram = kNotSent;      // per GB
  double storage = kNotSent;  // per GB

  /// Whether a price of a size is known: all three were sent, and not all are 0.
  bool known() const { return core >= 0 && ram >= 0 && storage >= 0 && core + ram + storage > 0; }
  /// The one place where a price is computed: sorting, limits and bounds must agree to the last
  /// bit. Where all three were sent.
  double per_month(const AskedSize& size) const {
    return core * static_cast<double>(size.cpu) + ram * static_cast<double>(size.memory) +
           storage * static_cast<double>(size.storage);
  }
  bool operator==(const UnitPrices&) const = default;
};

/// Their names in pricing: USD, then GLM, each in the order of UnitPrices.
inline constexpr std::array<std::string_view, 6> kUnitPriceNames{
    "usd_per_core_month", "usd_per_gb_ram_month", "usd_per_gb_storage_month",
    "glm_per_core_month", "glm_per_gb_ram_month", "glm_per_gb_storage_month"};

struct Prices {
  UnitPrices usd;
  UnitPrices glm;
  const UnitPrices& in(Currency currency) const { return currency == Currency::usd ? usd : glm; }
  bool operator==(const Prices&) const = default;
};

}  // namespace discovery

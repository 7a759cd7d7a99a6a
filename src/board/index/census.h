// What the board holds in all, kept current as listings come and go.
//
// Prices are counted in buckets of 64 to the octave and shown as a bucket's middle: a quantile is
// within 0.8 % of a price at its rank.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "advertisement/countries.h"
#include "listing/listing.h"

namespace discovery {

struct Totals {
  uint64_t providers = 0;
  uint64_t verified = 0;
  uint64_t cpu = 0;
  uint64_t memory = 0;
  uint64_t storage = 0;
  Totals& operator+=(const Totals& other);
  bool operator==(const Totals&) const = default;
};

/// p10, p25, p50, p75, p90; of the nearest rank.
inline constexpr std::array<unsigned, 5> kPercents{10, 25, 50, 75, 90};
using Quantiles = std::array<double, kPercents.size()>;

/// What a month of each unit costs, where any price is known.
struct UnitQuantiles {
  Quantiles core{};
  Quantiles ram{};
  Quantiles storage{};
};
struct PriceStats {
  std::optional<UnitQuantiles> usd;
  std::optional<UnitQuantiles> glm;
};

struct Stats {
  struct OfCountry {
    Country country;
    Totals totals;
    PriceStats prices;
  };
  struct OfPlatform {
    std::string platform;  // empty: none given
    Totals totals;
  };
  Totals totals;
  PriceStats prices;
  std::vector<OfCountry> countries;  // in the order of their codes; those with any
  std::vector<OfPlatform>
      platforms;  // in order; the limits::kStatsPlatforms with the most providers
};

/// Counts of prices, in order; room is taken for those octaves alone in which there are any.
class PriceHistogram {
 public:
  PriceHistogram() = default;
  PriceHistogram(const PriceHistogram& other) { add(other); }
  PriceHistogram(PriceHistogram&&) = default;
  PriceHistogram& operator=(PriceHistogram other) {
    octaves_ = std::move(other.octaves_);
    count_ = other.count_;
    return *this;
  }

  void add(double price);
  void remove(double price);  // one that was added
  void add(const PriceHistogram& other);
  uint64_t count() const { return count_; }
  Quantiles quantiles() const;  // of at least one price

 private:
  struct Octave {
    std::array<uint32_t, 64> buckets{};
    uint64_t count = 0;
  };

  std::vector<std::unique_ptr<Octave>> octaves_;
  uint64_t count_ = 0;
};

class Census {
 public:
  void add(const Listing& listing);
  void remove(const Listing& listing);
  /// As remove and add; cheap where nothing that counts has changed.
  void replace(const Listing& former, const Listing& listing);

  Stats stats() const;

 private:
  using UnitHistograms = std::array<PriceHistogram, 3>;
  struct Group {
    Totals totals;
    std::array<UnitHistograms, 2> prices;  // USD, GLM
    Group& operator+=(const Group& other);
  };
  static PriceStats price_stats(const Group& group);
  Group sum_up() const;
  template <class Change>
  void apply(const Listing& listing, const Change& change);

  // The world's figures are their sums, made when they are asked for: much more seldom than any of
  // these changes.
  std::map<Country, Group> countries_;
  std::map<std::string, Totals, std::less<>> platforms_;
};

}  // namespace discovery

// The listings once more, put together by what they cost in USD, so that what a question asks for
// lies in few blocks.
//
// Each country has clusters of its own, and unknown prices are kept apart. A cluster that is full
// is split at the median of the axis that spreads widest, on a logarithmic scale; where all cost
// the same, by provider id. Rows have no order, and no holes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "advertisement/listing.h"
#include "board/columns.h"

namespace discovery {

/// What all rows of a cluster have in common; never narrower than the rows.
struct ClusterZone {
  void widen(const RowCodes& codes);

  SizeCodes size_most{};
  uint16_t id_least = UINT16_MAX;
};

/// Unit prices of those in a cluster, to the last bit: they bound what is computed from
/// them.
struct PriceBounds {
  PriceBounds();
  void widen(const UnitPrices& usd);
  /// Whether there is nobody whose prices are known.
  bool unknown() const { return least.core > most.core; }

  UnitPrices least;
  UnitPrices most;
};

/// Some rows of a cluster whose unit prices are the same to the last bit.
struct PriceClass {
  UnitPrices usd;
  uint32_t rows = 0;  // 0: to be used anew
};

struct Cluster {
  /// The three prices' codes and, for the least, the id's: where a listing lies among others.
  static constexpr size_t kPointAxes = kDimensions + 1;
  using Point = std::array<uint16_t, kPointAxes>;
  /// From the least to the most of each.
  struct Box {
    Point least{UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX};
    Point most{};
  };

  Columns columns;
  std::array<uint32_t, kBlockRows> rows{};  // their owner's names for them
  // Where prices are known: many ask the same, and none must be looked up.
  std::vector<PriceClass> prices;
  std::vector<uint16_t> price_of;  // by slot
  uint32_t used = 0;
  uint32_t stirred = 0;  // rows that left or changed since the bounds were drawn
  uint32_t number = 0;
  uint32_t position = 0;  // in its group
  uint32_t group = 0;
};

/// Whose rows are clustered.
class ClusterOwner {
 public:
  virtual uint16_t id_code(uint32_t row) const = 0;
  /// Told whenever a row comes to stand elsewhere.
  virtual void moved(uint32_t row, uint32_t place) = 0;

 protected:
  ~ClusterOwner() = default;
};

class Clusters {
 public:
  /// The owner must live as long.
  explicit Clusters(ClusterOwner& owner) : owner_(owner) {}

  struct Member {
    RowCodes codes;
    std::optional<UnitPrices> usd;
    uint32_t row = 0;
  };
  void insert(Country country, const Member& member);
  /// Inserts all of a country that has none yet, at far less cost.
  void fill(Country country, std::span<const Member> members);
  /// Becomes a copy of others, but for the owner. Only while there are none.
  void copy(const Clusters& other);
  /// Puts a member into a place whose listing is of the same provider and country.
  void replace(uint32_t place, const Member& member);
  /// The owner names the row that stands there anew.
  void rename(uint32_t place, uint32_t row) {
    by_number_[place / kBlockRows]->rows[place % kBlockRows] = row;
  }
  void remove(uint32_t place);
  /// Asks for the codes of all ids anew.
  void recode();

  /// What clusters have in common lies apart from them, so that all are run over in one sweep.
  struct Group {
    std::vector<Cluster::Box> boxes;
    std::vector<ClusterZone> zones;
    std::vector<PriceBounds> prices;
    std::vector<uint32_t> numbers;
    std::vector<std::unique_ptr<Cluster>> clusters;
  };
  /// All of a country, but for unknown prices.
  const Group& of(Country country) const { return groups_[country]; }
  const Group& unpriced(Country country) const { return groups_[kCountryCount + country]; }
  const Cluster& numbered(uint32_t number) const { return *by_number_[number]; }

 private:
  Member member_at(const Cluster& cluster, uint32_t slot) const;
  Cluster& add_cluster(uint32_t group);
  void drop_cluster(Cluster& cluster);
  void widen(const Cluster& cluster, const Member& member);
  Cluster& best_cluster(uint32_t group, const Cluster::Point& point);
  void put(Cluster& cluster, const Member& member);
  void set(Cluster& cluster, uint32_t slot, const Member& member);
  void take(Cluster& cluster, uint32_t slot);
  void split(Cluster& cluster);
  void dissolve(Cluster& cluster);
  void redraw(Cluster& cluster);

  ClusterOwner& owner_;
  std::array<Group, size_t{2} * kCountryCount> groups_;
  std::vector<Cluster*> by_number_;
  std::vector<uint32_t> free_numbers_;
};

}  // namespace discovery

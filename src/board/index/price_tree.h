// The rows once more, put together by what they cost in USD, so that what a question asks for lies
// in few row groups: the leaves of a k-d tree.
//
// Each country has clusters of its own, and unknown prices are kept apart. A cluster that is full
// is split at the median of the price that spreads widest, on a logarithmic scale; where all cost
// the same, by creation. Rows have no order, and no holes.
//
// Not synchronised.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "advertisement/countries.h"
#include "board/index/columns.h"
#include "board/index/row_number.h"
#include "board/index/zone.h"

namespace discovery {

struct Cluster {
  Columns columns;
  std::array<RowNumber, kBlockRows> rows{};
  std::array<uint32_t, kBlockRows> created{};  // seconds_code()
  uint32_t used = 0;
  uint32_t changes_since_redraw = 0;
  uint32_t number = 0;
  uint32_t position = 0;  // in its group
  uint32_t group = 0;
};

class Clusters {
 public:
  struct Member {
    RowCodes codes;
    uint32_t created = 0;
    RowNumber row;
  };
  void insert(Country country, const Member& member);
  /// The row has other codes now.
  void replace(const Member& member);
  void remove(RowNumber row);

  /// After the rows have moved in their table.
  void move(const RowMoves& moves);

  /// Zones lie apart from the clusters, so that all are run over in one sweep.
  struct Group {
    std::vector<Zone> zones;
    std::vector<uint32_t> numbers;
  };
  /// All of a country, but for unknown prices.
  const Group& of(Country country) const { return groups_[country]; }
  const Group& unpriced(Country country) const { return groups_[kCountryCount + country]; }
  const Cluster& numbered(uint32_t number) const { return *clusters_[number]; }

 private:
  static Member member_at(const Cluster& cluster, uint32_t slot);
  Zone& zone_of(const Cluster& cluster) { return groups_[cluster.group].zones[cluster.position]; }
  void insert(uint32_t group, const Member& member);
  void rename(uint32_t place, RowNumber row);
  Cluster& add_cluster(uint32_t group);
  void drop_cluster(const Cluster& cluster);
  Cluster& best_cluster(uint32_t group, const Member& member);
  void put(Cluster& cluster, const Member& member);
  void set(Cluster& cluster, uint32_t slot, const Member& member);
  void take(Cluster& cluster, uint32_t slot);
  void split(Cluster& cluster);
  void dissolve(const Cluster& cluster);
  void redraw(Cluster& cluster);

  std::array<Group, size_t{2} * kCountryCount> groups_;
  std::vector<std::unique_ptr<Cluster>> clusters_;  // by number
  std::vector<uint32_t> free_numbers_;
  std::vector<uint32_t> places_;  // of each row: its cluster's number and its slot
};

}  // namespace discovery

#include "board/index/price_tree.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

namespace discovery {

namespace {

constexpr uint32_t kThin = kBlockRows / 4;
constexpr uint32_t kChangesMax = kBlockRows / 2;  // before a zone is drawn anew

// By how much the zone would have to grow, first in prices and then in time.
uint64_t distance(const Zone& zone, const Clusters::Member& member) {
  const auto grows = [](int64_t least, int64_t most, int64_t value) {
    return static_cast<uint64_t>(std::max({least - value, value - most, int64_t{0}}));
  };
  uint64_t prices = 0;
  for (size_t i = 0; i < kDimensions; ++i) {
    prices += grows(zone.price_least[i], zone.price_most[i], member.codes.price[i]);
  }
  return prices << 32 | grows(zone.created_least, zone.created_most, member.created);
}

// kDimensions: by creation.
size_t widest_axis(const Zone& zone) {
  size_t widest = kDimensions;
  int most = 0;
  for (size_t i = 0; i < kDimensions; ++i) {
    const int spread = zone.price_most[i] - zone.price_least[i];
    if (spread > most) {
      most = spread;
      widest = i;
    }
  }
  return widest;
}

uint32_t group_of(Country country, const RowCodes& codes) {
  return country + (codes.price[0] == kUnknownPrice ? kCountryCount : 0U);
}

}  // namespace

Clusters::Member Clusters::member_at(const Cluster& cluster, uint32_t slot) {
  return {cluster.columns.codes(slot), cluster.created[slot], cluster.rows[slot]};
}

void Clusters::insert(Country country, const Member& member) {
  insert(group_of(country, member.codes), member);
}

void Clusters::insert(uint32_t group, const Member& member) {
  Cluster* cluster = &best_cluster(group, member);
  // Halves fit tighter than the whole did, so that another full cluster may now be the best.
  while (cluster->used == kBlockRows) {
    split(*cluster);
    cluster = &best_cluster(group, member);
  }
  put(*cluster, member);
}

void Clusters::replace(const Member& member) {
  const uint32_t place = places_[member.row.value];
  Cluster& cluster = *clusters_[place / kBlockRows];
  // Within its zone no other cluster would be better. Known and unknown prices share no zone.
  if (distance(zone_of(cluster), member) != 0) {
    const auto country = static_cast<Country>(cluster.group % kCountryCount);
    remove(member.row);
    return insert(country, member);
  }
  set(cluster, place % kBlockRows, member);
  if (++cluster.changes_since_redraw >= kChangesMax) redraw(cluster);
}

void Clusters::remove(RowNumber row) {
  const uint32_t place = places_[row.value];
  Cluster& cluster = *clusters_[place / kBlockRows];
  take(cluster, place % kBlockRows);
  if (cluster.used == 0) return drop_cluster(cluster);
  if (cluster.used < kThin && groups_[cluster.group].zones.size() > 1) return dissolve(cluster);
  if (cluster.changes_since_redraw >= kChangesMax) redraw(cluster);
}

// All places are found before any row is renamed: a row's new number may be another's old one.
void Clusters::move(const RowMoves& moves) {
  std::vector<uint32_t> places;
  places.reserve(moves.size());
  for (const RowMove& move : moves) places.push_back(places_[move.from.value]);
  for (size_t i = 0; i < moves.size(); ++i) rename(places[i], moves[i].to);
}

// What stands at `place` has this number from now on.
void Clusters::rename(uint32_t place, RowNumber row) {
  clusters_[place / kBlockRows]->rows[place % kBlockRows] = row;
  if (places_.size() <= row.value) places_.resize(row.value + kBlockRows);
  places_[row.value] = place;
}

Cluster& Clusters::add_cluster(uint32_t group) {
  auto number = static_cast<uint32_t>(clusters_.size());
  if (free_numbers_.empty()) {
    clusters_.emplace_back();
  } else {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  clusters_[number] = std::make_unique<Cluster>();
  Group& its_group = groups_[group];
  Cluster& cluster = *clusters_[number];
  cluster.number = number;
  cluster.group = group;
  cluster.position = static_cast<uint32_t>(its_group.zones.size());
  its_group.zones.emplace_back();
  its_group.numbers.push_back(number);
  return cluster;
}

// The group's last cluster fills the gap.
void Clusters::drop_cluster(const Cluster& cluster) {
  Group& group = groups_[cluster.group];
  const uint32_t number = cluster.number;
  const uint32_t position = cluster.position;
  clusters_[group.numbers.back()]->position = position;
  group.zones[position] = group.zones.back();
  group.numbers[position] = group.numbers.back();
  group.zones.pop_back();
  group.numbers.pop_back();
  clusters_[number].reset();
  free_numbers_.push_back(number);
}

Cluster& Clusters::best_cluster(uint32_t group, const Member& member) {
  const auto& zones = groups_[group].zones;
  if (zones.empty()) return add_cluster(group);
  size_t best = 0;
  uint64_t least = UINT64_MAX;
  for (size_t i = 0; i < zones.size() && least != 0; ++i) {
    const uint64_t grows = distance(zones[i], member);
    if (grows < least) {
      least = grows;
      best = i;
    }
  }
  return *clusters_[groups_[group].numbers[best]];
}

void Clusters::put(Cluster& cluster, const Member& member) {
  assert(cluster.used < kBlockRows);
  const uint32_t slot = cluster.used++;
  set(cluster, slot, member);
  rename(cluster.number * kBlockRows + slot, member.row);
}

void Clusters::set(Cluster& cluster, uint32_t slot, const Member& member) {
  cluster.columns.set(slot, member.codes);
  cluster.created[slot] = member.created;
  zone_of(cluster).widen(member.codes, member.created);
}

// The last row fills the gap.
void Clusters::take(Cluster& cluster, uint32_t slot) {
  const uint32_t last = --cluster.used;
  ++cluster.changes_since_redraw;
  if (slot != last) {
    cluster.columns.set(slot, cluster.columns.codes(last));
    cluster.created[slot] = cluster.created[last];
    rename(cluster.number * kBlockRows + slot, cluster.rows[last]);
  }
  cluster.columns.clear(last);
}

void Clusters::split(Cluster& cluster) {
  Cluster& other = add_cluster(cluster.group);
  redraw(cluster);
  const size_t axis = widest_axis(zone_of(cluster));
  const auto key = [&](uint32_t slot) {
    return axis == kDimensions ? cluster.created[slot] : cluster.columns.prices(slot)[axis];
  };
  std::array<uint32_t, kBlockRows> slots;
  std::iota(slots.begin(), slots.end(), 0U);
  const auto half = slots.begin() + kBlockRows / 2;
  std::ranges::nth_element(slots, half, {}, key);
  // From the last slot down, so that the row that fills a gap is never one that leaves too.
  std::sort(half, slots.end(), std::greater<>());
  for (auto slot = half; slot != slots.end(); ++slot) {
    const Member member = member_at(cluster, *slot);
    take(cluster, *slot);
    put(other, member);
  }
  redraw(cluster);
}

void Clusters::dissolve(const Cluster& cluster) {
  const uint32_t group = cluster.group;
  std::vector<Member> members;
  members.reserve(cluster.used);
  for (uint32_t slot = 0; slot < cluster.used; ++slot) members.push_back(member_at(cluster, slot));
  drop_cluster(cluster);
  for (const Member& member : members) insert(group, member);
}

void Clusters::redraw(Cluster& cluster) {
  Zone& zone = zone_of(cluster);
  zone = {};
  for (uint32_t slot = 0; slot < cluster.used; ++slot) {
    zone.widen(cluster.columns.codes(slot), cluster.created[slot]);
  }
  cluster.changes_since_redraw = 0;
}

}  // namespace discovery

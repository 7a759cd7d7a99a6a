#include "board/index/price_tree.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

namespace discovery {

namespace {

constexpr uint32_t kThin = kGroupRows / 4;
constexpr uint32_t kChangesMax = kGroupRows / 2;  // before a zone map is drawn anew

// By how much the zone map would have to grow, first in prices and then in time.
uint64_t distance(const ZoneMap& zone_map, const PriceTree::Member& member) {
  const auto grows = [](int64_t least, int64_t most, int64_t value) {
    return static_cast<uint64_t>(std::max({least - value, value - most, int64_t{0}}));
  };
  uint64_t prices = 0;
  for (size_t i = 0; i < kDimensions; ++i) {
    prices += grows(zone_map.price_least[i], zone_map.price_most[i], member.codes.price[i]);
  }
  return prices << 32 | grows(zone_map.created_least, zone_map.created_most, member.created);
}

// kDimensions: by creation.
size_t widest_axis(const ZoneMap& zone_map) {
  size_t widest = kDimensions;
  int most = 0;
  for (size_t i = 0; i < kDimensions; ++i) {
    const int spread = zone_map.price_most[i] - zone_map.price_least[i];
    if (spread > most) {
      most = spread;
      widest = i;
    }
  }
  return widest;
}

uint32_t partition_of(Country country, const RowCodes& codes) {
  return country + (codes.price[0] == kUnknownPrice ? kCountryCount : 0U);
}

}  // namespace

PriceTree::Member PriceTree::member_at(const PriceLeaf& leaf, uint32_t slot) {
  return {leaf.columns.codes(slot), leaf.created[slot], leaf.rows[slot]};
}

void PriceTree::insert(Country country, const Member& member) {
  insert(partition_of(country, member.codes), member);
}

void PriceTree::insert(uint32_t partition, const Member& member) {
  PriceLeaf* leaf = &best_leaf(partition, member);
  // Halves fit tighter than the whole did, so that another full leaf may now be the best.
  while (leaf->used == kGroupRows) {
    split(*leaf);
    leaf = &best_leaf(partition, member);
  }
  put(*leaf, member);
}

void PriceTree::replace(const Member& member) {
  const uint32_t location = locations_[member.row.value];
  PriceLeaf& leaf = *leaves_[location / kGroupRows];
  // Within its zone map no other leaf would be better. Known and unknown prices share no zone map.
  if (distance(zone_map_of(leaf), member) != 0) {
    const auto country = static_cast<Country>(leaf.partition % kCountryCount);
    remove(member.row);
    return insert(country, member);
  }
  set(leaf, location % kGroupRows, member);
  if (++leaf.changes_since_redraw >= kChangesMax) redraw(leaf);
}

void PriceTree::remove(RowNumber row) {
  const uint32_t location = locations_[row.value];
  PriceLeaf& leaf = *leaves_[location / kGroupRows];
  take(leaf, location % kGroupRows);
  if (leaf.used == 0) return drop_leaf(leaf);
  if (leaf.used < kThin && partitions_[leaf.partition].zone_maps.size() > 1) return dissolve(leaf);
  if (leaf.changes_since_redraw >= kChangesMax) redraw(leaf);
}

// All locations are found before any is renumbered: a row's new number may be another's old one.
void PriceTree::relocate(const Relocations& relocations) {
  std::vector<uint32_t> locations;
  locations.reserve(relocations.size());
  for (const Relocation& move : relocations) locations.push_back(locations_[move.from.value]);
  for (size_t i = 0; i < relocations.size(); ++i) set_row(locations[i], relocations[i].to);
}

// What stands at `location` has this number from now on.
void PriceTree::set_row(uint32_t location, RowNumber row) {
  leaves_[location / kGroupRows]->rows[location % kGroupRows] = row;
  if (locations_.size() <= row.value) locations_.resize(row.value + kGroupRows);
  locations_[row.value] = location;
}

PriceLeaf& PriceTree::add_leaf(uint32_t partition) {
  auto number = static_cast<uint32_t>(leaves_.size());
  if (free_numbers_.empty()) {
    leaves_.emplace_back();
  } else {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  leaves_[number] = std::make_unique<PriceLeaf>();
  Partition& its_partition = partitions_[partition];
  PriceLeaf& leaf = *leaves_[number];
  leaf.number = number;
  leaf.partition = partition;
  leaf.position = static_cast<uint32_t>(its_partition.zone_maps.size());
  its_partition.zone_maps.emplace_back();
  its_partition.numbers.push_back(number);
  return leaf;
}

// The partition's last leaf fills the gap.
void PriceTree::drop_leaf(const PriceLeaf& leaf) {
  Partition& partition = partitions_[leaf.partition];
  const uint32_t number = leaf.number;
  const uint32_t position = leaf.position;
  leaves_[partition.numbers.back()]->position = position;
  partition.zone_maps[position] = partition.zone_maps.back();
  partition.numbers[position] = partition.numbers.back();
  partition.zone_maps.pop_back();
  partition.numbers.pop_back();
  leaves_[number].reset();
  free_numbers_.push_back(number);
}

PriceLeaf& PriceTree::best_leaf(uint32_t partition, const Member& member) {
  const auto& zone_maps = partitions_[partition].zone_maps;
  if (zone_maps.empty()) return add_leaf(partition);
  size_t best = 0;
  uint64_t least = UINT64_MAX;
  for (size_t i = 0; i < zone_maps.size() && least != 0; ++i) {
    const uint64_t grows = distance(zone_maps[i], member);
    if (grows < least) {
      least = grows;
      best = i;
    }
  }
  return *leaves_[partitions_[partition].numbers[best]];
}

void PriceTree::put(PriceLeaf& leaf, const Member& member) {
  assert(leaf.used < kGroupRows);
  const uint32_t slot = leaf.used++;
  set(leaf, slot, member);
  set_row(leaf.number * kGroupRows + slot, member.row);
}

void PriceTree::set(PriceLeaf& leaf, uint32_t slot, const Member& member) {
  leaf.columns.set(slot, member.codes);
  leaf.created[slot] = member.created;
  zone_map_of(leaf).widen(member.codes, member.created);
}

// The last row fills the gap.
void PriceTree::take(PriceLeaf& leaf, uint32_t slot) {
  const uint32_t last = --leaf.used;
  ++leaf.changes_since_redraw;
  if (slot != last) {
    leaf.columns.set(slot, leaf.columns.codes(last));
    leaf.created[slot] = leaf.created[last];
    set_row(leaf.number * kGroupRows + slot, leaf.rows[last]);
  }
  leaf.columns.clear(last);
}

void PriceTree::split(PriceLeaf& leaf) {
  PriceLeaf& other = add_leaf(leaf.partition);
  redraw(leaf);
  const size_t axis = widest_axis(zone_map_of(leaf));
  const auto key = [&](uint32_t slot) {
    return axis == kDimensions ? leaf.created[slot] : leaf.columns.prices(slot)[axis];
  };
  std::array<uint32_t, kGroupRows> slots;
  std::iota(slots.begin(), slots.end(), 0U);
  const auto half = slots.begin() + kGroupRows / 2;
  std::ranges::nth_element(slots, half, {}, key);
  // From the last slot down, so that the row that fills a gap is never one that leaves too.
  std::sort(half, slots.end(), std::greater<>());
  for (auto slot = half; slot != slots.end(); ++slot) {
    const Member member = member_at(leaf, *slot);
    take(leaf, *slot);
    put(other, member);
  }
  redraw(leaf);
}

void PriceTree::dissolve(const PriceLeaf& leaf) {
  const uint32_t partition = leaf.partition;
  std::vector<Member> members;
  members.reserve(leaf.used);
  for (uint32_t slot = 0; slot < leaf.used; ++slot) members.push_back(member_at(leaf, slot));
  drop_leaf(leaf);
  for (const Member& member : members) insert(partition, member);
}

void PriceTree::redraw(PriceLeaf& leaf) {
  ZoneMap& zone_map = zone_map_of(leaf);
  zone_map = {};
  for (uint32_t slot = 0; slot < leaf.used; ++slot) {
    zone_map.widen(leaf.columns.codes(slot), leaf.created[slot]);
  }
  leaf.changes_since_redraw = 0;
}

}  // namespace discovery

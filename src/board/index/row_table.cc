#include "board/index/row_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace discovery {

namespace {

bool stands_before(const Listing& a, const Listing& b) {
  return std::forward_as_tuple(a.created(), a.provider_id()) <
         std::forward_as_tuple(b.created(), b.provider_id());
}

RowNumber number_of(const RowGroup& group, uint32_t slot) {
  return {group.number() * RowGroup::kRows + slot};
}

}  // namespace

RowNumber RowTable::insert(ListingPtr listing, const RowCodes& codes, Relocations& relocations) {
  Partition& partition = partitions_[listing->country()];
  const bool is_last = partition.empty() || partition.back().group->ends_before(*listing);
  return is_last ? append(partition, std::move(listing), codes)
                 : insert_between(partition, std::move(listing), relocations);
}

void RowTable::replace(RowNumber row, ListingPtr listing, const RowCodes& codes) {
  RowGroup& group = *groups_[row.group()];
  ZoneMap& zone_map = zone_map_of(group);
  zone_map.widen(codes, seconds_code(listing->created()));
  zone_map.widen(listing->expires());
  group.replace(row.slot(), std::move(listing), codes);
}

void RowTable::remove(RowNumber row, Relocations& relocations) {
  RowGroup& group = *groups_[row.group()];
  group.remove(row.slot());
  if (group.live() == 0) return drop_group(group);
  if (group.live() > RowGroup::kRows / 4) return;
  // Thin row groups are joined with a neighbour, as long as the sum leaves room to grow.
  Partition& partition = partitions_[group.country()];
  for (const size_t first : {size_t{group.position()}, size_t{group.position()} - 1}) {
    if (first >= partition.size() - 1) continue;  // also where there is no neighbour before
    RowGroup& left = *partition[first].group;
    RowGroup& right = *partition[first + 1].group;
    if (left.live() + right.live() <= RowGroup::kRows * 3 / 4)
      return merge(left, right, relocations);
  }
}

void RowTable::refresh_zone_maps(BootTime now) {
  for (Partition& partition : partitions_) {
    for (Entry& entry : partition) {
      if (entry.zone_map.first_expiry <= now) entry.zone_map = entry.group->zone_map();
    }
  }
}

RowGroup& RowTable::add_group(Country country, size_t position) {
  auto number = static_cast<uint32_t>(groups_.size());
  if (free_numbers_.empty()) {
    groups_.emplace_back();
  } else {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  groups_[number] = std::make_unique<RowGroup>(number, country);
  Partition& partition = partitions_[country];
  partition.insert(partition.begin() + static_cast<ptrdiff_t>(position),
                   {ZoneMap{}, groups_[number].get()});
  for (size_t i = position; i < partition.size(); ++i) partition[i].group->set_position(i);
  return *groups_[number];
}

void RowTable::drop_group(const RowGroup& group) {
  Partition& partition = partitions_[group.country()];
  const uint32_t number = group.number();
  const size_t position = group.position();
  partition.erase(partition.begin() + static_cast<ptrdiff_t>(position));
  for (size_t i = position; i < partition.size(); ++i) partition[i].group->set_position(i);
  free_numbers_.push_back(number);
  groups_[number].reset();
}

RowNumber RowTable::append(Partition& partition, ListingPtr listing, const RowCodes& codes) {
  const bool room = !partition.empty() && !partition.back().group->full();
  RowGroup& group =
      room ? *partition.back().group : add_group(listing->country(), partition.size());
  return put_last(group, std::move(listing), codes);
}

// A listing whose time lies before others': the clock was set back, or it came from another
// country.
RowNumber RowTable::insert_between(Partition& partition, ListingPtr listing,
                                   Relocations& relocations) {
  const auto after = std::upper_bound(partition.begin(), partition.end(), listing,
                                      [](const ListingPtr& mine, const Entry& entry) {
                                        return stands_before(*mine, entry.group->first());
                                      });
  const auto position = static_cast<size_t>(std::max<ptrdiff_t>(after - partition.begin() - 1, 0));
  RowGroup& group = *partition[position].group;
  std::vector<Arrival> arrivals;
  collect(group, arrivals);
  empty(group);
  const auto place = std::upper_bound(arrivals.begin(), arrivals.end(), listing,
                                      [](const ListingPtr& mine, const Arrival& other) {
                                        return stands_before(*mine, *other.listing);
                                      });
  arrivals.insert(place, {.listing = std::move(listing), .from = {}, .is_new = true});
  const size_t count = arrivals.size();
  const size_t kept = count <= RowGroup::kRows ? count : count / 2;
  RowGroup& second = kept == count ? group : add_group(group.country(), position + 1);
  RowNumber fresh;
  for (size_t i = 0; i < count; ++i) {
    const RowCodes codes(*arrivals[i].listing);
    const RowNumber to = put_last(i < kept ? group : second, std::move(arrivals[i].listing), codes);
    if (arrivals[i].is_new) {
      fresh = to;
    } else if (arrivals[i].from != to) {
      relocations.push_back({arrivals[i].from, to});
    }
  }
  return fresh;
}

void RowTable::merge(RowGroup& first, RowGroup& second, Relocations& relocations) {
  std::vector<Arrival> arrivals;
  collect(first, arrivals);
  collect(second, arrivals);
  empty(first);
  drop_group(second);
  for (Arrival& arrival : arrivals) {
    const RowCodes codes(*arrival.listing);
    const RowNumber to = put_last(first, std::move(arrival.listing), codes);
    if (arrival.from != to) relocations.push_back({arrival.from, to});
  }
}

void RowTable::collect(const RowGroup& group, std::vector<Arrival>& arrivals) {
  for (uint32_t slot = 0; slot < group.used(); ++slot) {
    if (group.row(slot)) arrivals.push_back({group.row(slot), number_of(group, slot)});
  }
}

void RowTable::empty(RowGroup& group) {
  group.clear();
  zone_map_of(group) = ZoneMap{};
}

RowNumber RowTable::put_last(RowGroup& group, ListingPtr listing, const RowCodes& codes) {
  ZoneMap& zone_map = zone_map_of(group);
  zone_map.widen(codes, seconds_code(listing->created()));
  zone_map.widen(listing->expires());
  return number_of(group, group.append(std::move(listing), codes));
}

}  // namespace discovery

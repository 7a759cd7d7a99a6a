#include "board/clusters.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>

namespace discovery {

namespace {

constexpr uint32_t kThin = kBlockRows / 4;
// Bounds are drawn anew when so many rows have left or changed.
constexpr uint32_t kStirredMax = kBlockRows / 2;
// Clusters that are filled at once have room for what comes.
constexpr size_t kFilled = size_t{kBlockRows} * 7 / 8;
// Ids divide what prices do not: the whole scale counts less than one of their steps.
constexpr uint32_t kCodeWeight = 4'096;

uint32_t weight(size_t axis) { return axis < kDimensions ? kCodeWeight : 1; }

void enlarge(Cluster::Box& box, const Cluster::Point& point) {
  for (size_t i = 0; i < Cluster::kPointAxes; ++i) {
    box.least[i] = std::min(box.least[i], point[i]);
    box.most[i] = std::max(box.most[i], point[i]);
  }
}

// By how much the box would have to grow.
uint32_t distance(const Cluster::Box& box, const Cluster::Point& point) {
  uint32_t sum = 0;
  for (size_t i = 0; i < Cluster::kPointAxes; ++i) {
    const int below = box.least[i] - point[i];
    const int above = point[i] - box.most[i];
    sum += weight(i) * static_cast<uint32_t>(std::max({below, above, 0}));
  }
  return sum;
}

size_t widest_axis(const Cluster::Box& box) {
  size_t widest = 0;
  uint32_t most = 0;
  for (size_t i = 0; i < Cluster::kPointAxes; ++i) {
    const uint32_t spread = weight(i) * static_cast<uint32_t>(box.most[i] - box.least[i]);
    if (spread > most) {
      most = spread;
      widest = i;
    }
  }
  return widest;
}

size_t clusters_for(size_t members) {
  return members <= kBlockRows ? 1 : (members + kFilled - 1) / kFilled;
}

// A member's point beside its number: what is moved about when many are divided.
struct Pointer {
  Cluster::Point point;
  uint32_t member;
};

// Puts the lesser half in front, by where they differ most; its size.
size_t halve(std::span<Pointer> pointers) {
  Cluster::Box box;
  for (const Pointer& one : pointers) enlarge(box, one.point);
  const size_t axis = widest_axis(box);
  const size_t parts = clusters_for(pointers.size());
  const size_t half = pointers.size() * (parts / 2) / parts;
  std::ranges::nth_element(pointers, pointers.begin() + static_cast<ptrdiff_t>(half), {},
                           [axis](const Pointer& one) { return one.point[axis]; });
  return half;
}

// Looked for one by one: a renewal asks nothing of a cluster, and most have few.
void join_class(Cluster& cluster, uint32_t slot, const UnitPrices& usd) {
  if (cluster.price_of.empty()) cluster.price_of.resize(kBlockRows);
  auto& prices = cluster.prices;
  size_t its_class = prices.size();
  for (size_t i = 0; i < prices.size(); ++i) {
    if (prices[i].rows == 0) {
      its_class = i;
    } else if (prices[i].usd == usd) {
      its_class = i;
      break;
    }
  }
  if (its_class == prices.size()) prices.emplace_back();
  prices[its_class].usd = usd;
  ++prices[its_class].rows;
  cluster.price_of[slot] = static_cast<uint16_t>(its_class);
}

void leave_class(Cluster& cluster, uint32_t slot) {
  if (!cluster.price_of.empty()) --cluster.prices[cluster.price_of[slot]].rows;
}

uint32_t place_of(const Cluster& cluster, uint32_t slot) {
  return cluster.number * kBlockRows + slot;
}

Cluster::Point point_of(const RowCodes& codes) {
  return {codes.price[0], codes.price[1], codes.price[2], codes.id};
}

uint32_t group_of(Country country, const RowCodes& codes) {
  return country + (codes.price[0] == kUnknownPrice ? kCountryCount : 0U);
}

}  // namespace

void ClusterZone::widen(const RowCodes& codes) {
  for (size_t i = 0; i < kDimensions; ++i) {
    size_most[i] = std::max(size_most[i], codes.size[i]);
  }
  id_least = std::min(id_least, codes.id);
}

PriceBounds::PriceBounds() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  least = {kInfinity, kInfinity, kInfinity};
}

void PriceBounds::widen(const UnitPrices& usd) {
  least = {std::min(least.core, usd.core), std::min(least.ram, usd.ram),
           std::min(least.storage, usd.storage)};
  most = {std::max(most.core, usd.core), std::max(most.ram, usd.ram),
          std::max(most.storage, usd.storage)};
}

Clusters::Member Clusters::member_at(const Cluster& cluster, uint32_t slot) const {
  const uint32_t row = cluster.rows[slot];
  const RowCodes codes = cluster.columns.codes(slot);
  if (cluster.price_of.empty()) return {codes, std::nullopt, row};
  return {codes, cluster.prices[cluster.price_of[slot]].usd, row};
}

void Clusters::insert(Country country, const Member& member) {
  const uint32_t group = group_of(country, member.codes);
  const Cluster::Point point = point_of(member.codes);
  Cluster* cluster = &best_cluster(group, point);
  // Halves fit tighter than the whole did, so that another full cluster may now be the best.
  while (cluster->used == kBlockRows) {
    split(*cluster);
    cluster = &best_cluster(group, point);
  }
  put(*cluster, member);
}

void Clusters::fill(Country country, std::span<const Member> members) {
  std::vector<Pointer> pointers;
  pointers.reserve(members.size());
  for (size_t i = 0; i < members.size(); ++i) {
    pointers.push_back({point_of(members[i].codes), static_cast<uint32_t>(i)});
  }
  const auto unpriced = std::partition(pointers.begin(), pointers.end(), [&](const Pointer& one) {
    return group_of(country, members[one.member].codes) == country;
  });
  const auto priced = static_cast<size_t>(unpriced - pointers.begin());
  const std::span<Pointer> all(pointers);
  std::vector<std::span<Pointer>> left{all.first(priced), all.subspan(priced)};
  while (!left.empty()) {
    const std::span<Pointer> some = left.back();
    left.pop_back();
    if (some.size() > kBlockRows) {
      const size_t half = halve(some);
      left.insert(left.end(), {some.first(half), some.subspan(half)});
    } else if (!some.empty()) {
      Cluster& cluster = add_cluster(group_of(country, members[some.front().member].codes));
      for (const Pointer& one : some) put(cluster, members[one.member]);
    }
  }
}

void Clusters::copy(const Clusters& other) {
  by_number_.resize(other.by_number_.size());
  for (size_t i = 0; i < groups_.size(); ++i) {
    const Group& model = other.groups_[i];
    Group& group = groups_[i];
    group.boxes = model.boxes;
    group.zones = model.zones;
    group.prices = model.prices;
    group.numbers = model.numbers;
    for (const auto& cluster : model.clusters) {
      group.clusters.push_back(std::make_unique<Cluster>(*cluster));
      by_number_[cluster->number] = group.clusters.back().get();
    }
  }
  free_numbers_ = other.free_numbers_;
}

void Clusters::replace(uint32_t place, const Member& member) {
  Cluster& cluster = *by_number_[place / kBlockRows];
  const uint32_t slot = place % kBlockRows;
  // No other cluster would be better, and none of the other kind takes it: known and unknown prices
  // never share a box.
  const Cluster::Box& box = groups_[cluster.group].boxes[cluster.position];
  if (distance(box, point_of(member.codes)) != 0) {
    const auto country = static_cast<Country>(cluster.group % kCountryCount);
    remove(place);
    return insert(country, member);
  }
  leave_class(cluster, slot);
  set(cluster, slot, member);
  if (++cluster.stirred >= kStirredMax) redraw(cluster);
}

void Clusters::remove(uint32_t place) {
  Cluster& cluster = *by_number_[place / kBlockRows];
  take(cluster, place % kBlockRows);
  if (cluster.used == 0) return drop_cluster(cluster);
  if (cluster.used < kThin && groups_[cluster.group].clusters.size() > 1) return dissolve(cluster);
  if (cluster.stirred >= kStirredMax) redraw(cluster);
}

void Clusters::recode() {
  for (Group& group : groups_) {
    for (const auto& cluster : group.clusters) {
      for (uint32_t slot = 0; slot < cluster->used; ++slot) {
        cluster->columns.set_id(slot, owner_.id_code(cluster->rows[slot]));
      }
      redraw(*cluster);
    }
  }
}

Cluster& Clusters::add_cluster(uint32_t group) {
  auto cluster = std::make_unique<Cluster>();
  cluster->number = static_cast<uint32_t>(by_number_.size());
  if (free_numbers_.empty()) {
    by_number_.emplace_back();
  } else {
    cluster->number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  by_number_[cluster->number] = cluster.get();
  cluster->group = group;
  cluster->position = static_cast<uint32_t>(groups_[group].clusters.size());
  Group& its_group = groups_[group];
  its_group.boxes.emplace_back();
  its_group.zones.emplace_back();
  its_group.prices.emplace_back();
  its_group.numbers.push_back(cluster->number);
  return *its_group.clusters.emplace_back(std::move(cluster));
}

void Clusters::drop_cluster(Cluster& cluster) {
  Group& group = groups_[cluster.group];
  const uint32_t position = cluster.position;
  by_number_[cluster.number] = nullptr;
  free_numbers_.push_back(cluster.number);
  group.clusters.back()->position = position;
  const auto fill_gap = [position](auto& parts) {
    std::swap(parts[position], parts.back());
    parts.pop_back();
  };
  fill_gap(group.boxes);
  fill_gap(group.zones);
  fill_gap(group.prices);
  fill_gap(group.numbers);
  fill_gap(group.clusters);
}

Cluster& Clusters::best_cluster(uint32_t group, const Cluster::Point& point) {
  const auto& boxes = groups_[group].boxes;
  if (boxes.empty()) return add_cluster(group);
  size_t best = 0;
  uint32_t least = UINT32_MAX;
  for (size_t i = 0; i < boxes.size() && least != 0; ++i) {
    const uint32_t grows = distance(boxes[i], point);
    if (grows < least) {
      least = grows;
      best = i;
    }
  }
  return *groups_[group].clusters[best];
}

void Clusters::put(Cluster& cluster, const Member& member) {
  assert(cluster.used < kBlockRows);
  const uint32_t slot = cluster.used++;
  set(cluster, slot, member);
  owner_.moved(member.row, place_of(cluster, slot));
}

void Clusters::set(Cluster& cluster, uint32_t slot, const Member& member) {
  cluster.rows[slot] = member.row;
  cluster.columns.set(slot, member.codes);
  if (member.usd) join_class(cluster, slot, *member.usd);
  widen(cluster, member);
}

void Clusters::widen(const Cluster& cluster, const Member& member) {
  Group& group = groups_[cluster.group];
  enlarge(group.boxes[cluster.position], point_of(member.codes));
  group.zones[cluster.position].widen(member.codes);
  if (member.usd) group.prices[cluster.position].widen(*member.usd);
}

// The last row fills the gap.
void Clusters::take(Cluster& cluster, uint32_t slot) {
  const uint32_t last = --cluster.used;
  ++cluster.stirred;
  leave_class(cluster, slot);
  if (slot != last) {
    cluster.rows[slot] = cluster.rows[last];
    cluster.columns.set(slot, cluster.columns.codes(last));
    if (!cluster.price_of.empty()) cluster.price_of[slot] = cluster.price_of[last];
    owner_.moved(cluster.rows[slot], place_of(cluster, slot));
  }
  cluster.columns.clear(last);
}

void Clusters::split(Cluster& cluster) {
  Cluster& other = add_cluster(cluster.group);
  redraw(cluster);
  const size_t axis = widest_axis(groups_[cluster.group].boxes[cluster.position]);
  std::array<uint32_t, kBlockRows> slots;
  std::iota(slots.begin(), slots.end(), 0U);
  const auto half = slots.begin() + kBlockRows / 2;
  const auto key = [&](uint32_t slot) { return point_of(cluster.columns.codes(slot))[axis]; };
  std::nth_element(slots.begin(), half, slots.end(),
                   [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
  // From the last slot down, so that the row that fills a gap is never one that goes too.
  std::sort(half, slots.end(), std::greater<>());
  for (auto slot = half; slot != slots.end(); ++slot) {
    put(other, member_at(cluster, *slot));
    take(cluster, *slot);
  }
  redraw(cluster);
}

void Clusters::dissolve(Cluster& cluster) {
  const auto country = static_cast<Country>(cluster.group % kCountryCount);
  std::vector<Member> members;
  members.reserve(cluster.used);
  for (uint32_t slot = 0; slot < cluster.used; ++slot) {
    members.push_back(member_at(cluster, slot));
  }
  drop_cluster(cluster);
  for (const Member& member : members) insert(country, member);
}

void Clusters::redraw(Cluster& cluster) {
  Group& group = groups_[cluster.group];
  group.boxes[cluster.position] = {};
  group.zones[cluster.position] = {};
  group.prices[cluster.position] = {};
  for (uint32_t slot = 0; slot < cluster.used; ++slot) widen(cluster, member_at(cluster, slot));
  cluster.stirred = 0;
}

}  // namespace discovery

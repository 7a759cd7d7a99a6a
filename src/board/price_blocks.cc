#include "board/price_blocks.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>

namespace discovery {

namespace {

constexpr uint32_t kThin = kBlockRows / 4;
constexpr uint32_t kTakenMax = kBlockRows / 8;
// Ids divide what prices do not: the whole scale counts less than one step of a price.
constexpr uint32_t kPriceWeight = 4'096;

PriceBlock::Point point_of(const RowCodes& codes) {
  return {codes.price[0], codes.price[1], codes.price[2], codes.id};
}

uint32_t weight(size_t axis) { return axis < kDimensions ? kPriceWeight : 1; }

void widen(PriceBlock::Box& box, const PriceBlock::Point& point) {
  for (size_t i = 0; i < PriceBlock::kAxes; ++i) {
    box.least[i] = std::min(box.least[i], point[i]);
    box.most[i] = std::max(box.most[i], point[i]);
  }
}

// By how much the box would have to grow.
uint32_t distance(const PriceBlock::Box& box, const PriceBlock::Point& point) {
  uint32_t sum = 0;
  for (size_t i = 0; i < PriceBlock::kAxes; ++i) {
    const int below = box.least[i] - point[i];
    const int above = point[i] - box.most[i];
    sum += weight(i) * static_cast<uint32_t>(std::max({below, above, 0}));
  }
  return sum;
}

size_t widest_axis(const PriceBlock::Box& box) {
  size_t widest = 0;
  uint32_t most = 0;
  for (size_t i = 0; i < PriceBlock::kAxes; ++i) {
    const uint32_t spread = weight(i) * static_cast<uint32_t>(box.most[i] - box.least[i]);
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

// Puts the lesser half in front, by where they differ most; its size.
size_t halve(std::span<PriceBlocks::Offer> offers) {
  PriceBlock::Box box;
  for (const auto& offer : offers) widen(box, point_of(offer.codes));
  const auto key = [axis = widest_axis(box)](const PriceBlocks::Offer& offer) {
    return point_of(offer.codes)[axis];
  };
  const size_t half = offers.size() / 2;
  std::ranges::nth_element(offers, offers.begin() + static_cast<ptrdiff_t>(half), {}, key);
  return half;
}

uint32_t place_of(const PriceBlock& block, uint32_t slot) {
  return block.number * kBlockRows + slot;
}

}  // namespace

PriceZone::PriceZone() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  least = {kInfinity, kInfinity, kInfinity};
}

void PriceZone::widen(const std::optional<UnitPrices>& usd, const RowCodes& codes) {
  if (usd) {
    least = {std::min(least.core, usd->core), std::min(least.ram, usd->ram),
             std::min(least.storage, usd->storage)};
    most = {std::max(most.core, usd->core), std::max(most.ram, usd->ram),
            std::max(most.storage, usd->storage)};
  }
  for (size_t i = 0; i < kDimensions; ++i) size_most[i] = std::max(size_most[i], codes.size[i]);
  id_least = std::min(id_least, codes.id);
}

void PriceBlocks::insert(const Listing& listing, uint16_t id_code) {
  const RowCodes codes(listing, id_code);
  const uint32_t group = group_of(listing.country(), codes);
  PriceBlock* block = &best_block(group, point_of(codes));
  // Halves fit tighter than the whole did, so that another full block may now be the best.
  while (block->used == kBlockRows) {
    split(*block);
    block = &best_block(group, point_of(codes));
  }
  moved_(listing, put(*block, listing, codes, listing.prices().usd));
}

void PriceBlocks::fill(Country country, std::span<Offer> offers,
                       const std::function<void(uint32_t row, uint32_t place)>& placed) {
  const auto unknown = std::partition(offers.begin(), offers.end(), [&](const Offer& offer) {
    return group_of(country, offer.codes) == country;
  });
  const auto known = static_cast<size_t>(unknown - offers.begin());
  std::vector<std::span<Offer>> left{offers.first(known), offers.subspan(known)};
  while (!left.empty()) {
    const std::span<Offer> some = left.back();
    left.pop_back();
    if (some.size() > kBlockRows) {
      const size_t half = halve(some);
      left.insert(left.end(), {some.first(half), some.subspan(half)});
    } else if (!some.empty()) {
      PriceBlock& block = add_block(group_of(country, some.front().codes));
      for (const Offer& offer : some) {
        placed(offer.row, put(block, *offer.listing, offer.codes, offer.usd));
      }
    }
  }
}

void PriceBlocks::replace(uint32_t place, const Listing& listing, uint16_t id_code) {
  PriceBlock& block = *by_number_[place / kBlockRows];
  const uint32_t slot = place % kBlockRows;
  const RowCodes codes(listing, id_code);
  if (codes.price != block.columns.codes(slot).price) {
    remove(place);
    return insert(listing, id_code);
  }
  block.rows[slot] = &listing;
  block.columns.set(slot, codes);
  zone_of(block).widen(listing.prices().usd, codes);
}

void PriceBlocks::remove(uint32_t place) {
  PriceBlock& block = *by_number_[place / kBlockRows];
  take(block, place % kBlockRows);
  if (block.used == 0) return drop_block(block);
  if (block.used < kThin && groups_[block.group].blocks.size() > 1) return dissolve(block);
  if (block.taken >= kTakenMax) redraw(block);
}

void PriceBlocks::recode(const IdScale& scale) {
  for (Group& group : groups_) {
    for (const auto& block : group.blocks) {
      for (uint32_t slot = 0; slot < block->used; ++slot) {
        block->columns.set_id(slot, scale.code(block->rows[slot]->provider_id()));
      }
      redraw(*block);
    }
  }
}

PriceBlock& PriceBlocks::add_block(uint32_t group) {
  auto block = std::make_unique<PriceBlock>();
  block->number = static_cast<uint32_t>(by_number_.size());
  if (free_numbers_.empty()) {
    by_number_.emplace_back();
  } else {
    block->number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  by_number_[block->number] = block.get();
  block->group = group;
  block->position = static_cast<uint32_t>(groups_[group].blocks.size());
  groups_[group].boxes.emplace_back();
  groups_[group].zones.emplace_back();
  return *groups_[group].blocks.emplace_back(std::move(block));
}

void PriceBlocks::drop_block(PriceBlock& block) {
  Group& group = groups_[block.group];
  const uint32_t position = block.position;
  by_number_[block.number] = nullptr;
  free_numbers_.push_back(block.number);
  group.boxes[position] = group.boxes.back();
  group.boxes.pop_back();
  group.zones[position] = group.zones.back();
  group.zones.pop_back();
  group.blocks.back()->position = position;
  std::swap(group.blocks[position], group.blocks.back());
  group.blocks.pop_back();
}

PriceBlock& PriceBlocks::best_block(uint32_t group, const PriceBlock::Point& point) {
  const auto& boxes = groups_[group].boxes;
  if (boxes.empty()) return add_block(group);
  size_t best = 0;
  uint32_t least = UINT32_MAX;
  for (size_t i = 0; i < boxes.size() && least != 0; ++i) {
    const uint32_t grows = distance(boxes[i], point);
    if (grows < least) {
      least = grows;
      best = i;
    }
  }
  return *groups_[group].blocks[best];
}

uint32_t PriceBlocks::put(PriceBlock& block, const Listing& listing, const RowCodes& codes,
                          const std::optional<UnitPrices>& usd) {
  assert(block.used < kBlockRows);
  const uint32_t slot = block.used++;
  block.rows[slot] = &listing;
  block.columns.set(slot, codes);
  zone_of(block).widen(usd, codes);
  widen(box_of(block), point_of(codes));
  return place_of(block, slot);
}

// The last row fills the gap.
void PriceBlocks::take(PriceBlock& block, uint32_t slot) {
  const uint32_t last = --block.used;
  ++block.taken;
  if (slot != last) {
    block.rows[slot] = block.rows[last];
    block.columns.set(slot, block.columns.codes(last));
    moved_(*block.rows[slot], place_of(block, slot));
  }
  block.columns.clear(last);
}

void PriceBlocks::split(PriceBlock& block) {
  PriceBlock& other = add_block(block.group);
  redraw(block);
  const size_t axis = widest_axis(box_of(block));
  std::array<uint32_t, kBlockRows> slots;
  std::iota(slots.begin(), slots.end(), 0U);
  const auto half = slots.begin() + kBlockRows / 2;
  const auto key = [&](uint32_t slot) { return point_of(block.columns.codes(slot))[axis]; };
  std::nth_element(slots.begin(), half, slots.end(),
                   [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
  // From the last slot down, so that the row that fills a gap is never one that goes too.
  std::sort(half, slots.end(), std::greater<>());
  for (auto slot = half; slot != slots.end(); ++slot) {
    const Listing& listing = *block.rows[*slot];
    moved_(listing, put(other, listing, block.columns.codes(*slot), listing.prices().usd));
    take(block, *slot);
  }
  redraw(block);
}

void PriceBlocks::dissolve(PriceBlock& block) {
  std::vector<std::pair<const Listing*, uint16_t>> rows;
  rows.reserve(block.used);
  for (uint32_t slot = 0; slot < block.used; ++slot) {
    rows.emplace_back(block.rows[slot], block.columns.id(slot));
  }
  drop_block(block);
  for (const auto& [listing, id_code] : rows) insert(*listing, id_code);
}

void PriceBlocks::redraw(PriceBlock& block) {
  PriceBlock::Box box;
  PriceZone zone;
  for (uint32_t slot = 0; slot < block.used; ++slot) {
    const RowCodes codes = block.columns.codes(slot);
    zone.widen(block.rows[slot]->prices().usd, codes);
    widen(box, point_of(codes));
  }
  box_of(block) = box;
  zone_of(block) = zone;
  block.taken = 0;
}

}  // namespace discovery

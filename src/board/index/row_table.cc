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

RowNumber number_of(const Block& block, uint32_t slot) {
  return {block.number() * Block::kRows + slot};
}

}  // namespace

RowNumber RowTable::insert(ListingPtr listing, const RowCodes& codes, RowMoves& moves) {
  Partition& partition = partitions_[listing->country()];
  const bool is_last = partition.empty() || partition.back().block->ends_before(*listing);
  return is_last ? append(partition, std::move(listing), codes)
                 : insert_between(partition, std::move(listing), moves);
}

void RowTable::replace(RowNumber row, ListingPtr listing, const RowCodes& codes) {
  Block& block = *blocks_[row.group()];
  Zone& zone = zone_of(block);
  zone.widen(codes, seconds_code(listing->created()));
  zone.widen(listing->expires());
  block.replace(row.slot(), std::move(listing), codes);
}

void RowTable::remove(RowNumber row, RowMoves& moves) {
  Block& block = *blocks_[row.group()];
  block.remove(row.slot());
  if (block.live() == 0) return drop_block(block);
  if (block.live() > Block::kRows / 4) return;
  // Thin row groups are joined with a neighbour, as long as the sum leaves room to grow.
  Partition& partition = partitions_[block.country()];
  for (const size_t first : {size_t{block.position()}, size_t{block.position()} - 1}) {
    if (first >= partition.size() - 1) continue;  // also where there is no neighbour before
    Block& left = *partition[first].block;
    Block& right = *partition[first + 1].block;
    if (left.live() + right.live() <= Block::kRows * 3 / 4) return merge(left, right, moves);
  }
}

void RowTable::tighten(BootTime now) {
  for (Partition& partition : partitions_) {
    for (Entry& entry : partition) {
      if (entry.zone.first_expiry <= now) entry.zone = entry.block->zone();
    }
  }
}

Block& RowTable::add_block(Country country, size_t position) {
  auto number = static_cast<uint32_t>(blocks_.size());
  if (free_numbers_.empty()) {
    blocks_.emplace_back();
  } else {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  blocks_[number] = std::make_unique<Block>(number, country);
  Partition& partition = partitions_[country];
  partition.insert(partition.begin() + static_cast<ptrdiff_t>(position),
                   {Zone{}, blocks_[number].get()});
  for (size_t i = position; i < partition.size(); ++i) partition[i].block->set_position(i);
  return *blocks_[number];
}

void RowTable::drop_block(const Block& block) {
  Partition& partition = partitions_[block.country()];
  const uint32_t number = block.number();
  const size_t position = block.position();
  partition.erase(partition.begin() + static_cast<ptrdiff_t>(position));
  for (size_t i = position; i < partition.size(); ++i) partition[i].block->set_position(i);
  free_numbers_.push_back(number);
  blocks_[number].reset();
}

RowNumber RowTable::append(Partition& partition, ListingPtr listing, const RowCodes& codes) {
  const bool room = !partition.empty() && !partition.back().block->full();
  Block& block = room ? *partition.back().block : add_block(listing->country(), partition.size());
  return put_last(block, std::move(listing), codes);
}

// A listing whose time lies before others': the clock was set back, or it came from another
// country.
RowNumber RowTable::insert_between(Partition& partition, ListingPtr listing, RowMoves& moves) {
  const auto after = std::upper_bound(partition.begin(), partition.end(), listing,
                                      [](const ListingPtr& mine, const Entry& entry) {
                                        return stands_before(*mine, entry.block->first());
                                      });
  const auto position = static_cast<size_t>(std::max<ptrdiff_t>(after - partition.begin() - 1, 0));
  Block& block = *partition[position].block;
  std::vector<Arrival> arrivals;
  collect(block, arrivals);
  empty(block);
  const auto place = std::upper_bound(arrivals.begin(), arrivals.end(), listing,
                                      [](const ListingPtr& mine, const Arrival& other) {
                                        return stands_before(*mine, *other.listing);
                                      });
  arrivals.insert(place, {.listing = std::move(listing), .from = {}, .is_new = true});
  const size_t count = arrivals.size();
  const size_t kept = count <= Block::kRows ? count : count / 2;
  Block& second = kept == count ? block : add_block(block.country(), position + 1);
  RowNumber fresh;
  for (size_t i = 0; i < count; ++i) {
    const RowCodes codes(*arrivals[i].listing);
    const RowNumber to = put_last(i < kept ? block : second, std::move(arrivals[i].listing), codes);
    if (arrivals[i].is_new) {
      fresh = to;
    } else if (arrivals[i].from != to) {
      moves.push_back({arrivals[i].from, to});
    }
  }
  return fresh;
}

void RowTable::merge(Block& first, Block& second, RowMoves& moves) {
  std::vector<Arrival> arrivals;
  collect(first, arrivals);
  collect(second, arrivals);
  empty(first);
  drop_block(second);
  for (Arrival& arrival : arrivals) {
    const RowCodes codes(*arrival.listing);
    const RowNumber to = put_last(first, std::move(arrival.listing), codes);
    if (arrival.from != to) moves.push_back({arrival.from, to});
  }
}

void RowTable::collect(const Block& block, std::vector<Arrival>& arrivals) {
  for (uint32_t slot = 0; slot < block.used(); ++slot) {
    if (block.row(slot)) arrivals.push_back({block.row(slot), number_of(block, slot)});
  }
}

void RowTable::empty(Block& block) {
  block.clear();
  zone_of(block) = Zone{};
}

RowNumber RowTable::put_last(Block& block, ListingPtr listing, const RowCodes& codes) {
  Zone& zone = zone_of(block);
  zone.widen(codes, seconds_code(listing->created()));
  zone.widen(listing->expires());
  return number_of(block, block.append(std::move(listing), codes));
}

}  // namespace discovery

#include "board/index.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "base/hash.h"

namespace discovery {

namespace {

bool stands_before(const ListingPtr& a, const ListingPtr& b) {
  return std::forward_as_tuple(a->created(), a->provider_id()) <
         std::forward_as_tuple(b->created(), b->provider_id());
}

// A block in use always has a live row: it is dropped with its last.
const ListingPtr& first_row(const Block& block) {
  uint32_t slot = 0;
  while (!block.row(slot)) ++slot;
  return block.row(slot);
}

void widen(Zone& zone, const Listing& listing) {
  const Sizes& sizes = listing.sizes();
  const auto raise = [](uint8_t& most, int32_t size) {
    most = std::max(most, size_code(static_cast<uint32_t>(size)));
  };
  raise(zone.cpu_most, sizes.cpu);
  raise(zone.memory_most, sizes.memory);
  raise(zone.storage_most, sizes.storage);
  zone.first_expiry = std::min(zone.first_expiry, listing.expires());
}

}  // namespace

size_t Index::IdHash::operator()(Place at) const {
  return index->key_of(index->row(at)->provider_id()).hash;
}
bool Index::IdEqual::operator()(const IdKey& key, Place at) const {
  return index->row(at)->provider_id() == key.id;
}

Index::Index(uint64_t seed)
    : seed_(seed), places_(kIdMaps, IdMap(0, IdHash{this}, IdEqual{this})) {}

Index::~Index() = default;

Index::IdKey Index::key_of(std::string_view provider_id) const {
  return {provider_id, keyed_hash(provider_id, seed_)};
}

const Index::Place* Index::find_place(const IdKey& key) const {
  const IdMap& map = places_[map_of(key.hash)];
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &*at;
}

void Index::insert(Place at) {
  places_[map_of(IdHash{this}(at))].insert(at);
  ++size_;
}

void Index::erase(const IdKey& key) {
  IdMap& map = places_[map_of(key.hash)];
  map.erase(map.find(key));
  --size_;
}

const Listing* Index::find(std::string_view provider_id) const {
  const Place* at = find_place(key_of(provider_id));
  return at == nullptr ? nullptr : row(*at).get();
}

void Index::put(ListingPtr listing) {
  Partition& partition = partitions_[listing->country()];
  const IdKey key = key_of(listing->provider_id());
  if (const Place* at = find_place(key)) {
    Block& block = *blocks_[at->block()];
    const ListingPtr& former = block.row(at->slot());
    if (former->country() == listing->country() && former->created() == listing->created()) {
      widen(zone_of(block), *listing);
      block.replace(at->slot(), std::move(listing));
      return;
    }
    const Place place = *at;
    erase(key);
    remove_at(place);
  }
  if (partition.empty() || partition.back().block->ends_before(*listing)) {
    append(partition, std::move(listing));
  } else {
    insert_between(partition, std::move(listing));
  }
}

void Index::remove(std::string_view provider_id) {
  const IdKey key = key_of(provider_id);
  const Place* at = find_place(key);
  if (at == nullptr) return;
  const Place place = *at;
  erase(key);
  remove_at(place);
}

void Index::tighten(BootTime now) {
  for (Partition& partition : partitions_) {
    for (Entry& entry : partition) {
      if (entry.zone.first_expiry <= now) entry.zone = entry.block->zone();
    }
  }
}

void Index::page(const Query& query, BootTime now, std::vector<const Listing*>& out) const {
  const Search search(query, now);
  if (!search.possible) return;
  if (!query.provider_ids.empty()) {
    std::vector<ListingPtr> named;
    for (const std::string& id : query.provider_ids) {
      const Listing* listing = find(id);
      if (listing != nullptr && search.matches(*listing)) named.emplace_back(listing);
    }
    std::sort(named.begin(), named.end(), [](const ListingPtr& a, const ListingPtr& b) {
      return a->country() != b->country() ? a->country() < b->country() : stands_before(a, b);
    });
    for (size_t i = 0; i < named.size() && i < query.limit; ++i) out.push_back(named[i].get());
    return;
  }
  for (size_t country = 0; country < kCountryCount; ++country) {
    if (query.countries.any() && !query.countries[country]) continue;
    for (const Entry& entry : partitions_[country]) {
      if (!search.may_match(entry.zone)) continue;
      entry.block->find(search, entry.zone, query.limit, out);
      if (out.size() >= query.limit) return;
    }
  }
}

void Index::find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const {
  for (const Partition& partition : partitions_) {
    for (const Entry& entry : partition) {
      if (entry.zone.first_expiry > now) continue;
      entry.block->find_expired(now, limit, out);
      if (out.size() >= limit) return;
    }
  }
}

Block& Index::add_block(Country country, size_t position) {
  uint32_t number = static_cast<uint32_t>(blocks_.size());
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

void Index::drop_block(Block& block) {
  Partition& partition = partitions_[block.country()];
  const size_t position = block.position();
  partition.erase(partition.begin() + static_cast<ptrdiff_t>(position));
  for (size_t i = position; i < partition.size(); ++i) partition[i].block->set_position(i);
  free_numbers_.push_back(block.number());
  blocks_[block.number()].reset();
}

void Index::append(Partition& partition, ListingPtr listing) {
  const bool room = !partition.empty() && !partition.back().block->full();
  Block& block = room ? *partition.back().block : add_block(listing->country(), partition.size());
  insert(settle(block, std::move(listing)));
}

// A listing whose time lies before others': the clock was set back, or it came from another
// country.
void Index::insert_between(Partition& partition, ListingPtr listing) {
  const auto after = std::upper_bound(partition.begin(), partition.end(), listing,
                                      [](const ListingPtr& mine, const Entry& entry) {
                                        return stands_before(mine, first_row(*entry.block));
                                      });
  const auto position = static_cast<size_t>(std::max<ptrdiff_t>(after - partition.begin() - 1, 0));
  Block& block = *partition[position].block;
  std::vector<Move> moves;
  lift(block, moves);
  empty(block);
  const auto at = std::upper_bound(
      moves.begin(), moves.end(), listing,
      [](const ListingPtr& mine, const Move& move) { return stands_before(mine, move.listing); });
  moves.insert(at, {nullptr, std::move(listing)});
  const size_t kept = moves.size() <= Block::kRows ? moves.size() : moves.size() / 2;
  Block& second = kept == moves.size() ? block : add_block(block.country(), position + 1);
  Place fresh{};
  for (size_t i = 0; i < moves.size(); ++i) {
    const Place now = settle(i < kept ? block : second, std::move(moves[i].listing));
    (moves[i].place == nullptr ? fresh : *moves[i].place) = now;
  }
  // Last, because until all elements are written an outdated one might name the very same place.
  insert(fresh);
}

// The place is no longer in the map.
void Index::remove_at(Place at) {
  Block& block = *blocks_[at.block()];
  block.remove(at.slot());
  if (block.live() == 0) return drop_block(block);
  if (block.live() > Block::kRows / 4) return;
  // Thin blocks are joined with a neighbour, as long as the sum leaves room to grow.
  Partition& partition = partitions_[block.country()];
  for (const size_t first : {size_t{block.position()}, size_t{block.position()} - 1}) {
    if (first >= partition.size() - 1) continue;  // also where there is no neighbour before
    Block& left = *partition[first].block;
    Block& right = *partition[first + 1].block;
    if (left.live() + right.live() <= Block::kRows * 3 / 4) return merge(left, right);
  }
}

void Index::merge(Block& first, Block& second) {
  std::vector<Move> moves;
  lift(first, moves);
  lift(second, moves);
  empty(first);
  drop_block(second);
  for (Move& move : moves) *move.place = settle(first, std::move(move.listing));
}

// Finds the map's elements while the rows that they name are still there.
void Index::lift(const Block& block, std::vector<Move>& moves) {
  for (uint32_t slot = 0; slot < block.used(); ++slot) {
    const ListingPtr& listing = block.row(slot);
    if (!listing) continue;
    // Writing the element keeps its hash: the listing, and so the id, is the same.
    moves.push_back({const_cast<Place*>(find_place(key_of(listing->provider_id()))), listing});
  }
}

void Index::empty(Block& block) {
  block.clear();
  zone_of(block) = Zone{};
}

Index::Place Index::settle(Block& block, ListingPtr listing) {
  widen(zone_of(block), *listing);
  return place(block, block.append(std::move(listing)));
}

}  // namespace discovery

#include "board/index/index.h"

#include <algorithm>
#include <tuple>

#include "base/hash.h"

namespace discovery {

namespace {

bool stands_before(const Listing& a, const Listing& b) {
  return std::forward_as_tuple(a.created(), a.provider_id()) <
         std::forward_as_tuple(b.created(), b.provider_id());
}

}  // namespace

bool Index::IdEqual::operator()(const IdKey& key, const IdPlace& id) const {
  return id.hash == low_half(key.hash) && key.index->row(id.at)->provider_id() == key.id;
}

Index::Index(uint64_t seed) : seed_(seed), places_(kIdMaps) {}

Index::~Index() = default;

Index::IdKey Index::key_of(std::string_view provider_id) const {
  return {provider_id, keyed_hash(provider_id, seed_), this};
}

const Index::Place* Index::find_place(const IdKey& key) const {
  const IdMap& map = places_[map_of(key.hash)];
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &at->at;
}

void Index::insert(Place at, uint64_t hash) {
  places_[map_of(hash)].insert({at, low_half(hash)});
  ++size_;
}

void Index::erase(const IdKey& key) {
  IdMap& map = places_[map_of(key.hash)];
  map.erase(map.find(key));
  --size_;
}

const Listing* Index::find(std::string_view provider_id) const {
  const Place* const at = find_place(key_of(provider_id));
  return at == nullptr ? nullptr : row(*at).get();
}

void Index::put(ListingPtr listing) {
  const RowCodes codes(*listing);
  const Place* const found = find_place(key_of(listing->provider_id()));
  if (found == nullptr) return add(std::move(listing), codes);
  const Place at = *found;
  const Listing& former = *row(at);
  const bool stays =
      former.country() == listing->country() && former.created() == listing->created();
  if (stays) return replace(at, std::move(listing), codes);
  take_listing_out(at);
  add(std::move(listing), codes);
}

void Index::copy(const Index& other) {
  for (const Partition& partition : other.partitions_) {
    for (const Entry& entry : partition) {
      for (uint32_t slot = 0; slot < entry.block->used(); ++slot) {
        if (const ListingPtr& listing = entry.block->row(slot)) put(listing);
      }
    }
  }
  set_last(other.batch_, other.revision_);
}

void Index::replace(Place at, ListingPtr listing, const RowCodes& codes) {
  Block& block = *blocks_[at.block()];
  const ListingPtr former = block.row(at.slot());
  const uint32_t created = seconds_code(listing->created());
  Zone& zone = zone_of(block);
  zone.widen(codes, created);
  zone.widen(listing->expires());
  census_.replace(*former, *listing);
  const bool is_alike = block.columns().codes(at.slot()) == codes;
  block.replace(at.slot(), std::move(listing), codes);
  if (!is_alike) clusters_.replace({codes, created, at.value});
}

void Index::add(ListingPtr listing, const RowCodes& codes) {
  const Listing& fresh = *listing;
  Partition& partition = partitions_[fresh.country()];
  census_.add(fresh);
  const bool is_last = partition.empty() || partition.back().block->ends_before(fresh);
  const Place at = is_last ? append(partition, std::move(listing), codes)
                           : insert_between(partition, std::move(listing));
  insert(at, key_of(fresh.provider_id()).hash);
  clusters_.insert(fresh.country(), {codes, seconds_code(fresh.created()), at.value});
}

void Index::remove(std::string_view provider_id) {
  if (const Place* at = find_place(key_of(provider_id))) take_listing_out(*at);
}

void Index::take_listing_out(Place at) {
  const ListingPtr listing = row(at);
  census_.remove(*listing);
  clusters_.remove(at.value);
  erase(key_of(listing->provider_id()));
  remove_at(at);
}

void Index::tighten(BootTime now) {
  for (Partition& partition : partitions_) {
    for (Entry& entry : partition) {
      if (entry.zone.first_expiry <= now) entry.zone = entry.block->zone();
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

Index::Place Index::append(Partition& partition, ListingPtr listing, const RowCodes& codes) {
  const bool room = !partition.empty() && !partition.back().block->full();
  Block& block = room ? *partition.back().block : add_block(listing->country(), partition.size());
  return settle(block, std::move(listing), codes);
}

// A listing whose time lies before others': the clock was set back, or it came from another
// country. All others' elements in the map are right by its end.
Index::Place Index::insert_between(Partition& partition, ListingPtr listing) {
  const auto after = std::upper_bound(partition.begin(), partition.end(), listing,
                                      [](const ListingPtr& mine, const Entry& entry) {
                                        return stands_before(*mine, entry.block->first());
                                      });
  const auto position = static_cast<size_t>(std::max<ptrdiff_t>(after - partition.begin() - 1, 0));
  Block& block = *partition[position].block;
  std::vector<Relocation> relocations;
  collect(block, relocations);
  empty(block);
  const auto at = std::upper_bound(relocations.begin(), relocations.end(), listing,
                                   [](const ListingPtr& mine, const Relocation& other) {
                                     return stands_before(*mine, *other.listing);
                                   });
  const auto number = static_cast<size_t>(at - relocations.begin());
  relocations.insert(at, {std::move(listing)});
  const size_t count = relocations.size();
  const size_t kept = count <= Block::kRows ? count : count / 2;
  Block& second = kept == count ? block : add_block(block.country(), position + 1);
  Place fresh{};
  for (size_t i = 0; i < count; ++i) {
    const Place place = settle(i < kept ? block : second, std::move(relocations[i]));
    if (i == number) fresh = place;
  }
  return fresh;
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
  std::vector<Relocation> relocations;
  collect(first, relocations);
  collect(second, relocations);
  empty(first);
  drop_block(second);
  for (Relocation& relocation : relocations) settle(first, std::move(relocation));
}

// What names a row is found while all rows that are to move are still there: a look-up may compare
// its id with theirs.
void Index::collect(const Block& block, std::vector<Relocation>& relocations) const {
  for (uint32_t slot = 0; slot < block.used(); ++slot) {
    const ListingPtr& listing = block.row(slot);
    if (!listing) continue;
    // Writing the element keeps its hash: the listing, and so the id, is the same.
    relocations.push_back({listing, const_cast<Place*>(find_place(key_of(listing->provider_id()))),
                           clusters_.place_of(place(block, slot).value)});
  }
}

void Index::empty(Block& block) {
  block.clear();
  zone_of(block) = Zone{};
}

Index::Place Index::settle(Block& block, Relocation relocation) {
  const RowCodes codes(*relocation.listing);
  const Place at = settle(block, std::move(relocation.listing), codes);
  if (relocation.place != nullptr) {
    *relocation.place = at;
    clusters_.rename(relocation.cluster_place, at.value);
  }
  return at;
}

Index::Place Index::settle(Block& block, ListingPtr listing, const RowCodes& codes) {
  Zone& zone = zone_of(block);
  zone.widen(codes, seconds_code(listing->created()));
  zone.widen(listing->expires());
  return place(block, block.append(std::move(listing), codes));
}

}  // namespace discovery

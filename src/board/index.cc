#include "board/index.h"

#include <algorithm>
#include <cassert>
#include <string>
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

uint16_t Index::Rows::id_code(uint32_t row) const {
  const Place at{row};
  return index_.blocks_[at.block()]->columns().id(at.slot());
}

void Index::Rows::moved(uint32_t row, uint32_t place) {
  const Place at{row};
  index_.blocks_[at.block()]->set_cluster_place(at.slot(), place);
}

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
  const RowCodes codes = codes_of(*listing);
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
  const Listing& fresh = *listing;
  const SizedRow former_size = sized(at);
  const bool is_alike =
      block.columns().codes(at.slot()) == codes && former->prices().usd == fresh.prices().usd;
  Zone& zone = zone_of(block);
  zone.widen(codes);
  zone.widen(fresh.expires());
  block.replace(at.slot(), std::move(listing), codes);
  census_.replace(*former, fresh);
  if (former->sizes() != fresh.sizes()) {
    size_lists_.resize(fresh.country(), former_size, fresh.sizes());
  }
  if (is_alike) return;
  clusters_.replace(block.cluster_place(at.slot()), {codes, fresh.prices().usd, at.value});
}

void Index::add(ListingPtr listing, const RowCodes& codes) {
  const Listing& fresh = *listing;
  Partition& partition = partitions_[fresh.country()];
  census_.add(fresh);
  const bool is_last = partition.empty() || partition.back().block->ends_before(fresh);
  Block::Row row(std::move(listing), codes);
  const Place at =
      is_last ? append(partition, std::move(row)) : insert_between(partition, std::move(row));
  insert(at, key_of(fresh.provider_id()).hash);
  clusters_.insert(fresh.country(), {codes, fresh.prices().usd, at.value});
  size_lists_.insert(fresh.country(), sized(at));
}

void Index::remove(std::string_view provider_id) {
  if (const Place* at = find_place(key_of(provider_id))) take_listing_out(*at);
}

void Index::take_listing_out(Place at) {
  Block& block = *blocks_[at.block()];
  const ListingPtr listing = block.row(at.slot());
  census_.remove(*listing);
  clusters_.remove(block.cluster_place(at.slot()));
  size_lists_.remove(block.country(), sized(at));
  erase(key_of(listing->provider_id()));
  remove_at(at);
}

SizedRow Index::sized(Place at) const {
  return {row(at)->sizes(), rows_.id_code(at.value), at.value};
}

void Index::tighten(BootTime now) {
  for (Partition& partition : partitions_) {
    for (Entry& entry : partition) {
      if (entry.zone.first_expiry <= now) entry.zone = entry.block->zone();
    }
  }
  if (size_ >= std::max(kSample, 2 * measured_)) measure_ids();
}

void Index::measure_ids() {
  std::vector<std::string> sample;
  const size_t stride = size_ / kSample;
  size_t number = 0;
  for (const Partition& partition : partitions_) {
    for (const Entry& entry : partition) {
      for (uint32_t slot = 0; slot < entry.block->used(); ++slot) {
        const ListingPtr& listing = entry.block->row(slot);
        if (listing && number++ % stride == 0) sample.emplace_back(listing->provider_id());
      }
    }
  }
  std::sort(sample.begin(), sample.end());
  scale_ = IdScale(sample);
  measured_ = size_;
  for (Partition& partition : partitions_) {
    for (Entry& entry : partition) {
      entry.block->recode(scale_);
      entry.zone = entry.block->zone();
    }
  }
  clusters_.recode();
  size_lists_.recode();
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

Index::Place Index::append(Partition& partition, Block::Row row) {
  const bool room = !partition.empty() && !partition.back().block->full();
  Block& block =
      room ? *partition.back().block : add_block(row.listing->country(), partition.size());
  return settle(block, std::move(row));
}

// A listing whose time lies before others': the clock was set back, or it came from another
// country. All others' elements in the map are right by its end.
Index::Place Index::insert_between(Partition& partition, Block::Row row) {
  const auto after = std::upper_bound(partition.begin(), partition.end(), row.listing,
                                      [](const ListingPtr& mine, const Entry& entry) {
                                        return stands_before(*mine, entry.block->first());
                                      });
  const auto position = static_cast<size_t>(std::max<ptrdiff_t>(after - partition.begin() - 1, 0));
  Block& block = *partition[position].block;
  std::vector<Move> moves;
  lift(block, moves);
  empty(block);
  const auto at = std::upper_bound(moves.begin(), moves.end(), row.listing,
                                   [](const ListingPtr& mine, const Move& move) {
                                     return stands_before(*mine, *move.row.listing);
                                   });
  moves.insert(at, {nullptr, {}, std::move(row)});
  const size_t kept = moves.size() <= Block::kRows ? moves.size() : moves.size() / 2;
  Block& second = kept == moves.size() ? block : add_block(block.country(), position + 1);
  Place fresh{};
  for (size_t i = 0; i < moves.size(); ++i) {
    const Place now = settle(i < kept ? block : second, moves[i]);
    if (moves[i].place == nullptr) fresh = now;
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
  std::vector<Move> moves;
  lift(first, moves);
  lift(second, moves);
  empty(first);
  drop_block(second);
  for (Move& move : moves) settle(first, move);
}

// Finds all names of the rows while they are still there.
void Index::lift(const Block& block, std::vector<Move>& moves) {
  SizeLists::Names names;
  size_lists_.find_names(block.country(), place(block, 0).value, names);
  for (uint32_t slot = 0; slot < block.used(); ++slot) {
    const ListingPtr& listing = block.row(slot);
    if (!listing) continue;
    // Writing the element keeps its hash: the listing, and so the id, is the same.
    moves.push_back({const_cast<Place*>(find_place(key_of(listing->provider_id()))),
                     {names[kCpu][slot], names[kMemory][slot], names[kStorage][slot]},
                     block.whole_row(slot)});
  }
}

void Index::empty(Block& block) {
  block.clear();
  zone_of(block) = Zone{};
}

// Renames it wherever it is named.
Index::Place Index::settle(Block& block, Move& move) {
  const Place at = settle(block, std::move(move.row));
  if (move.place != nullptr) *move.place = at;
  for (uint32_t* const name : move.names) {
    if (name != nullptr) *name = at.value;
  }
  return at;
}

Index::Place Index::settle(Block& block, Block::Row row) {
  Zone& zone = zone_of(block);
  zone.widen(row.codes);
  zone.widen(row.listing->expires());
  const uint32_t cluster_place = row.cluster_place;
  const Place at = place(block, block.append(std::move(row)));
  if (cluster_place != Block::kNowhere) clusters_.rename(cluster_place, at.value);
  return at;
}

}  // namespace discovery

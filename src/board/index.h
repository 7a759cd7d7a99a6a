// What is on the board and how it is found. A plain, deterministic class: no lock, clock, random
// number or I/O. The same calls in the same order give the same index, address for address apart.
//
// Not synchronised; the board keeps two of them (left_right.h).
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "advertisement/listing.h"
#include "board/block.h"
#include "query/query.h"

namespace discovery {

class Index {
 public:
  /// `seed` keys the hash of provider ids.
  explicit Index(uint64_t seed);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// Lists `listing`, in place of its provider's former one if there is any.
  void put(ListingPtr listing);
  /// Takes a provider's listing out; nothing happens where there is none.
  void remove(std::string_view provider_id);
  /// Draws the bounds of blocks tight whose first expiry has passed. After the expired were
  /// removed.
  void tighten(BootTime now);

  /// What stands under a canonical provider id, expired or not; nullptr where there is nothing.
  const Listing* find(std::string_view provider_id) const;
  /// The first matches in the board's own order: country, created, provider id.
  void page(const Query& query, BootTime now, std::vector<const Listing*>& out) const;
  /// Up to `limit` listings that have expired.
  void find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const;
  /// Listings held, expired ones that were not removed yet included.
  size_t size() const { return size_; }

 private:
  // A block's number and a slot in it.
  struct Place {
    uint32_t value;
    uint32_t block() const { return value / Block::kRows; }
    uint32_t slot() const { return value % Block::kRows; }
  };
  static Place place(const Block& block, uint32_t slot) {
    return {block.number() * Block::kRows + slot};
  }

  // The id map holds places alone; their ids are read where they lie.
  struct IdKey {
    std::string_view id;
    uint64_t hash;
  };
  struct IdHash {
    using is_transparent = void;
    using is_avalanching = void;
    size_t operator()(const IdKey& key) const { return key.hash; }
    size_t operator()(Place at) const;
    const Index* index;
  };
  struct IdEqual {
    using is_transparent = void;
    bool operator()(Place a, Place b) const { return a.value == b.value; }
    bool operator()(const IdKey& key, Place at) const;
    bool operator()(Place at, const IdKey& key) const { return (*this)(key, at); }
    const Index* index;
  };
  using IdMap = boost::unordered_flat_set<Place, IdHash, IdEqual>;
  // The map is cut into many, so that no growth holds up the writer for long, and a small board
  // touches little memory. Bits that the tables themselves do not look at choose among them.
  static constexpr size_t kIdMaps = 256;
  static size_t map_of(uint64_t hash) { return hash >> 24 & (kIdMaps - 1); }

  // Zones lie apart from the blocks, so that a search runs over them without a miss for each.
  struct Entry {
    Zone zone;
    Block* block;
  };
  using Partition = std::vector<Entry>;  // one country's blocks, in order

  // A listing on its way between rows, with the map's element that must follow it (null: not in the
  // map yet).
  struct Move {
    Place* place;
    ListingPtr listing;
  };

  IdKey key_of(std::string_view provider_id) const;
  const Place* find_place(const IdKey& key) const;
  void insert(Place at);
  void erase(const IdKey& key);

  const ListingPtr& row(Place at) const { return blocks_[at.block()]->row(at.slot()); }
  Zone& zone_of(const Block& block) { return partitions_[block.country()][block.position()].zone; }
  Block& add_block(Country country, size_t position);
  void drop_block(Block& block);
  void append(Partition& partition, ListingPtr listing);
  void insert_between(Partition& partition, ListingPtr listing);
  void remove_at(Place at);
  void merge(Block& first, Block& second);
  void lift(const Block& block, std::vector<Move>& moves);
  void empty(Block& block);
  Place settle(Block& block, ListingPtr listing);

  const uint64_t seed_;
  std::vector<std::unique_ptr<Block>> blocks_;  // by number
  std::vector<uint32_t> free_numbers_;
  std::array<Partition, kCountryCount> partitions_;
  std::vector<IdMap> places_;
  size_t size_ = 0;
};

}  // namespace discovery

// What is on the board and how it is found. A plain, deterministic class: no lock, clock, random
// number or I/O.
//
// Not synchronised; the board keeps two of them (left_right.h).
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/revision.h"
#include "board/index/block.h"
#include "board/index/clusters.h"
#include "board/index/ranking.h"
#include "board/index/stats.h"
#include "board/index/top_n.h"
#include "listing/listing.h"
#include "query/query.h"

namespace discovery {

/// What a query finds. Listings are good as long as the index is not changed.
struct Page {
  std::vector<const Listing*> listings;
  bool more = false;  // there are further matches behind these
};

class Index {
 public:
  /// `seed` keys the hash of provider ids.
  explicit Index(uint64_t seed);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// Lists `listing`, in place of its provider's former one if there is any.
  void put(ListingPtr listing);
  /// Puts all that `other` holds, and takes over its last batch and revision.
  void copy(const Index& other);
  /// Takes a provider's listing out; nothing happens where there is none.
  void remove(std::string_view provider_id);
  /// Draws the zones of blocks anew whose first expiry has passed. After the expired were removed.
  void tighten(BootTime now);

  /// What stands under a canonical provider id, expired or not; nullptr where there is nothing.
  const Listing* find(std::string_view provider_id) const;
  /// Replaces what `page` holds with the query's matches, in its order and behind its position.
  void page(const Query& query, BootTime now, Page& page) const;
  /// How many match.
  uint64_t count(const Filter& filter, BootTime now) const;
  /// How many rows lie in blocks that may hold a match: at most so many listings are looked at.
  uint64_t candidates(const Filter& filter) const;
  /// All that match, in the board's own order. Slow where many do.
  std::vector<const Listing*> matches(const Filter& filter, BootTime now) const;
  /// Sums over all that is held, expired listings that were not removed yet included.
  Stats stats() const { return census_.stats(); }
  /// Up to `limit` listings that have expired.
  void find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const;
  /// Listings held, expired ones that were not removed yet included.
  size_t size() const { return size_; }

  /// The last batch, of this process, and the last change that are in it.
  uint64_t batch() const { return batch_; }
  Revision revision() const { return revision_; }
  void set_last(uint64_t batch, Revision revision) {
    batch_ = batch;
    revision_ = revision;
  }

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

  // The id map holds places, and of the ids, which are read where they lie, half the hash.
  struct IdPlace {
    Place at;
    uint32_t hash;
  };
  struct IdKey {
    std::string_view id;
    uint64_t hash;
    const Index* index;
  };
  static uint32_t low_half(uint64_t hash) { return static_cast<uint32_t>(hash); }
  struct IdHash {
    using is_transparent = void;
    size_t operator()(const IdKey& key) const { return low_half(key.hash); }
    size_t operator()(const IdPlace& id) const { return id.hash; }
  };
  struct IdEqual {
    using is_transparent = void;
    bool operator()(const IdPlace& a, const IdPlace& b) const { return a.at.value == b.at.value; }
    bool operator()(const IdKey& key, const IdPlace& id) const;
    bool operator()(const IdPlace& id, const IdKey& key) const { return (*this)(key, id); }
  };
  using IdMap = boost::unordered_flat_set<IdPlace, IdHash, IdEqual>;
  // The map is cut into many, so that no growth holds up the writer for long, and a small board
  // touches little memory. Bits that the tables themselves do not look at choose among them.
  static constexpr size_t kIdMaps = 256;
  static size_t map_of(uint64_t hash) { return hash >> 32 & (kIdMaps - 1); }

  // Zones lie apart from the blocks, so that a search runs over them without a miss for each.
  struct Entry {
    Zone zone;
    Block* block;
  };
  using Partition = std::vector<Entry>;  // one country's blocks, in order

  // A listing on its way between rows, with what names its row.
  struct Relocation {
    ListingPtr listing;
    Place* place = nullptr;      // in the id map; null: not there yet, nor in a cluster
    uint32_t cluster_place = 0;  // Clusters::place_of()
  };

  IdKey key_of(std::string_view provider_id) const;
  const Place* find_place(const IdKey& key) const;
  void insert(Place at, uint64_t hash);
  void erase(const IdKey& key);

  void replace(Place at, ListingPtr listing, const RowCodes& codes);
  void add(ListingPtr listing, const RowCodes& codes);
  void take_listing_out(Place at);

  std::vector<const Listing*> named(const Search& search) const;
  void page_in_board_order(const Search& search, const Query& query, Page& page) const;
  void page_of_country(const Search& search, Country country, const Position* after, size_t wanted,
                       Page& page) const;
  void visit_blocks(const Search& search, TopN& top) const;
  void visit_block(const Search& search, const Block& block, const RankBounds& bounds,
                   TopN& top) const;
  void visit_clusters(const Search& search, TopN& top) const;
  void visit_cluster(const Search& search, const Cluster& cluster, TopN& top) const;

  const ListingPtr& row(Place at) const { return blocks_[at.block()]->row(at.slot()); }
  void prefetch_row(uint32_t row) const {
    const Place at{row};
    blocks_[at.block()]->prefetch(at.slot());
  }
  Zone& zone_of(const Block& block) { return partitions_[block.country()][block.position()].zone; }
  Block& add_block(Country country, size_t position);
  void drop_block(Block& block);
  Place append(Partition& partition, ListingPtr listing, const RowCodes& codes);
  Place insert_between(Partition& partition, ListingPtr listing);
  void remove_at(Place at);
  void merge(Block& first, Block& second);
  void collect(const Block& block, std::vector<Relocation>& relocations) const;
  void empty(Block& block);
  Place settle(Block& block, ListingPtr listing, const RowCodes& codes);
  Place settle(Block& block, Relocation relocation);

  const uint64_t seed_;
  std::vector<std::unique_ptr<Block>> blocks_;  // by number
  std::vector<uint32_t> free_numbers_;
  std::array<Partition, kCountryCount> partitions_;
  std::vector<IdMap> places_;
  Clusters clusters_;
  Census census_;
  uint64_t batch_ = 0;
  Revision revision_ = 0;
  size_t size_ = 0;
};

}  // namespace discovery

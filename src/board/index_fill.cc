// An index that is filled at once: both processors, and what the two copies have in common is
// worked out once.

#include <algorithm>
#include <cassert>
#include <string>

#include "base/both.h"
#include "board/index.h"

namespace discovery {

namespace {

// Listings lie all over the memory: asked for in time, their heads first, which say where the rest
// ends.
constexpr size_t kHeadsAhead = 16;
constexpr size_t kTextsAhead = 8;

void prefetch_heads(std::span<const ListingPtr> listings, size_t at) {
  if (at + kHeadsAhead < listings.size()) __builtin_prefetch(listings[at + kHeadsAhead].get());
}

void prefetch_texts(std::span<const ListingPtr> listings, size_t at) {
  if (at + kTextsAhead < listings.size()) listings[at + kTextsAhead]->prefetch();
}

}  // namespace

/// What all rows are made of, in board order.
struct Index::Filling {
  explicit Filling(std::span<const ListingPtr> all)
      : listings(all), rows(all.size()), hashes(all.size()), members(all.size()) {}

  std::span<const ListingPtr> listings;
  std::vector<Block::Row> rows;
  std::vector<uint64_t> hashes;
  std::vector<Clusters::Member> members;
};

void Index::fill(std::span<const ListingPtr> listings) {
  assert(size_ == 0);
  if (listings.size() >= kSample) {
    std::vector<std::string> sample;
    for (size_t i = 0; i < kSample; ++i) {
      sample.emplace_back(listings[i * listings.size() / kSample]->provider_id());
    }
    std::ranges::sort(sample);
    scale_ = IdScale(sample);
    measured_ = listings.size();
  }
  Filling filling(listings);
  const size_t half = listings.size() / 2;
  do_both([&] { prepare(filling, 0, half); }, [&] { prepare(filling, half, listings.size()); });
  do_both([&] { settle_all(filling); },
          [&] {
            for (size_t i = 0; i < listings.size(); ++i) {
              prefetch_heads(listings, i);
              prefetch_texts(listings, i);
              census_.add(*listings[i]);
            }
          });
  do_both([&] { fill_clusters(kPrices, filling); }, [&] { fill_clusters(kSizes, filling); });
}

void Index::prepare(Filling& filling, size_t begin, size_t end) const {
  const std::span<const ListingPtr> listings = filling.listings.first(end);
  for (size_t i = begin; i < end; ++i) {
    prefetch_heads(listings, i);
    prefetch_texts(listings, i);
    const Listing& listing = *listings[i];
    const RowCodes codes = codes_of(listing);
    filling.rows[i] = Block::Row(listings[i], codes);
    filling.hashes[i] = key_of(listing.provider_id()).hash;
    filling.members[i] = {codes, listing.prices().usd, 0};
  }
}

void Index::settle_all(Filling& filling) {
  for (IdMap& map : places_) map.reserve(filling.rows.size() / kIdMaps);
  for (size_t i = 0; i < filling.rows.size(); ++i) {
    prefetch_heads(filling.listings, i);
    const Place at =
        append(partitions_[filling.listings[i]->country()], std::move(filling.rows[i]));
    insert(at, filling.hashes[i]);
    filling.members[i].row = at.value;
  }
}

void Index::fill_clusters(Axes axes, const Filling& filling) {
  std::span<const ListingPtr> listings = filling.listings;
  std::span<const Clusters::Member> members = filling.members;
  while (!listings.empty()) {
    const Country country = listings.front()->country();
    const auto end = std::ranges::upper_bound(listings, country, {},
                                              [](const auto& one) { return one->country(); });
    const auto count = static_cast<size_t>(end - listings.begin());
    clusters_[axes].fill(country, members.first(count));
    listings = listings.subspan(count);
    members = members.subspan(count);
  }
}

void Index::copy(const Index& other) {
  assert(size_ == 0);
  const auto copy_blocks = [&] {
    for (const auto& block : other.blocks_) {
      blocks_.push_back(block ? std::make_unique<Block>(*block) : nullptr);
    }
  };
  do_both(copy_blocks, [&] {
    places_ = other.places_;
    for (const Axes axes : {kPrices, kSizes}) clusters_[axes].copy(other.clusters_[axes]);
    census_ = other.census_;
  });
  free_numbers_ = other.free_numbers_;
  partitions_ = other.partitions_;
  for (Partition& partition : partitions_) {
    for (Entry& entry : partition) entry.block = blocks_[entry.block->number()].get();
  }
  scale_ = other.scale_;
  version_ = other.version_;
  measured_ = other.measured_;
  size_ = other.size_;
}

}  // namespace discovery

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

void prefetch_heads(std::span<const DatedListing> listings, size_t at) {
  if (at + kHeadsAhead < listings.size()) {
    __builtin_prefetch(listings[at + kHeadsAhead].listing.get());
  }
}

void prefetch_texts(std::span<const DatedListing> listings, size_t at) {
  if (at + kTextsAhead < listings.size()) listings[at + kTextsAhead].listing->prefetch();
}

// How many listings the first one's country has.
size_t size_of_country(std::span<const DatedListing> listings) {
  const auto country = [](const DatedListing& one) { return one.listing->country(); };
  const auto end = std::ranges::upper_bound(listings, country(listings.front()), {}, country);
  return static_cast<size_t>(end - listings.begin());
}

}  // namespace

/// What is worked out while a listing is at hand.
struct Index::Filling {
  std::vector<DatedListing> listings;  // empty-handed once they stand in blocks
  std::vector<uint64_t> hashes;
  std::vector<Clusters::Member> members;
  std::vector<SizedRowOfMany> sized;
};

/// The listings that stand in a block.
struct Index::Portion {
  Block* block;
  size_t begin;
  size_t end;
};

// Tells `visit` of each country's listings, the first one's number and how many they are.
template <class Visit>
void Index::each_country(std::span<const Portion> portions, const Visit& visit) {
  while (!portions.empty()) {
    const Country country = portions.front().block->country();
    const auto end = std::ranges::find_if_not(
        portions, [country](const Portion& one) { return one.block->country() == country; });
    const auto its = portions.first(static_cast<size_t>(end - portions.begin()));
    visit(country, its.front().begin, its.back().end - its.front().begin);
    portions = portions.subspan(its.size());
  }
}

void Index::fill(std::vector<DatedListing> listings) {
  assert(size_ == 0);
  if (listings.size() >= kSample) {
    std::vector<std::string> sample;
    for (size_t i = 0; i < kSample; ++i) {
      sample.emplace_back(listings[i * listings.size() / kSample].listing->provider_id());
    }
    std::ranges::sort(sample);
    scale_ = IdScale(sample);
    measured_ = listings.size();
  }
  size_ = listings.size();
  Filling filling{std::move(listings), {}, {}, {}};
  std::vector<Portion> portions;
  do_both([&] { portions = add_blocks(filling.listings); },
          [&] {
            filling.hashes.resize(size_);
            filling.members.resize(size_);
            filling.sized.resize(size_);
          });
  const auto all = std::span<const Portion>(portions);
  const size_t half = all.size() / 2;
  Census others;
  do_both([&] { fill_blocks(all.first(half), filling, census_); },
          [&] { fill_blocks(all.subspan(half), filling, others); });
  census_.add(others);
  constexpr size_t kHalf = kIdMaps / 2;
  do_both(
      [&] {
        each_country(portions, [&](Country country, size_t begin, size_t count) {
          clusters_.fill(country, std::span(filling.members).subspan(begin, count));
        });
        fill_id_maps(filling, 0, kHalf);
      },
      [&] {
        each_country(portions, [&](Country country, size_t begin, size_t count) {
          size_lists_.fill(country, std::span(filling.sized).subspan(begin, count));
        });
        fill_id_maps(filling, kHalf, kIdMaps);
      });
}

std::vector<Index::Portion> Index::add_blocks(std::span<const DatedListing> listings) {
  std::vector<Portion> portions;
  for (size_t begin = 0; begin < listings.size();) {
    const Country country = listings[begin].listing->country();
    const size_t end = begin + size_of_country(listings.subspan(begin));
    while (begin < end) {
      Block& block = add_block(country, partitions_[country].size());
      portions.push_back({&block, begin, std::min(begin + Block::kRows, end)});
      begin = portions.back().end;
    }
  }
  return portions;
}

void Index::fill_blocks(std::span<const Portion> portions, Filling& filling, Census& census) {
  if (portions.empty()) return;
  const auto listings = std::span(filling.listings).first(portions.back().end);
  for (const Portion& portion : portions) {
    for (size_t i = portion.begin; i < portion.end; ++i) {
      prefetch_heads(listings, i);
      prefetch_texts(listings, i);
      auto& [handle, updated] = listings[i];
      const Listing& listing = *handle;
      const RowCodes codes = codes_of(listing);
      const Place at = settle(*portion.block, Block::Row(std::move(handle), codes, updated));
      filling.hashes[i] = key_of(listing.provider_id()).hash;
      filling.members[i] = {codes, listing.prices().usd, at.value};
      filling.sized[i] = {{listing.sizes(), codes.id, at.value},
                          scale_.word(listing.provider_id())};
      census.add(listing);
    }
  }
}

void Index::fill_id_maps(const Filling& filling, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) places_[i].reserve(filling.hashes.size() / kIdMaps);
  for (size_t i = 0; i < filling.hashes.size(); ++i) {
    const uint64_t hash = filling.hashes[i];
    const size_t map = map_of(hash);
    if (map >= begin && map < end) places_[map].insert({{filling.members[i].row}, low_half(hash)});
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
    clusters_.copy(other.clusters_);
    size_lists_.copy(other.size_lists_);
    census_ = other.census_;
  });
  free_numbers_ = other.free_numbers_;
  partitions_ = other.partitions_;
  for (Partition& partition : partitions_) {
    for (Entry& entry : partition) entry.block = blocks_[entry.block->number()].get();
  }
  scale_ = other.scale_;
  set_last(other.batch_, other.revision_);
  measured_ = other.measured_;
  size_ = other.size_;
}

}  // namespace discovery

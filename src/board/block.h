// Up to 512 listings of one country, by column, with the bounds that let a search pass them by.
//
// Rows lie in the order (created, provider id). A row is taken out by leaving a hole, so that the
// places of the others stay; holes go when blocks are merged or rewritten.
#pragma once

#include <array>
#include <bit>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "advertisement/listing.h"
#include "query/query.h"

namespace discovery {

/// A size as one byte: monotone, 8 steps per octave, 0 only for 0.
constexpr uint8_t size_code(uint32_t size) {
  if (size < 8) return static_cast<uint8_t>(size);
  const unsigned exponent = 31U - static_cast<unsigned>(std::countl_zero(size));
  return static_cast<uint8_t>(8 * (exponent - 2) + ((size >> (exponent - 3)) & 7));
}

/// The least size that has this code.
constexpr uint32_t least_of_code(uint8_t code) {
  if (code < 8) return code;
  const unsigned exponent = code / 8U + 2;
  return (1U << exponent) + ((code & 7U) << (exponent - 3));
}

/// What all rows of a block have in common. Bounds may be wider than the rows need, never narrower.
struct Zone {
  BootTime first_expiry = BootTime::max();
  uint8_t cpu_most = 0;
  uint8_t memory_most = 0;
  uint8_t storage_most = 0;
};

/// The names a search accepts, as a set of one-byte tags. A tag can be shared by several names, so
/// what passes is looked at again.
class NameTags {
 public:
  static uint8_t tag(std::string_view name);

  void set(const std::vector<std::string>& names);
  bool accepts(uint8_t tag) const { return any_ || accepted_[tag]; }

 private:
  bool any_ = true;
  std::bitset<256> accepted_;
};

/// A query as blocks see it. Built once per search; refers to the query, which must outlive it.
struct Search {
  Search(const Query& query, BootTime now);

  bool may_match(const Zone& zone) const {
    return zone.cpu_most >= cpu && zone.memory_most >= memory && zone.storage_most >= storage;
  }
  /// Whether a listing fits that has passed the codes and tags of its row; whatever its country.
  bool confirms(const Listing& listing) const;
  /// Whether a listing fits, by its own values alone.
  bool matches(const Listing& listing) const;

  const Query& query;
  BootTime now;
  uint8_t cpu = 0, memory = 0, storage = 0;  // codes
  bool sizes_exact = true;  // every size asked for is the least of its code: codes decide alone
  bool possible = true;     // false: no listing can match
  bool names_asked = false;
  bool confirming = false;  // codes and tags do not decide alone: what passes them is confirmed
  NameTags platforms, networks, payments_networks;
};

class Block {
 public:
  static constexpr uint32_t kRows = 512;

  Block(uint32_t number, Country country) : number_(number), country_(country) {}

  uint32_t number() const { return number_; }
  Country country() const { return country_; }
  /// Where the block stands among its country's; kept by the index.
  uint32_t position() const { return position_; }
  void set_position(size_t position) { position_ = static_cast<uint32_t>(position); }
  uint32_t used() const { return used_; }  // rows and holes
  uint32_t live() const { return live_; }
  bool full() const { return used_ == kRows; }
  const ListingPtr& row(uint32_t slot) const { return rows_[slot]; }
  /// Whether the listing's place in the order is behind everything that was ever appended here.
  bool ends_before(const Listing& listing) const;

  uint32_t append(ListingPtr listing);  // its slot; not when full
  void replace(uint32_t slot, ListingPtr listing);
  void remove(uint32_t slot);
  void clear();

  Zone zone() const;

  /// Appends what fits to `out` until it holds `limit`.
  void find(const Search& search, const Zone& zone, size_t limit,
            std::vector<const Listing*>& out) const;
  /// Appends what has expired to `out` until it holds `limit`.
  void find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const;

 private:
  void set(uint32_t slot, ListingPtr listing);

  // A hole has the cpu code 0, which no search accepts, and never expires.
  std::array<uint8_t, kRows> cpu_{};
  std::array<uint8_t, kRows> memory_{};
  std::array<uint8_t, kRows> storage_{};
  std::array<uint8_t, kRows> platform_{};  // tags, as the next two
  std::array<uint8_t, kRows> network_{};
  std::array<uint8_t, kRows> payments_network_{};
  std::array<BootTime, kRows> expires_{};
  std::array<ListingPtr, kRows> rows_{};
  WallTime last_created_{};
  uint32_t used_ = 0;
  uint32_t live_ = 0;
  uint32_t position_ = 0;
  const uint32_t number_;
  const Country country_;
};

}  // namespace discovery

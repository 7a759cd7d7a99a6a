// What 512 listings say in figures, by column, to be held against what is asked all at once.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "advertisement/listing.h"
#include "board/codes.h"

namespace discovery {

inline constexpr uint32_t kBlockRows = 512;
/// One byte a row, 1 or 0.
struct alignas(64) Flags {
  std::array<uint8_t, kBlockRows> rows;

  uint32_t count() const;
  /// Leaves only what is flagged in `other` too.
  void keep(const Flags& other);
};

/// Of 64 rows' flags, a bit each.
inline uint64_t bits_of(const uint8_t* flags) {
  uint64_t bits = 0;
  for (uint32_t row = 0; row < 64; row += 8) {
    uint64_t eight = 0;
    std::memcpy(&eight, flags + row, 8);
    // Brings the lowest bit of each byte into the highest byte, the first one lowest.
    bits |= (eight * 0x0102'0408'1020'4080 >> 56) << row;
  }
  return bits;
}

/// Calls `visit(slot)` for each flagged row, in order, until it answers false; whether it never
/// did.
template <class F>
bool each_flagged(const Flags& flags, F&& visit) {
  for (uint32_t first = 0; first < kBlockRows; first += 64) {
    // A bit a row: what follows is foreseen wrongly once for 64 rows, not once for eight.
    for (uint64_t bits = bits_of(flags.rows.data() + first); bits != 0; bits &= bits - 1) {
      if (!visit(first + static_cast<uint32_t>(std::countr_zero(bits)))) return false;
    }
  }
  return true;
}

/// The three of a listing that are always there.
enum Dimension : uint8_t { kCpu, kMemory, kStorage };
inline constexpr size_t kDimensions = 3;

/// Of each of these.
using SizeCodes = std::array<uint16_t, kDimensions>;
SizeCodes codes_of(const Sizes& sizes);

/// Prices for a size. Columns are rounded down: a row is within as long as its price may be, and
/// surely at most `most` where its rounding does not matter.
class PriceWindow {
 public:
  PriceWindow() = default;
  explicit PriceWindow(const AskedSize& size);

  void set_least(double price);
  void set_most(double price);
  bool bounded() const { return bounded_; }
  /// Whether a price may be low enough where none of the unit prices has a lesser code.
  bool may_hold(const std::array<uint16_t, kDimensions>& unit_prices) const;

 private:
  friend class Columns;
  std::array<float, kDimensions> size_{1, 1, 1};
  float least_ = 0;
  float most_ = 0;
  float surely_ = 0;  // up to here all of a step is at most `most`
  bool bounded_ = false;
};

/// The codes of one listing.
struct RowCodes {
  RowCodes() = default;
  RowCodes(const Listing& listing, uint16_t id_code);
  bool operator==(const RowCodes&) const = default;

  SizeCodes size{};
  std::array<uint16_t, kDimensions> price{};
  uint16_t id = 0;
};

/// The codes of the sizes of 512 rows.
class SizeColumns {
 public:
  void set(uint32_t slot, const SizeCodes& codes);
  /// From then on the row is large enough for nobody.
  void clear(uint32_t slot) { high_[kCpu][slot] = 0; }
  void clear() { high_[kCpu].fill(0); }
  /// Moves the rows [first, end) up or down to where they begin at `to`.
  void move(uint32_t first, uint32_t end, uint32_t to);

  uint16_t size(size_t dimension, uint32_t slot) const {
    return static_cast<uint16_t>(high_[dimension][slot] << 8 | low_[dimension][slot]);
  }
  SizeCodes sizes(uint32_t slot) const {
    return {size(kCpu, slot), size(kMemory, slot), size(kStorage, slot)};
  }
  /// Asks the processor for all of them.
  void prefetch() const;

  /// Takes away the flags of rows that are outside: who does not have these sizes at least.
  void compare(const SizeCodes& least, Flags& within) const;
  /// The same of 64 rows from `first` on, a bit each, set where the row is within.
  uint64_t within(const SizeCodes& least, uint32_t first) const;

 private:
  std::array<std::array<uint8_t, kBlockRows>, kDimensions> high_{};
  std::array<std::array<uint8_t, kBlockRows>, kDimensions> low_{};
};

/// And all else that codes say of them.
class Columns : public SizeColumns {
 public:
  using SizeColumns::compare;

  void set(uint32_t slot, const RowCodes& codes);
  void set_id(uint32_t slot, uint16_t code) { id_[slot] = code; }

  uint16_t id(uint32_t slot) const { return id_[slot]; }
  RowCodes codes(uint32_t slot) const;

  void compare(const PriceWindow& window, Flags& within) const;
  /// Likewise, and of `surely` those of rows whose price must be computed exactly.
  void compare(const PriceWindow& window, Flags& within, Flags& surely) const;
  /// Whose id has a code outside of these, which are within; holes may stay.
  void compare_ids(uint16_t least, uint16_t most, Flags& within) const;

 private:
  float price(const PriceWindow& window, uint32_t slot) const;

  std::array<std::array<uint16_t, kBlockRows>, kDimensions> price_{};
  std::array<uint16_t, kBlockRows> id_{};
};

}  // namespace discovery

// What 512 listings say in figures, by column, to be held against what is asked all at once.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "board/index/column_codes.h"
#include "listing/listing.h"

namespace discovery {

inline constexpr uint32_t kGroupRows = 512;
/// One byte a row, 1 or 0.
struct alignas(64) SelectionVector {
  std::array<uint8_t, kGroupRows> rows;

  uint32_t count() const;
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
bool for_each_selected(const SelectionVector& flags, F&& visit) {
  for (uint32_t first = 0; first < kGroupRows; first += 64) {
    // A bit a row: one mispredicted branch per 64 rows.
    for (uint64_t bits = bits_of(flags.rows.data() + first); bits != 0; bits &= bits - 1) {
      if (!visit(first + static_cast<uint32_t>(std::countr_zero(bits)))) return false;
    }
  }
  return true;
}

/// The three of a listing that are always there.
enum Dimension : uint8_t { kCpu, kMemory, kStorage };
inline constexpr size_t kDimensions = 3;

/// Of each of these, or of what a unit of it costs in USD.
using SizeCodes = std::array<uint16_t, kDimensions>;
using PriceCodes = std::array<uint16_t, kDimensions>;

/// Prices for a size. Columns are rounded down: a row is within as long as its price may be, and
/// surely at most `most` where its rounding does not matter.
class PriceWindow {
 public:
  PriceWindow() = default;
  explicit PriceWindow(const AskedSize& size);

  void set_most(double price);
  bool bounded() const { return bounded_; }
  /// Whether a price may be low enough where none of the unit prices has a lesser code.
  bool may_hold(const PriceCodes& unit_prices) const;

 private:
  friend class Columns;
  std::array<float, kDimensions> size_{1, 1, 1};
  float most_ = 0;
  float certain_ = 0;  // up to here all of a step is at most `most`
  bool bounded_ = false;
};

/// The codes of one listing.
struct RowCodes {
  RowCodes() = default;
  explicit RowCodes(const Listing& listing);
  bool operator==(const RowCodes&) const = default;

  SizeCodes size{};
  PriceCodes price{};
};

/// The codes of 512 rows. Sizes lie in two bytes each, because the high one nearly always decides.
class Columns {
 public:
  void set(uint32_t slot, const RowCodes& codes);
  /// From then on no search finds the row large enough.
  void clear(uint32_t slot) { high_[kCpu][slot] = 0; }
  void clear() { high_[kCpu].fill(0); }

  uint16_t size(size_t dimension, uint32_t slot) const {
    return static_cast<uint16_t>(high_[dimension][slot] << 8 | low_[dimension][slot]);
  }
  PriceCodes prices(uint32_t slot) const {
    return {price_[0][slot], price_[1][slot], price_[2][slot]};
  }
  RowCodes codes(uint32_t slot) const;

  /// Takes away the flags of rows that are smaller than this.
  void compare(const SizeCodes& least, SelectionVector& candidates) const;
  /// Takes away the flags of rows whose price lies outside, and of `certain` those of rows whose
  /// price must be computed exactly.
  void compare(const PriceWindow& window, SelectionVector& candidates,
               SelectionVector& certain) const;

 private:
  float price(const PriceWindow& window, uint32_t slot) const;

  std::array<std::array<uint8_t, kGroupRows>, kDimensions> high_{};
  std::array<std::array<uint8_t, kGroupRows>, kDimensions> low_{};
  std::array<std::array<uint16_t, kGroupRows>, kDimensions> price_{};
};

}  // namespace discovery

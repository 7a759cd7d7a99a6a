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
/// So many rows are looked at one by one sooner than whole columns are.
inline constexpr uint32_t kFewRows = 16;

/// One byte a row, 1 or 0.
struct alignas(64) Flags {
  std::array<uint8_t, kBlockRows> rows;

  uint32_t count() const;
  /// Leaves only what is flagged in `other` too.
  void keep(const Flags& other);
  /// Of 64 rows from `first` on, a bit each.
  uint64_t bits(uint32_t first) const {
    uint64_t bits = 0;
    for (uint32_t row = 0; row < 64; row += 8) {
      uint64_t eight = 0;
      std::memcpy(&eight, rows.data() + first + row, 8);
      // Brings the lowest bit of each byte into the highest byte, the first one lowest.
      bits |= (eight * 0x0102'0408'1020'4080 >> 56) << row;
    }
    return bits;
  }
};

/// Calls `visit(slot)` for each flagged row, in order, until it answers false; whether it never
/// did.
template <class F>
bool each_flagged(const Flags& flags, F&& visit) {
  for (uint32_t first = 0; first < kBlockRows; first += 64) {
    // A bit a row: what follows is foreseen wrongly once for 64 rows, not once for eight.
    for (uint64_t bits = flags.bits(first); bits != 0; bits &= bits - 1) {
      if (!visit(first + static_cast<uint32_t>(std::countr_zero(bits)))) return false;
    }
  }
  return true;
}

/// The three of a listing that are always there.
enum Dimension : uint8_t { kCpu, kMemory, kStorage };
inline constexpr size_t kDimensions = 3;

/// The least size codes that are asked for.
using LeastSizes = std::array<uint16_t, kDimensions>;

enum class Direction : uint8_t { ascending, descending };

/// The last place of those that are sorted by a size and then by id: better sizes are within, and
/// equal ones up to the id.
struct SizeLimit {
  size_t dimension = 0;
  Direction direction = Direction::ascending;
  uint16_t code = 0;
  uint16_t id = 0;
};

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

  std::array<uint16_t, kDimensions> size{};
  std::array<uint16_t, kDimensions> price{};
  uint16_t id = 0;
};

class Columns {
 public:
  void set(uint32_t slot, const RowCodes& codes);
  void set_id(uint32_t slot, uint16_t code) { id_[slot] = code; }
  /// From then on the row is within no window.
  void clear(uint32_t slot) { size_high_[kCpu][slot] = 0; }
  void clear() { size_high_[kCpu].fill(0); }

  uint16_t size(size_t dimension, uint32_t slot) const {
    return static_cast<uint16_t>(size_high_[dimension][slot] << 8 | size_low_[dimension][slot]);
  }
  uint16_t id(uint32_t slot) const { return id_[slot]; }
  RowCodes codes(uint32_t slot) const;
  /// Asks the processor for all sizes.
  void prefetch() const {
    for (size_t i = 0; i < kDimensions; ++i) prefetch(i);
  }
  /// And for those of one dimension.
  void prefetch(size_t dimension) const {
    for (size_t at = 0; at < kBlockRows; at += 64) {
      __builtin_prefetch(size_high_[dimension].data() + at);
      __builtin_prefetch(size_low_[dimension].data() + at);
    }
  }

  /// Takes away the flags of rows that are outside: who does not have these sizes at least.
  void compare(const LeastSizes& least, Flags& within) const;
  /// Who stands behind; some of those with just the size, holes and the unused rest may stay.
  void compare(const SizeLimit& limit, Flags& within) const;
  /// As compare, where few are flagged.
  void check(const LeastSizes& least, Flags& within) const;
  void compare(const PriceWindow& window, Flags& within) const;
  /// Likewise, and of `surely` those of rows whose price must be computed exactly.
  void compare(const PriceWindow& window, Flags& within, Flags& surely) const;
  /// Whose id has a code outside of these, which are within; holes may stay.
  void compare_ids(uint16_t least, uint16_t most, Flags& within) const;

 private:
  template <class T>
  using Column = std::array<T, kBlockRows>;

  float price(const PriceWindow& window, uint32_t slot) const;
  void compare_ids(const SizeLimit& limit, Flags& within) const;

  std::array<Column<uint8_t>, kDimensions> size_high_{};
  std::array<Column<uint8_t>, kDimensions> size_low_{};
  std::array<Column<uint16_t>, kDimensions> price_{};
  Column<uint16_t> id_{};
};

}  // namespace discovery

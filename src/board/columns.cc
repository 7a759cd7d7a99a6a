#include "board/columns.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace discovery {

namespace {

// More than the errors of a price computed in floats: three products, two sums.
constexpr float kFloatError = 1e-6F;
// More than one step of a price code.
constexpr float kStep = 1.0F / 128;
// Below, unit prices may vanish in their columns.
constexpr double kTiny = 1e-20;

}  // namespace

// The loops over rows have no branches, so that they vectorise. They are compiled twice: for every
// x86-64, and for those that take 32 bytes at once; the loader chooses. Not with sanitizers, which
// are not up yet by then.
#if defined(__x86_64__) && defined(__OPTIMIZE__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DISCOVERY_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define DISCOVERY_WIDE
#endif

// Bytes are summed eight at a time; 64 words of ones do not overflow a byte.
uint32_t Flags::count() const {
  static_assert(kBlockRows / 8 <= UINT8_MAX);
  uint64_t sums = 0;
  for (uint32_t row = 0; row < kBlockRows; row += 8) {
    uint64_t word = 0;
    std::memcpy(&word, rows.data() + row, 8);
    sums += word;
  }
  const uint64_t pairs = (sums & 0x00ff00ff00ff00ff) + (sums >> 8 & 0x00ff00ff00ff00ff);
  return static_cast<uint32_t>(pairs * 0x0001000100010001 >> 48);
}

void Flags::keep(const Flags& other) {
  for (uint32_t row = 0; row < kBlockRows; ++row) rows[row] &= other.rows[row];
}

PriceWindow::PriceWindow(const AskedSize& size)
    : size_{static_cast<float>(size.cpu), static_cast<float>(size.memory),
            static_cast<float>(size.storage)},
      most_(std::numeric_limits<float>::max()),
      surely_(std::numeric_limits<float>::max()) {}

void PriceWindow::set_least(double price) {
  least_ = price < kTiny ? 0 : static_cast<float>(price) * (1 - kStep) * (1 - kFloatError);
  bounded_ = true;
}

void PriceWindow::set_most(double price) {
  // What no float can hold is no bound, but for the unknown prices, which are infinite.
  const auto most = static_cast<float>(std::min(price, 1e37));
  most_ = most * (1 + kFloatError);
  surely_ = price < kTiny ? -1 : most * (1 - kStep) * (1 - kFloatError);
  bounded_ = true;
}

bool PriceWindow::may_hold(const std::array<uint16_t, kDimensions>& unit_prices) const {
  float price = 0;
  for (size_t i = 0; i < kDimensions; ++i) price += least_of_price_code(unit_prices[i]) * size_[i];
  return price <= most_;
}

SizeCodes codes_of(const Sizes& sizes) {
  return {size_code(static_cast<uint32_t>(sizes.cpu)),
          size_code(static_cast<uint32_t>(sizes.memory)),
          size_code(static_cast<uint32_t>(sizes.storage))};
}

RowCodes::RowCodes(const Listing& listing, uint16_t id_code)
    : size(codes_of(listing.sizes())), id(id_code) {
  price.fill(kUnknownPrice);
  if (const auto usd = listing.prices().usd) {
    price = {price_code(usd->core), price_code(usd->ram), price_code(usd->storage)};
  }
}

void SizeColumns::set(uint32_t slot, const SizeCodes& codes) {
  for (size_t i = 0; i < kDimensions; ++i) {
    high_[i][slot] = static_cast<uint8_t>(codes[i] >> 8);
    low_[i][slot] = static_cast<uint8_t>(codes[i]);
  }
}

void SizeColumns::move(uint32_t first, uint32_t end, uint32_t to) {
  for (auto* columns : {&high_, &low_}) {
    for (auto& column : *columns) {
      std::memmove(column.data() + to, column.data() + first, end - first);
    }
  }
}

void SizeColumns::prefetch() const {
  for (const auto* columns : {&high_, &low_}) {
    for (const auto& column : *columns) {
      for (size_t at = 0; at < kBlockRows; at += 64) __builtin_prefetch(column.data() + at);
    }
  }
}

namespace {

// Takes away the flags of `rows` rows whose sizes have lesser codes, by their two halves.
inline void drop_lesser(const uint8_t* highs, const uint8_t* lows, uint16_t least, uint32_t rows,
                        uint8_t* within) {
  const auto high = static_cast<uint8_t>(least >> 8);
  const auto low = static_cast<uint8_t>(least);
  if (low == 0) {
    for (uint32_t row = 0; row < rows; ++row) within[row] &= uint8_t{highs[row] >= high};
    return;
  }
  for (uint32_t row = 0; row < rows; ++row) {
    within[row] &= static_cast<uint8_t>(uint8_t{highs[row] > high} |
                                        (uint8_t{highs[row] == high} & uint8_t{lows[row] >= low}));
  }
}

// Everybody has one of each; but cores keep out the holes and the unused rest, which have none.
bool is_asked(size_t dimension, uint16_t least) {
  return dimension == kCpu || least > size_code(1);
}

}  // namespace

DISCOVERY_WIDE void SizeColumns::compare(const SizeCodes& least, Flags& within) const {
  for (size_t i = 0; i < kDimensions; ++i) {
    if (!is_asked(i, least[i])) continue;
    drop_lesser(high_[i].data(), low_[i].data(), least[i], kBlockRows, within.rows.data());
  }
}

DISCOVERY_WIDE uint64_t SizeColumns::within(const SizeCodes& least, uint32_t first) const {
  alignas(64) std::array<uint8_t, 64> within;
  within.fill(1);
  for (size_t i = 0; i < kDimensions; ++i) {
    if (!is_asked(i, least[i])) continue;
    drop_lesser(high_[i].data() + first, low_[i].data() + first, least[i], 64, within.data());
  }
  return bits_of(within.data());
}

void Columns::set(uint32_t slot, const RowCodes& codes) {
  SizeColumns::set(slot, codes.size);
  for (size_t i = 0; i < kDimensions; ++i) price_[i][slot] = codes.price[i];
  id_[slot] = codes.id;
}

RowCodes Columns::codes(uint32_t slot) const {
  RowCodes codes;
  codes.size = sizes(slot);
  for (size_t i = 0; i < kDimensions; ++i) codes.price[i] = price_[i][slot];
  codes.id = id_[slot];
  return codes;
}

DISCOVERY_WIDE void Columns::compare_ids(uint16_t least, uint16_t most, Flags& within) const {
  for (uint32_t row = 0; row < kBlockRows; ++row) {
    within.rows[row] &=
        static_cast<uint8_t>(uint8_t{id_[row] >= least} & uint8_t{id_[row] <= most});
  }
}

inline float Columns::price(const PriceWindow& window, uint32_t slot) const {
  const auto [core, ram, storage] = window.size_;
  return least_of_price_code(price_[0][slot]) * core + least_of_price_code(price_[1][slot]) * ram +
         least_of_price_code(price_[2][slot]) * storage;
}

DISCOVERY_WIDE void Columns::compare(const PriceWindow& window, Flags& within) const {
  for (uint32_t row = 0; row < kBlockRows; ++row) {
    const float least = price(window, row);
    within.rows[row] &=
        static_cast<uint8_t>(uint8_t{least >= window.least_} & uint8_t{least <= window.most_});
  }
}

DISCOVERY_WIDE void Columns::compare(const PriceWindow& window, Flags& within,
                                     Flags& surely) const {
  for (uint32_t row = 0; row < kBlockRows; ++row) {
    const float least = price(window, row);
    within.rows[row] &= uint8_t{least <= window.most_};
    surely.rows[row] &= uint8_t{least <= window.surely_};
  }
}

}  // namespace discovery

#include "board/index/columns.h"

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
uint32_t SelectionVector::count() const {
  static_assert(kGroupRows / 8 <= UINT8_MAX);
  uint64_t sums = 0;
  for (uint32_t row = 0; row < kGroupRows; row += 8) {
    uint64_t word = 0;
    std::memcpy(&word, rows.data() + row, 8);
    sums += word;
  }
  const uint64_t pairs = (sums & 0x00ff00ff00ff00ff) + (sums >> 8 & 0x00ff00ff00ff00ff);
  return static_cast<uint32_t>(pairs * 0x0001000100010001 >> 48);
}

PriceWindow::PriceWindow(const AskedSize& size)
    : size_{static_cast<float>(size.cpu), static_cast<float>(size.memory),
            static_cast<float>(size.storage)},
      most_(std::numeric_limits<float>::max()),
      certain_(std::numeric_limits<float>::max()) {}

void PriceWindow::set_most(double price) {
  // What no float can hold is no bound, but for the unknown prices, which are infinite.
  const auto most = static_cast<float>(std::min(price, 1e37));
  most_ = most * (1 + kFloatError);
  certain_ = price < kTiny ? -1 : most * (1 - kStep) * (1 - kFloatError);
  bounded_ = true;
}

bool PriceWindow::may_hold(const PriceCodes& unit_prices) const {
  float price = 0;
  for (size_t i = 0; i < kDimensions; ++i) price += least_of_price_code(unit_prices[i]) * size_[i];
  return price <= most_;
}

RowCodes::RowCodes(const Listing& listing) {
  const Sizes& sizes = listing.sizes();
  size = {size_code(static_cast<uint32_t>(sizes.cpu)),
          size_code(static_cast<uint32_t>(sizes.memory)),
          size_code(static_cast<uint32_t>(sizes.storage))};
  price.fill(kUnknownPrice);
  const UnitPrices& usd = listing.prices().usd;
  if (usd.known()) price = {price_code(usd.core), price_code(usd.ram), price_code(usd.storage)};
}

void Columns::set(uint32_t slot, const RowCodes& codes) {
  for (size_t i = 0; i < kDimensions; ++i) {
    high_[i][slot] = static_cast<uint8_t>(codes.size[i] >> 8);
    low_[i][slot] = static_cast<uint8_t>(codes.size[i]);
    price_[i][slot] = codes.price[i];
  }
}

RowCodes Columns::codes(uint32_t slot) const {
  RowCodes codes;
  codes.size = {size(kCpu, slot), size(kMemory, slot), size(kStorage, slot)};
  codes.price = prices(slot);
  return codes;
}

// Every listing has one of each; but cores keep out the holes and the unused rest, which have none.
DISCOVERY_WIDE void Columns::compare(const SizeCodes& least, SelectionVector& candidates) const {
  for (size_t i = 0; i < kDimensions; ++i) {
    if (i != kCpu && least[i] <= size_code(1)) continue;
    const auto high = static_cast<uint8_t>(least[i] >> 8);
    const auto low = static_cast<uint8_t>(least[i]);
    if (low == 0) {
      for (uint32_t row = 0; row < kGroupRows; ++row) {
        candidates.rows[row] &= uint8_t{high_[i][row] >= high};
      }
      continue;
    }
    for (uint32_t row = 0; row < kGroupRows; ++row) {
      candidates.rows[row] &=
          static_cast<uint8_t>(uint8_t{high_[i][row] > high} |
                               (uint8_t{high_[i][row] == high} & uint8_t{low_[i][row] >= low}));
    }
  }
}

inline float Columns::price(const PriceWindow& window, uint32_t slot) const {
  const auto [core, ram, storage] = window.size_;
  return least_of_price_code(price_[0][slot]) * core + least_of_price_code(price_[1][slot]) * ram +
         least_of_price_code(price_[2][slot]) * storage;
}

DISCOVERY_WIDE void Columns::compare(const PriceWindow& window, SelectionVector& candidates,
                                     SelectionVector& certain) const {
  for (uint32_t row = 0; row < kGroupRows; ++row) {
    const float least = price(window, row);
    candidates.rows[row] &= uint8_t{least <= window.most_};
    certain.rows[row] &= uint8_t{least <= window.certain_};
  }
}

}  // namespace discovery

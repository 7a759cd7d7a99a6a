#include "advertisement/packed_prices.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace discovery {
namespace {

// A price as the nearest count of millionths: exact for few digits, and in 32 bits up to 4294.
constexpr double kMillion = 1e6;
using Millionths = std::array<uint32_t, 3>;
using Doubles = std::array<double, 3>;
static_assert(sizeof(Millionths) == packed_bytes(PriceForm::millionths));
static_assert(sizeof(Doubles) == packed_bytes(PriceForm::doubles));

Doubles doubles_of(const UnitPrices& prices) { return {prices.core, prices.ram, prices.storage}; }

uint32_t millionths_of(double price) { return static_cast<uint32_t>(std::rint(price * kMillion)); }

bool is_exact_in_millionths(double price) {
  return price >= 0 && price <= 4294 && millionths_of(price) / kMillion == price;
}

template <class Numbers>
void write(Pen& pen, const Numbers& numbers) {
  std::memcpy(pen.at(), numbers.data(), sizeof numbers);
  pen.skip(sizeof numbers);
}

template <class Numbers>
UnitPrices read(const char* from, double scale) {
  Numbers numbers;
  std::memcpy(numbers.data(), from, sizeof numbers);
  return {numbers[0] / scale, numbers[1] / scale, numbers[2] / scale};
}

}  // namespace

PriceForm form_of(const std::optional<UnitPrices>& prices) {
  if (!prices) return PriceForm::unknown;
  const bool is_short = std::ranges::all_of(doubles_of(*prices), is_exact_in_millionths);
  return is_short ? PriceForm::millionths : PriceForm::doubles;
}

void pack(const std::optional<UnitPrices>& prices, PriceForm form, Pen& pen) {
  if (!prices) return;
  const Doubles doubles = doubles_of(*prices);
  if (form == PriceForm::doubles) return write(pen, doubles);
  Millionths millionths;
  std::ranges::transform(doubles, millionths.begin(), millionths_of);
  write(pen, millionths);
}

std::optional<UnitPrices> unpack(const char* from, PriceForm form) {
  switch (form) {
    case PriceForm::unknown:
      return std::nullopt;
    case PriceForm::millionths:
      return read<Millionths>(from, kMillion);
    case PriceForm::doubles:
      return read<Doubles>(from, 1);
  }
  return std::nullopt;
}

}  // namespace discovery

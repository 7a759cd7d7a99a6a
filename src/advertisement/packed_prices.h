// The prices of one currency in few bytes, as a listing keeps them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "advertisement/pen.h"
#include "advertisement/prices.h"

namespace discovery {

/// The value counts units of 12 bytes: three 32-bit counts of millionths where that is exact, as it
/// nearly always is, or three doubles.
enum class PriceForm : uint8_t { unknown, millionths, doubles };

constexpr size_t packed_bytes(PriceForm form) { return 12 * static_cast<size_t>(form); }

/// The shortest form that keeps every bit.
PriceForm form_of(const std::optional<UnitPrices>& prices);
/// Writes packed_bytes(form) bytes; `form` must be form_of(prices).
void pack(const std::optional<UnitPrices>& prices, PriceForm form, Pen& pen);
/// What was packed at `from`, which need not be aligned.
std::optional<UnitPrices> unpack(const char* from, PriceForm form);

}  // namespace discovery

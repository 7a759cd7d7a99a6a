#include "board/index/zone_map.h"

namespace discovery {

ZoneMap::ZoneMap() {
  size_least.fill(UINT16_MAX);
  size_most.fill(0);
  price_least.fill(kUnknownPrice);
  price_most.fill(0);
}

void ZoneMap::widen(const RowCodes& codes, uint32_t created) {
  for (size_t i = 0; i < kDimensions; ++i) {
    size_least[i] = std::min(size_least[i], codes.size[i]);
    size_most[i] = std::max(size_most[i], codes.size[i]);
    price_least[i] = std::min(price_least[i], codes.price[i]);
    price_most[i] = std::max(price_most[i], codes.price[i]);
  }
  created_least = std::min(created_least, created);
  created_most = std::max(created_most, created);
}

}  // namespace discovery

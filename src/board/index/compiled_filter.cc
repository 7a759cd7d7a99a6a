#include "board/index/compiled_filter.h"

#include <algorithm>

#include "base/hash.h"

namespace discovery {

namespace {

constexpr int64_t kSizeMax = INT32_MAX;

CountryBits bits_of(const std::optional<std::bitset<kCountryCount>>& countries) {
  using Countries = std::bitset<kCountryCount>;
  constexpr Countries kWord(~uint64_t{0});
  const Countries asked = countries.value_or(~Countries());
  CountryBits bits;
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = (asked >> 64 * i & kWord).to_ullong();
  return bits;
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::binary_search(names.begin(), names.end(), name);
}

bool is_at_most(const std::optional<double>& price, const std::optional<double>& most) {
  return !most || (price && *price <= *most);
}

bool within(const Bounds& bounds, const AskedSize& size, const Listing& listing) {
  const Sizes& sizes = listing.sizes();
  if (sizes.cpu < bounds.cpu || sizes.memory < bounds.memory || sizes.storage < bounds.storage) {
    return false;
  }
  if (bounds.verified && *bounds.verified != listing.verified()) return false;
  if (bounds.countries && !bounds.countries->test(listing.country())) return false;
  if (bounds.usd_per_month &&
      !is_at_most(listing.price_per_month(Currency::usd, size), bounds.usd_per_month)) {
    return false;
  }
  if (bounds.glm_per_month &&
      !is_at_most(listing.price_per_month(Currency::glm, size), bounds.glm_per_month)) {
    return false;
  }
  return is_among(bounds.provider_ids, listing.provider_id()) &&
         is_among(bounds.platforms, listing.platform()) &&
         is_among(bounds.networks, listing.network()) &&
         is_among(bounds.payments_networks, listing.payments_network());
}

}  // namespace

uint8_t NameTags::tag(std::string_view name) {
  if (name.empty()) return 0;
  return static_cast<uint8_t>(1 + keyed_hash(name, 0) % 255);
}

void NameTags::set(const std::vector<std::string>& names) {
  any_ = names.empty();
  for (const std::string& name : names) accepted_.set(tag(name));
}

CompiledFilter::CompiledFilter(const Filter& asked, BootTime at)
    : filter(asked),
      now(at),
      now_code(expiry_code(at)),
      countries(bits_of(asked.bounds().countries)),
      price(asked.size()) {
  const Bounds& bounds = asked.bounds();
  const std::array<int64_t, kDimensions> least{bounds.cpu, bounds.memory, bounds.storage};
  sizes.fill(size_code(1));
  possible = bounds.possible && *std::max_element(least.begin(), least.end()) <= kSizeMax;
  if (!possible) return;
  codes_decide = asked.exact() && !bounds.glm_per_month && bounds.provider_ids.empty();
  for (size_t i = 0; i < kDimensions; ++i) {
    const auto size = static_cast<uint32_t>(std::max<int64_t>(least[i], 1));
    sizes[i] = size_code(size);
    codes_decide &= least_of_code(sizes[i]) == size;
  }
  if (bounds.usd_per_month) price.set_most(*bounds.usd_per_month);
  platforms.set(bounds.platforms);
  networks.set(bounds.networks);
  payments_networks.set(bounds.payments_networks);
  names_asked =
      !bounds.platforms.empty() || !bounds.networks.empty() || !bounds.payments_networks.empty();
  verified_asked = bounds.verified.has_value();
  verified_wanted = bounds.verified.value_or(false) ? 1 : 0;
  codes_decide &= !names_asked;
}

bool CompiledFilter::may_match(const ZoneMap& zone_map) const {
  for (size_t i = 0; i < kDimensions; ++i) {
    if (zone_map.size_most[i] < sizes[i]) return false;
  }
  return !price.bounded() || price.may_hold(zone_map.price_least);
}

ZoneMap CompiledFilter::narrow(ZoneMap zone_map) const {
  for (size_t i = 0; i < kDimensions; ++i) {
    zone_map.size_least[i] = std::max(zone_map.size_least[i], sizes[i]);
  }
  return zone_map;
}

void CompiledFilter::scan(const Columns& columns, ScanResult& result) const {
  result.candidates.rows.fill(1);
  columns.compare(sizes, result.candidates);
  result.certain.rows.fill(codes_decide ? 1 : 0);
  if (price.bounded()) columns.compare(price, result.candidates, result.certain);
}

bool CompiledFilter::matches(const Listing& listing) const {
  return listing.expires() > now && accepts(listing);
}

bool CompiledFilter::accepts(const Listing& listing) const {
  return filter.exact() ? within(filter.bounds(), filter.size(), listing) : filter.matches(listing);
}

}  // namespace discovery

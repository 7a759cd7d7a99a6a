#include "api/watch/batch_bounds.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/hash.h"

namespace discovery {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

uint64_t bit_of(std::string_view name) { return uint64_t{1} << keyed_hash(name, 0) % 64; }

uint64_t bits_of(const std::vector<std::string>& names) {
  if (names.empty()) return ~uint64_t{0};
  uint64_t bits = 0;
  for (const std::string& name : names) bits |= bit_of(name);
  return bits;
}

int32_t size_of(int64_t asked) {
  return static_cast<int32_t>(std::min<int64_t>(asked, std::numeric_limits<int32_t>::max()));
}

}  // namespace

FilterBounds::FilterBounds(const Filter& filter)
    : fingerprint(filter.fingerprint()),
      size(filter.size()),
      usd_most(filter.bounds().usd_per_month.value_or(kInfinity)) {
  const Bounds& bounds = filter.bounds();
  least = {size_of(bounds.cpu), size_of(bounds.memory), size_of(bounds.storage)};
  names = {bits_of(bounds.provider_ids), bits_of(bounds.platforms), bits_of(bounds.networks),
           bits_of(bounds.payments_networks)};
  if (!bounds.possible) names = {};
  if (!bounds.countries || bounds.countries->count() != 1) return;
  country = static_cast<Country>(bounds.countries->_Find_first());
}

BatchBounds::BatchBounds(const EventBatch& batch) : usd_least_{kInfinity, kInfinity, kInfinity} {
  for (const BoardEvent& event : batch.events) {
    if (event.is_uncertain) is_certain_ = false;
    if (event.before) extend(*event.before);
    if (event.after) extend(*event.after);
  }
}

void BatchBounds::extend(const Listing& listing) {
  const Sizes& sizes = listing.sizes();
  most_ = {std::max(most_.cpu, sizes.cpu), std::max(most_.memory, sizes.memory),
           std::max(most_.storage, sizes.storage)};
  countries_.set(listing.country());
  const std::array<std::string_view, 4> names{listing.provider_id(), listing.platform(),
                                              listing.network(), listing.payments_network()};
  for (size_t i = 0; i < names.size(); ++i) names_[i] |= bit_of(names[i]);
  const UnitPrices& usd = listing.prices().usd;
  if (!usd.known()) return;
  usd_least_ = {std::min(usd_least_.core, usd.core), std::min(usd_least_.ram, usd.ram),
                std::min(usd_least_.storage, usd.storage)};
}

bool BatchBounds::passes(const FilterBounds& asked) const {
  if (!is_certain_) return true;
  if (asked.least.cpu > most_.cpu || asked.least.memory > most_.memory ||
      asked.least.storage > most_.storage || (asked.country && !countries_[*asked.country])) {
    return false;
  }
  for (size_t i = 0; i < names_.size(); ++i) {
    if ((asked.names[i] & names_[i]) == 0) return false;
  }
  return asked.usd_most >= usd_least_.per_month(asked.size);
}

}  // namespace discovery

#include "api/watch/watch_gate.h"

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

WatchGate::WatchGate(const Filter& filter)
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

WatchReach::WatchReach(const EventBatch& batch) : usd_least_{kInfinity, kInfinity, kInfinity} {
  for (const BoardEvent& event : batch.events) {
    if (event.is_uncertain) is_certain_ = false;
    if (event.before) extend(*event.before);
    if (event.after) extend(*event.after);
  }
}

void WatchReach::extend(const Listing& listing) {
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

bool WatchReach::passes(const WatchGate& gate) const {
  if (!is_certain_) return true;
  if (gate.least.cpu > most_.cpu || gate.least.memory > most_.memory ||
      gate.least.storage > most_.storage || (gate.country && !countries_[*gate.country])) {
    return false;
  }
  for (size_t i = 0; i < names_.size(); ++i) {
    if ((gate.names[i] & names_[i]) == 0) return false;
  }
  return gate.usd_most >= usd_least_.per_month(gate.size);
}

}  // namespace discovery

#include "board/block.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/hash.h"

namespace discovery {

namespace {

constexpr int64_t kSizeMax = INT32_MAX;

bool names_one_of(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

bool is_least_of_code(int64_t size) {
  const auto value = static_cast<uint32_t>(size);
  return least_of_code(size_code(value)) == value;
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

Search::Search(const Query& asked, BootTime at) : query(asked), now(at) {
  possible = std::max({asked.cpu, asked.memory, asked.storage}) <= kSizeMax;
  if (!possible) return;
  cpu = size_code(static_cast<uint32_t>(asked.cpu));
  memory = size_code(static_cast<uint32_t>(asked.memory));
  storage = size_code(static_cast<uint32_t>(asked.storage));
  sizes_exact = is_least_of_code(asked.cpu) && is_least_of_code(asked.memory) &&
                is_least_of_code(asked.storage);
  platforms.set(asked.platforms);
  networks.set(asked.networks);
  payments_networks.set(asked.payments_networks);
  names_asked =
      !asked.platforms.empty() || !asked.networks.empty() || !asked.payments_networks.empty();
  confirming = !sizes_exact || names_asked || asked.verified.has_value();
}

bool Search::confirms(const Listing& listing) const {
  const Sizes& sizes = listing.sizes();
  if (!sizes_exact &&
      (sizes.cpu < query.cpu || sizes.memory < query.memory || sizes.storage < query.storage)) {
    return false;
  }
  if (query.verified && *query.verified != listing.verified()) return false;
  return !names_asked || (names_one_of(query.platforms, listing.platform()) &&
                          names_one_of(query.networks, listing.network()) &&
                          names_one_of(query.payments_networks, listing.payments_network()));
}

bool Search::matches(const Listing& listing) const {
  const Sizes& sizes = listing.sizes();
  return listing.expires() > now && sizes.cpu >= query.cpu && sizes.memory >= query.memory &&
         sizes.storage >= query.storage &&
         (query.countries.none() || query.countries[listing.country()]) && confirms(listing);
}

void Block::set(uint32_t slot, ListingPtr listing) {
  const Sizes& sizes = listing->sizes();
  cpu_[slot] = size_code(static_cast<uint32_t>(sizes.cpu));
  memory_[slot] = size_code(static_cast<uint32_t>(sizes.memory));
  storage_[slot] = size_code(static_cast<uint32_t>(sizes.storage));
  platform_[slot] = NameTags::tag(listing->platform());
  network_[slot] = NameTags::tag(listing->network());
  payments_network_[slot] = NameTags::tag(listing->payments_network());
  expires_[slot] = listing->expires();
  rows_[slot] = std::move(listing);
}

bool Block::ends_before(const Listing& listing) const {
  if (used_ == 0) return true;
  if (last_created_ != listing.created()) return last_created_ < listing.created();
  const ListingPtr& last = rows_[used_ - 1];
  return last && last->provider_id() < listing.provider_id();
}

uint32_t Block::append(ListingPtr listing) {
  assert(!full() && listing->country() == country_);
  last_created_ = listing->created();
  set(used_, std::move(listing));
  ++live_;
  return used_++;
}

void Block::replace(uint32_t slot, ListingPtr listing) {
  assert(rows_[slot] && rows_[slot]->created() == listing->created());
  set(slot, std::move(listing));
}

void Block::remove(uint32_t slot) {
  assert(rows_[slot]);
  cpu_[slot] = 0;
  expires_[slot] = BootTime::max();
  rows_[slot].reset();
  --live_;
}

void Block::clear() {
  for (uint32_t slot = 0; slot < used_; ++slot) rows_[slot].reset();
  cpu_.fill(0);  // the unused rest looks like holes
  used_ = 0;
  live_ = 0;
}

Zone Block::zone() const {
  Zone zone;
  for (uint32_t slot = 0; slot < used_; ++slot) {
    const bool hole = cpu_[slot] == 0;
    zone.cpu_most = std::max(zone.cpu_most, cpu_[slot]);
    zone.memory_most = std::max(zone.memory_most, hole ? uint8_t{0} : memory_[slot]);
    zone.storage_most = std::max(zone.storage_most, hole ? uint8_t{0} : storage_[slot]);
    zone.first_expiry = std::min(zone.first_expiry, expires_[slot]);
  }
  return zone;
}

void Block::find(const Search& search, const Zone& zone, size_t limit,
                 std::vector<const Listing*>& out) const {
  // One byte a row says whether its codes pass; written without branches, so that it vectorises.
  // Holes and the unused rest never pass: a search asks for one core at least.
  alignas(64) std::array<uint8_t, kRows> passes;
  for (uint32_t slot = 0; slot < kRows; ++slot) {
    passes[slot] = static_cast<uint8_t>(uint8_t{cpu_[slot] >= search.cpu} &
                                        uint8_t{memory_[slot] >= search.memory} &
                                        uint8_t{storage_[slot] >= search.storage});
  }
  const bool some_expired = zone.first_expiry <= search.now;
  for (uint32_t eight = 0; eight < used_; eight += 8) {
    uint64_t word = 0;
    std::memcpy(&word, passes.data() + eight, 8);
    for (; word != 0; word &= word - 1) {
      const uint32_t slot = eight + static_cast<uint32_t>(std::countr_zero(word)) / 8;
      if (!search.platforms.accepts(platform_[slot]) || !search.networks.accepts(network_[slot]) ||
          !search.payments_networks.accepts(payments_network_[slot])) {
        continue;
      }
      if (some_expired && expires_[slot] <= search.now) continue;
      if (search.confirming && !search.confirms(*rows_[slot])) continue;
      out.push_back(rows_[slot].get());
      if (out.size() >= limit) return;
    }
  }
}

void Block::find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const {
  for (uint32_t slot = 0; slot < used_ && out.size() < limit; ++slot) {
    if (expires_[slot] <= now) out.push_back(rows_[slot].get());
  }
}

}  // namespace discovery

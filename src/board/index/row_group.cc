#include "board/index/row_group.h"

#include <cassert>

namespace discovery {

void RowGroup::set(uint32_t slot, ListingPtr listing, const RowCodes& codes) {
  columns_.set(slot, codes);
  platform_[slot] = NameTags::tag(listing->platform());
  network_[slot] = NameTags::tag(listing->network());
  payments_network_[slot] = NameTags::tag(listing->payments_network());
  verified_[slot] = listing->verified() ? 1 : 0;
  expires_[slot] = expiry_code(listing->expires());
  updated_[slot] = seconds_code(listing->updated());
  rows_[slot] = std::move(listing);
}

bool RowGroup::ends_before(const Listing& listing) const {
  if (used_ == 0) return true;
  if (last_created_ != listing.created()) return last_created_ < listing.created();
  const ListingPtr& last = rows_[used_ - 1];
  return last && last->provider_id() < listing.provider_id();
}

const Listing& RowGroup::first() const {
  uint32_t slot = 0;
  while (!rows_[slot]) ++slot;
  return *rows_[slot];
}

const Listing& RowGroup::last() const {
  uint32_t slot = used_ - 1;
  while (!rows_[slot]) --slot;
  return *rows_[slot];
}

uint32_t RowGroup::append(ListingPtr listing, const RowCodes& codes) {
  assert(!full() && listing->country() == country_);
  last_created_ = listing->created();
  set(used_, std::move(listing), codes);
  ++live_;
  return used_++;
}

void RowGroup::replace(uint32_t slot, ListingPtr listing, const RowCodes& codes) {
  assert(rows_[slot] && rows_[slot]->created() == listing->created());
  set(slot, std::move(listing), codes);
}

void RowGroup::remove(uint32_t slot) {
  assert(rows_[slot]);
  columns_.clear(slot);
  rows_[slot].reset();
  --live_;
}

void RowGroup::clear() {
  for (uint32_t slot = 0; slot < used_; ++slot) rows_[slot].reset();
  columns_.clear();  // the unused rest looks like holes
  used_ = 0;
  live_ = 0;
}

ZoneMap RowGroup::zone_map() const {
  ZoneMap zone_map;
  for (uint32_t slot = 0; slot < used_; ++slot) {
    if (!rows_[slot]) continue;
    zone_map.widen(columns_.codes(slot), seconds_code(rows_[slot]->created()));
    zone_map.widen(rows_[slot]->expires());
  }
  return zone_map;
}

bool RowGroup::has_expired(uint32_t slot, BootTime now, uint32_t now_code) const {
  return expires_[slot] < now_code || (expires_[slot] == now_code && rows_[slot]->expires() <= now);
}

bool RowGroup::has_names(const CompiledFilter& compiled, uint32_t slot) const {
  return compiled.platforms.accepts(platform_[slot]) && compiled.networks.accepts(network_[slot]) &&
         compiled.payments_networks.accepts(payments_network_[slot]);
}

bool RowGroup::fits(const CompiledFilter& compiled, uint32_t slot) const {
  if (has_expired(slot, compiled.now, compiled.now_code)) return false;
  if (compiled.names_asked && !has_names(compiled, slot)) return false;
  return !compiled.verified_asked || verified_[slot] == compiled.verified_wanted;
}

void RowGroup::deselect_others(const CompiledFilter& compiled, bool some_expired,
                               SelectionVector& candidates) const {
  for_each_selected(candidates, [&](uint32_t slot) {
    const bool fits = has_names(compiled, slot) &&
                      !(some_expired && has_expired(slot, compiled.now, compiled.now_code));
    candidates.rows[slot] = fits ? 1 : 0;
    return true;
  });
}

void RowGroup::scan(const CompiledFilter& compiled, const ZoneMap& zone_map,
                    ScanResult& result) const {
  compiled.scan(columns_, result);
  SelectionVector& candidates = result.candidates;
  if (compiled.verified_asked) {
    for (uint32_t slot = 0; slot < kRows; ++slot) {
      candidates.rows[slot] &= uint8_t{verified_[slot] == compiled.verified_wanted};
    }
  }
  const bool some_expired = zone_map.first_expiry <= compiled.now;
  if (compiled.names_asked || some_expired) deselect_others(compiled, some_expired, candidates);
}

void RowGroup::compare_updated(uint32_t least, uint32_t most, SelectionVector& candidates) const {
  for (uint32_t slot = 0; slot < kRows; ++slot) {
    candidates.rows[slot] &=
        static_cast<uint8_t>(uint8_t{updated_[slot] >= least} & uint8_t{updated_[slot] <= most});
  }
}

uint32_t RowGroup::count(const CompiledFilter& compiled, const ZoneMap& zone_map) const {
  ScanResult result;
  scan(compiled, zone_map, result);
  if (compiled.codes_decide && !compiled.price.bounded()) return result.candidates.count();
  uint32_t count = 0;
  for_each_selected(result.candidates, [&](uint32_t slot) {
    if (result.certain.rows[slot] != 0 || compiled.accepts(*rows_[slot])) ++count;
    return true;
  });
  return count;
}

void RowGroup::find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const {
  const uint32_t now_code = expiry_code(now);
  for (uint32_t slot = 0; slot < used_ && out.size() < limit; ++slot) {
    if (rows_[slot] && has_expired(slot, now, now_code)) out.push_back(rows_[slot].get());
  }
}

}  // namespace discovery

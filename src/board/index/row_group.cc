#include "board/index/row_group.h"

#include <cassert>

namespace discovery {

void Block::set(uint32_t slot, ListingPtr listing, const RowCodes& codes) {
  columns_.set(slot, codes);
  platform_[slot] = NameTags::tag(listing->platform());
  network_[slot] = NameTags::tag(listing->network());
  payments_network_[slot] = NameTags::tag(listing->payments_network());
  verified_[slot] = listing->verified() ? 1 : 0;
  expires_[slot] = expiry_code(listing->expires());
  updated_[slot] = seconds_code(listing->updated());
  rows_[slot] = std::move(listing);
}

bool Block::ends_before(const Listing& listing) const {
  if (used_ == 0) return true;
  if (last_created_ != listing.created()) return last_created_ < listing.created();
  const ListingPtr& last = rows_[used_ - 1];
  return last && last->provider_id() < listing.provider_id();
}

const Listing& Block::first() const {
  uint32_t slot = 0;
  while (!rows_[slot]) ++slot;
  return *rows_[slot];
}

uint32_t Block::append(ListingPtr listing, const RowCodes& codes) {
  assert(!full() && listing->country() == country_);
  last_created_ = listing->created();
  set(used_, std::move(listing), codes);
  ++live_;
  return used_++;
}

void Block::replace(uint32_t slot, ListingPtr listing, const RowCodes& codes) {
  assert(rows_[slot] && rows_[slot]->created() == listing->created());
  set(slot, std::move(listing), codes);
}

void Block::remove(uint32_t slot) {
  assert(rows_[slot]);
  columns_.clear(slot);
  rows_[slot].reset();
  --live_;
}

void Block::clear() {
  for (uint32_t slot = 0; slot < used_; ++slot) rows_[slot].reset();
  columns_.clear();  // the unused rest looks like holes
  used_ = 0;
  live_ = 0;
}

Zone Block::zone() const {
  Zone zone;
  for (uint32_t slot = 0; slot < used_; ++slot) {
    if (!rows_[slot]) continue;
    zone.widen(columns_.codes(slot), seconds_code(rows_[slot]->created()));
    zone.widen(rows_[slot]->expires());
  }
  return zone;
}

bool Block::has_expired(uint32_t slot, BootTime now, uint32_t now_code) const {
  return expires_[slot] < now_code || (expires_[slot] == now_code && rows_[slot]->expires() <= now);
}

bool Block::has_names(const Search& search, uint32_t slot) const {
  return search.platforms.accepts(platform_[slot]) && search.networks.accepts(network_[slot]) &&
         search.payments_networks.accepts(payments_network_[slot]);
}

bool Block::fits(const Search& search, uint32_t slot) const {
  if (has_expired(slot, search.now, search.now_code)) return false;
  if (search.names_asked && !has_names(search, slot)) return false;
  return !search.verified_asked || verified_[slot] == search.verified_wanted;
}

void Block::drop_unfit(const Search& search, bool some_expired, Flags& within) const {
  each_flagged(within, [&](uint32_t slot) {
    const bool fits = has_names(search, slot) &&
                      !(some_expired && has_expired(slot, search.now, search.now_code));
    within.rows[slot] = fits ? 1 : 0;
    return true;
  });
}

void Block::judge(const Search& search, const Zone& zone, Verdict& verdict) const {
  search.judge(columns_, verdict);
  Flags& within = verdict.within;
  if (search.verified_asked) {
    for (uint32_t slot = 0; slot < kRows; ++slot) {
      within.rows[slot] &= uint8_t{verified_[slot] == search.verified_wanted};
    }
  }
  const bool some_expired = zone.first_expiry <= search.now;
  if (search.names_asked || some_expired) drop_unfit(search, some_expired, within);
}

void Block::compare_updated(uint32_t least, uint32_t most, Flags& within) const {
  for (uint32_t slot = 0; slot < kRows; ++slot) {
    within.rows[slot] &=
        static_cast<uint8_t>(uint8_t{updated_[slot] >= least} & uint8_t{updated_[slot] <= most});
  }
}

uint32_t Block::count(const Search& search, const Zone& zone) const {
  Verdict verdict;
  judge(search, zone, verdict);
  if (search.codes_decide && !search.price.bounded()) return verdict.within.count();
  uint32_t count = 0;
  each_flagged(verdict.within, [&](uint32_t slot) {
    if (verdict.surely.rows[slot] != 0 || search.accepts(*rows_[slot])) ++count;
    return true;
  });
  return count;
}

void Block::find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const {
  const uint32_t now_code = expiry_code(now);
  for (uint32_t slot = 0; slot < used_ && out.size() < limit; ++slot) {
    if (rows_[slot] && has_expired(slot, now, now_code)) out.push_back(rows_[slot].get());
  }
}

}  // namespace discovery

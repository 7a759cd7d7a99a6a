#include "board/index/index.h"

#include <utility>

namespace discovery {

void Index::put(ListingPtr listing) {
  const RowCodes codes(*listing);
  const auto row = ids_.find(listing->provider_id());
  if (!row) return add(std::move(listing), codes);
  const Listing& former = *rows_.at(*row);
  const bool stays =
      former.country() == listing->country() && former.created() == listing->created();
  if (stays) return replace(*row, std::move(listing), codes);
  remove(*row);
  add(std::move(listing), codes);
}

void Index::copy(const Index& other) {
  for (const RowTable::Partition& partition : other.rows_.partitions()) {
    for (const RowTable::Entry& entry : partition) {
      for (uint32_t slot = 0; slot < entry.group->used(); ++slot) {
        if (const ListingPtr& listing = entry.group->row(slot)) put(listing);
      }
    }
  }
  set_last(other.batch_, other.revision_);
}

void Index::remove(std::string_view provider_id) {
  if (const auto row = ids_.find(provider_id)) remove(*row);
}

std::vector<const Listing*> Index::matches(const Filter& filter, BootTime now,
                                           ScanLimit& limit) const {
  Query all;
  all.filter = filter;
  all.limit = size();
  Page page;
  this->page(all, now, limit, page);
  return std::move(page.listings);
}

void Index::find_expired(BootTime now, size_t limit, std::vector<const Listing*>& out) const {
  for (const RowTable::Partition& partition : rows_.partitions()) {
    for (const RowTable::Entry& entry : partition) {
      if (entry.zone_map.first_expiry > now) continue;
      entry.group->find_expired(now, limit, out);
      if (out.size() >= limit) return;
    }
  }
}

void Index::add(ListingPtr listing, const RowCodes& codes) {
  const Country country = listing->country();
  const uint32_t created = seconds_code(listing->created());
  census_.add(*listing);
  Relocations relocations;
  const RowNumber row = rows_.insert(std::move(listing), codes, relocations);
  relocate(relocations);
  ids_.insert(row);
  prices_.insert(country, {codes, created, row});
}

void Index::replace(RowNumber row, ListingPtr listing, const RowCodes& codes) {
  census_.replace(*rows_.at(row), *listing);
  const bool is_alike = rows_.group(row.group()).columns().codes(row.slot()) == codes;
  const uint32_t created = seconds_code(listing->created());
  rows_.replace(row, std::move(listing), codes);
  if (!is_alike) prices_.replace({codes, created, row});
}

void Index::remove(RowNumber row) {
  census_.remove(*rows_.at(row));
  prices_.remove(row);
  ids_.erase(row);
  Relocations relocations;
  rows_.remove(row, relocations);
  relocate(relocations);
}

void Index::relocate(const Relocations& relocations) {
  if (relocations.empty()) return;
  ids_.relocate(relocations);
  prices_.relocate(relocations);
}

}  // namespace discovery

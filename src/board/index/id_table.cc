#include "board/index/id_table.h"

#include <cassert>

#include "base/hash.h"

namespace discovery {

bool IdTable::Equal::operator()(const Key& key, const Entry& entry) const {
  return entry.hash == key.hash && key.rows->at(entry.row)->provider_id() == key.id;
}

IdTable::IdTable(const RowTable& rows, uint64_t seed) : rows_(rows), seed_(seed), maps_(kMaps) {}

uint64_t IdTable::hash_of(std::string_view provider_id) const {
  return keyed_hash(provider_id, seed_);
}

std::optional<RowNumber> IdTable::find(std::string_view provider_id) const {
  const uint64_t hash = hash_of(provider_id);
  const Map& map = map_of(hash);
  const auto found = map.find(Key{provider_id, static_cast<uint32_t>(hash), &rows_});
  return found == map.end() ? std::nullopt : std::optional(found->row);
}

void IdTable::insert(RowNumber row) {
  const uint64_t hash = hash_of(rows_.at(row)->provider_id());
  map_of(hash).insert(entry_of(row, hash));
  ++size_;
}

void IdTable::erase(RowNumber row) {
  const uint64_t hash = hash_of(rows_.at(row)->provider_id());
  map_of(hash).erase(entry_of(row, hash));
  --size_;
}

// All entries are found before any is changed: a row's new number may be another's old one.
void IdTable::relocate(const Relocations& relocations) {
  std::vector<RowNumber*> entries;
  entries.reserve(relocations.size());
  for (const Relocation& move : relocations) {
    const uint64_t hash = hash_of(rows_.at(move.to)->provider_id());
    const auto found = map_of(hash).find(entry_of(move.from, hash));
    assert(found != map_of(hash).end());
    // Writing the number keeps the entry where it is: its hash is the id's.
    entries.push_back(const_cast<RowNumber*>(&found->row));
  }
  for (size_t i = 0; i < relocations.size(); ++i) *entries[i] = relocations[i].to;
}

}  // namespace discovery

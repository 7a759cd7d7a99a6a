#include "board/refusal_notes.h"

#include <utility>

namespace discovery {

namespace {

constexpr size_t index_of(RefusalNotes::Standing standing) { return static_cast<size_t>(standing); }

}  // namespace

// The provider's entry, now the newest.
RefusalNotes::Table::iterator RefusalNotes::renew(Table& table, std::string_view provider_id) {
  const auto [entry, is_new] = table.push_back({std::string(provider_id), {}, false});
  if (!is_new) {
    table.relocate(table.end(), entry);
  } else if (table.size() > kNotesMax) {
    table.pop_front();
  }
  return entry;
}

void RefusalNotes::note(RefusalNote note, Standing standing) {
  const MutexLock lock(mutex_);
  Table& table = tables_[index_of(standing)];
  const auto entry = renew(table, note.provider_id);
  table.modify(entry, [&](Entry& changed) {
    changed.found.note = std::move(note);
    changed.unsaved = standing == Standing::known;
  });
}

void RefusalNotes::count_unsigned(std::string_view provider_id) {
  const MutexLock lock(mutex_);
  Table& table = tables_[index_of(Standing::known)];
  table.modify(renew(table, provider_id), [](Entry& entry) { ++entry.found.unsigned_refusals; });
}

RefusalNotes::Found RefusalNotes::find(std::string_view provider_id) const {
  const MutexLock lock(mutex_);
  Found found;
  for (const Table& table : tables_) {
    const auto entry = table.get<1>().find(std::string(provider_id));
    if (entry == table.get<1>().end()) continue;
    found.unsigned_refusals += entry->found.unsigned_refusals;
    const auto& note = entry->found.note;
    if (note && (!found.note || found.note->time < note->time)) found.note = note;
  }
  return found;
}

std::vector<RefusalNote> RefusalNotes::take_unsaved(size_t count) {
  const MutexLock lock(mutex_);
  std::vector<RefusalNote> notes;
  Table& table = tables_[index_of(Standing::known)];
  for (auto entry = table.begin(); entry != table.end() && notes.size() < count; ++entry) {
    if (!entry->unsaved) continue;
    notes.push_back(*entry->found.note);
    table.modify(entry, [](Entry& changed) { changed.unsaved = false; });
  }
  return notes;
}

void RefusalNotes::give_back(std::vector<RefusalNote> notes) {
  const MutexLock lock(mutex_);
  auto& by_id = tables_[index_of(Standing::known)].get<1>();
  for (const RefusalNote& note : notes) {
    const auto entry = by_id.find(note.provider_id);
    if (entry != by_id.end()) by_id.modify(entry, [](Entry& changed) { changed.unsaved = true; });
  }
}

}  // namespace discovery

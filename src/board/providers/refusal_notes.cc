#include "board/providers/refusal_notes.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace discovery {

namespace {

constexpr size_t index_of(RefusalNotes::Standing standing) { return static_cast<size_t>(standing); }

}  // namespace

RefusalNotes::RefusalNotes(uint64_t seed) {
  const MutexLock lock(mutex_);
  const Table::nth_index<1>::type::ctor_args by_id(0, {}, Hash{seed}, {});
  for (Table& table : tables_) table = Table({Table::nth_index<0>::type::ctor_args(), by_id});
}

// The provider's entry, now the newest.
RefusalNotes::Table::iterator RefusalNotes::renew(Table& table, std::string_view provider_id) {
  const auto [entry, is_new] = table.push_back({std::string(provider_id), {}, false});
  if (!is_new) {
    table.relocate(table.end(), entry);
  } else if (table.size() > limits::kRefusalNotes) {
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
    changed.unsaved = true;
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
  for (Table& table : tables_) {
    for (auto entry = table.begin(); entry != table.end() && notes.size() < count; ++entry) {
      if (!entry->unsaved) continue;
      notes.push_back(*entry->found.note);
      table.modify(entry, [](Entry& changed) { changed.unsaved = false; });
    }
  }
  return notes;
}

bool RefusalNotes::has_unsaved() const {
  const MutexLock lock(mutex_);
  return std::ranges::any_of(
      tables_, [](const Table& table) { return std::ranges::any_of(table, &Entry::unsaved); });
}

void RefusalNotes::give_back(const std::vector<RefusalNote>& notes) {
  const MutexLock lock(mutex_);
  for (Table& table : tables_) {
    auto& by_id = table.get<1>();
    for (const RefusalNote& note : notes) {
      const auto entry = by_id.find(note.provider_id);
      if (entry == by_id.end() || !entry->found.note) continue;
      by_id.modify(entry, [](Entry& changed) { changed.unsaved = true; });
    }
  }
}

}  // namespace discovery

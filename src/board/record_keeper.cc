#include "board/record_keeper.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/catch_exceptions.h"
#include "base/limits.h"
#include "identity/provider_id.h"
#include "identity/provider_key.h"

namespace discovery {

namespace {

constexpr Duration kPinRoomInterval = std::chrono::seconds{1};  // between two failed searches
constexpr Duration kRecordedOutage = std::chrono::seconds{10};  // shorter ones are not written down

}  // namespace

Status RecordKeeper::keep(const Upkeep& upkeep, WallTime now) {
  Upkeep whole = upkeep;
  whole.forget_before = now - kHistoryKept;
  return store_.keep(whole);
}

Status RecordKeeper::keep(const Index& committed, Now now) {
  auto refusals = notes_.take_unsaved(limits::kStoredRefusals);
  Status kept = catch_exceptions([&]() -> Status {
    const auto known = of_known(committed, refusals);
    if (!known) return known.error();
    return keep({.run = {started_, now.wall}, .refusals = *known}, now.wall);
  });
  if (!kept) notes_.give_back(refusals);
  return kept;
}

Status RecordKeeper::keep_all(const Index& committed, Now now) {
  Status kept;
  do {
    kept = keep(committed, now);
  } while (kept && notes_.has_unsaved());
  return kept;
}

Status RecordKeeper::make_room_for_pins(const Index& committed, Now now) {
  const size_t room = std::clamp<size_t>(options_.pins_max / 16, 1, limits::kForgottenPins);
  if (pins_.size() + room <= options_.pins_max || now.boot < next_pin_room_) return {};
  next_pin_room_ = now.boot + kPinRoomInterval;
  return catch_exceptions([&]() -> Status {
    const std::vector<ProviderKey> gone = pins_.earliest(
        room, [&](const ProviderKey& key) { return committed.find(id_of(key)) == nullptr; });
    if (gone.empty()) {
      next_pin_room_ = now.boot + options_.clean_up_interval;
      return {};
    }
    std::vector<std::string> ids;
    ids.reserve(gone.size());
    for (const ProviderKey& key : gone) ids.push_back(id_of(key));
    Status kept = keep({.run = {started_, now.wall}, .forgotten_pins = ids}, now.wall);
    if (!kept) return kept;
    next_pin_room_ = {};
    for (const ProviderKey& key : gone) pins_.forget(key);
    return {};
  });
}

std::optional<Interval> RecordKeeper::record_outage(Duration lasted, Now now) {
  if (lasted < kRecordedOutage) return std::nullopt;
  const Interval outage{std::max(now.wall - lasted, started_), now.wall};
  if (outage.begin >= outage.end) return std::nullopt;  // the wall clock was set back meanwhile
  const Status kept = catch_exceptions([&]() -> Status {
    Status written = keep({.run = {started_, outage.begin}}, now.wall);
    return written ? keep({.run = {outage.end, outage.end}}, now.wall) : written;
  });
  if (!kept) return std::nullopt;
  started_ = outage.end;
  return outage;
}

// Of providers accepted within the time that is remembered; notes of others stay in memory.
Result<std::vector<RefusalNote>> RecordKeeper::of_known(const Index& committed,
                                                        const std::vector<RefusalNote>& notes) {
  std::vector<RefusalNote> known;
  for (const RefusalNote& note : notes) {
    const auto key = key_of(note.provider_id);
    if ((key && pins_.find(*key)) || committed.find(note.provider_id) != nullptr) {
      known.push_back(note);
      continue;
    }
    const auto history = store_.history(note.provider_id);
    if (!history && history.error().code != Code::invalid) return history.error();
    if (history && *history) known.push_back(note);
  }
  return known;
}

}  // namespace discovery

// What is written now and then besides the changes: the present run, outages, refusals, and which
// pins are forgotten.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "board/index/index.h"
#include "board/post.h"
#include "board/providers/listed_hours.h"
#include "board/providers/pins.h"
#include "board/providers/refusal_notes.h"
#include "store/store.h"

namespace discovery {

/// The writer's own: not synchronised.
class RecordKeeper {
 public:
  /// All outlive this.
  RecordKeeper(const BoardOptions& options, Store& store, Pins& pins, RefusalNotes& notes)
      : options_(options), store_(store), pins_(pins), notes_(notes) {}

  /// The present run begins.
  void begin(WallTime now) { started_ = now; }

  /// Writes down that the board was up until now, and some refusals.
  Status keep(const Index& committed, Now now);
  /// The same with all refusals: at the end.
  Status keep_all(const Index& committed, Now now);
  /// Before the pins are full, forgets those that have been gone longest: else keys that post once
  /// could keep all others from ever signing.
  Status make_room_for_pins(const Index& committed, Now now);
  /// An outage of this length is over: writes it down as a time between two runs, so that the next
  /// start gives it as well. Empty where it was too short, or could not be written.
  std::optional<Interval> record_outage(Duration lasted, Now now);

 private:
  Status keep(const Upkeep& upkeep, WallTime now);
  Result<std::vector<RefusalNote>> of_known(const Index& committed,
                                            const std::vector<RefusalNote>& notes);

  const BoardOptions& options_;
  Store& store_;
  Pins& pins_;
  RefusalNotes& notes_;
  WallTime started_{};
  BootTime next_pin_room_{};  // after a search for pins to forget that found none
};

}  // namespace discovery

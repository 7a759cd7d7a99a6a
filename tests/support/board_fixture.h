// What the tests of the board share: waiters and executors that remember.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "board/board.h"
#include "tests/support/listing_fixture.h"

namespace discovery {

class RecordingWaiter final : public Waiter {
 public:
  void settle(const Outcome& outcome) override { outcomes.push_back(outcome); }
  std::vector<Outcome> outcomes;
};

/// Does at once what it is handed, on whose thread ever, and counts.
class RecordingExecutor final : public Executor {
 public:
  void post(std::function<void()> work) override {
    ++parcels;
    work();
  }
  std::atomic<size_t> parcels = 0;
};

}  // namespace discovery

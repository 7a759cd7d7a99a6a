// What the tests of the board share: completions and executors that remember.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "board/board.h"
#include "tests/support/listing_fixture.h"

namespace discovery {

class RecordingCompletion final : public Completion {
 public:
  void complete(const Outcome& outcome) override { outcomes.push_back(outcome); }
  std::vector<Outcome> outcomes;
};

/// Does at once what it is handed, on whose thread ever, and counts.
class RecordingExecutor final : public Executor {
 public:
  void post(std::function<void()> work) override {
    ++deliveries;
    work();
  }
  std::atomic<size_t> deliveries = 0;
};

}  // namespace discovery

// A board on a manual clock and a store in memory; the test is its writer.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "board/board.h"
#include "tests/support/board_fixture.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_store.h"

namespace discovery {

using WaiterPtr = std::shared_ptr<RecordingWaiter>;

class BoardTest : public testing::Test {
 protected:
  explicit BoardTest(BoardOptions options = {.providers_max = 1'000}) : options_(options) {}

  WaiterPtr post(const Advertisement& advertisement) {
    const auto waiter = std::make_shared<RecordingWaiter>();
    EXPECT_TRUE(
        board_.publish({Listing::draft(advertisement)}, {&executor_, waiter}, clock_.boot()));
    return waiter;
  }
  WaiterPtr post(std::string_view id) { return post(offer(id)); }
  WaiterPtr withdraw(std::string_view id) {
    const auto waiter = std::make_shared<RecordingWaiter>();
    EXPECT_TRUE(board_.withdraw({std::string(id)}, {&executor_, waiter}, clock_.boot()));
    return waiter;
  }
  Board::Step step() { return board_.step(clock_.now()); }

  std::vector<std::string> list() const {
    return board_.read([&](const Index& index) {
      Page page;
      index.page(everything(), clock_.boot(), page);
      return ids_of(page.listings);
    });
  }
  size_t held() const {
    return board_.read([](const Index& index) { return index.size(); });
  }
  ListingPtr find(std::string_view id) const {
    return board_.read([&](const Index& index) { return ListingPtr(index.find(id)); });
  }

  const BoardOptions options_;
  ManualClock clock_;
  MemoryStore store_;
  RecordingExecutor executor_;
  Board board_{options_, store_};
};

/// What the only settlement of a waiter says.
inline Outcome outcome_of(const WaiterPtr& waiter) {
  EXPECT_EQ(waiter->outcomes.size(), 1U);
  return waiter->outcomes.empty() ? Outcome{Refusal::busy, nullptr} : waiter->outcomes.front();
}
inline bool is_waiting(const WaiterPtr& waiter) { return waiter->outcomes.empty(); }

}  // namespace discovery

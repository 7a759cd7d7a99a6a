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

using CompletionPtr = std::shared_ptr<RecordingCompletion>;

class BoardTest : public testing::Test {
 protected:
  explicit BoardTest(BoardOptions options = {.providers_max = 1'000}) : options_(options) {}

  CompletionPtr post(const Advertisement& advertisement) {
    const auto completion = std::make_shared<RecordingCompletion>();
    EXPECT_TRUE(
        board_.publish({Listing::draft(advertisement)}, {&executor_, completion}, clock_.boot()));
    return completion;
  }
  CompletionPtr post(std::string_view id) { return post(offer(id)); }
  CompletionPtr withdraw(std::string_view id) {
    const auto completion = std::make_shared<RecordingCompletion>();
    EXPECT_TRUE(board_.withdraw({std::string(id)}, {&executor_, completion}, clock_.boot()));
    return completion;
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

/// What a completion was given, once.
inline Outcome outcome_of(const CompletionPtr& completion) {
  EXPECT_EQ(completion->outcomes.size(), 1U);
  return completion->outcomes.empty() ? Outcome{Refusal::busy, nullptr}
                                      : completion->outcomes.front();
}
inline bool is_waiting(const CompletionPtr& completion) { return completion->outcomes.empty(); }

}  // namespace discovery

// A client that applies what it is sent, is cut anywhere and goes on, ends with the board that a
// list shows.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/limits.h"
#include "tests/support/seed.h"
#include "tests/support/watch_fixture.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;

/// Random changes of a small board under readers that come and go.
class WatchModel : public testing::TestWithParam<uint32_t> {
 protected:
  size_t below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  void act() {
    const size_t choice = below(100);
    const std::string id = "p" + std::to_string(below(250));
    if (choice < 40) {
      const std::string_view country = below(2) == 0 ? "SE" : "DE";
      return service_.post(id, offer_of(country, static_cast<int>(1 + below(3))));
    }
    if (choice < 45) return service_.withdraw(id);
    if (choice < 59) return service_.settle();
    if (choice < 60) return step();
    if (choice < 64) return service_.clock.advance(milliseconds{below(9'000)});
    if (choice < 65) return give_bookmarks();
    if (choice < 66) return restart();
    Reader& reader = readers_[below(readers_.size())];
    if (choice < 70) return reader.cut();
    if (choice < 73) {
      reader.take(1 + below(3), below(2'000));
      return reader.cut();
    }
    if (!reader.is_connected()) reader.connect();
    reader.take(1 + below(3));
  }

  /// What the streams are given waits for a later one.
  void step() {
    service_.step();
    service_.clock.advance(milliseconds{1});
  }

  void give_bookmarks() {
    service_.clock.advance(limits::kStreamSilence);
    service_.api().tick();
  }

  void restart() {
    for (Reader& reader : readers_) reader.cut();
    // What the old API has left to the executor uses it.
    service_.clock.advance(milliseconds{10});
    service_.executor.run_later();
    service_.start();
  }

  void expect_all_whole() {
    service_.settle_expiries();
    for (Reader& reader : readers_) {
      if (!reader.is_connected()) reader.connect();
      reader.take();
      reader.expect_whole();
    }
  }

  std::mt19937 random_{GetParam()};
  Service service_;
  std::vector<Reader> readers_ = [&] {
    std::vector<Reader> readers;
    for (const char* query : {"", "country=SE", "cpu=2", "q=cpu=3%20||%20country=%22DE%22",
                              "country=DE&refreshes=true"}) {
      readers.emplace_back(service_, query);
    }
    return readers;
  }();
};

TEST_P(WatchModel, WhoeverGoesOnEndsWithTheBoard) {
  for (int round = 0; round < 20 && !HasFailure(); ++round) {
    for (int i = 0; i < 150; ++i) act();
    expect_all_whole();
  }
  for (const Reader& reader : readers_) EXPECT_LE(reader.resets, reader.cuts_of_snapshots);
}

// Of a chosen seed so many boards, too: SEED=n runs those of n to n + 99.
uint32_t first_seed() { return static_cast<uint32_t>(chosen_seed().value_or(0)); }
INSTANTIATE_TEST_SUITE_P(Seeds, WatchModel, testing::Range(first_seed(), first_seed() + 100));

}  // namespace
}  // namespace discovery

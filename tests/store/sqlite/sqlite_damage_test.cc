// Damage costs what is damaged, and as little else as can be.
#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "tests/support/store_fixture.h"
#include "tests/support/store_rows.h"

namespace discovery {
namespace {

class SqliteDamage : public testing::Test {
 protected:
  std::unique_ptr<Store> open() { return open_or_fail(path_); }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("discovery.db");
};

Change departure_of(const std::string& id) {
  Change change = removal(id);
  change.history =
      std::make_shared<const History>(History{id, History::State::withdrawn, kPosted, kPosted, {}});
  return change;
}

// One damaged page of provider_history once kept all providers from posting for good.
TEST_F(SqliteDamage, DamagedHistoryCostsHistoryAndNoPost) {
  {
    const auto store = open();
    must_apply(*store, {put(full_advertisement("a")), put(full_advertisement("b"))});
    must_apply(*store, {departure_of("a")});
  }
  overwrite_root_page(path_, "provider_history");
  for (int start = 0; start < 2; ++start) {
    const auto store = open();
    EXPECT_FALSE(store->history("a"));
    must_apply(*store, {departure_of("b"), put(full_advertisement("c"))});
    EXPECT_EQ(rows_of(*store).size(), 1U);
    EXPECT_TRUE(store->keep({{kPosted, kPosted}, {}, kPosted - std::chrono::hours{1}}));
    must_apply(*store, {put(full_advertisement("b"))});
    must_apply(*store, {departure_of("b")});
  }
}

TEST_F(SqliteDamage, ADamagedLogCostsTheLogAndNoPost) {
  const auto change_of = [](const std::string& id, Revision revision) {
    Change change = put(full_advertisement(id));
    change.revision = revision;
    return change;
  };
  {
    const auto store = open();
    ASSERT_TRUE(store->open_epoch(1));
    must_apply(*store, {change_of("a", 1)});
  }
  overwrite_root_page(path_, "board_changes");
  for (uint64_t epoch = 2; epoch < 4; ++epoch) {
    const auto store = open();
    const auto state = store->open_epoch(epoch);
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ(state->epochs.size(), 1U) << "no watch goes on from an earlier one";
    EXPECT_TRUE(state->log.empty());
    must_apply(*store, {change_of("b" + std::to_string(epoch), state->revision + 1)});
    EXPECT_TRUE(store->apply({})) << "it is well";
  }
  EXPECT_EQ(rows_of(*open()).size(), 3U);
}

TEST_F(SqliteDamage, DamagedTimesOfRunsDoNotPreventAStart) {
  {
    const auto store = open();
    ASSERT_TRUE(store->keep({{kPosted, kPosted}, {}, kPosted}));
  }
  overwrite_root_page(path_, "board_runs");
  const auto store = open();
  EXPECT_TRUE(store->load_runs());
  must_apply(*store, {put(full_advertisement("a"))});
}

// Another could speak for a provider whose pin cannot be read.
TEST_F(SqliteDamage, WithDamagedPinsTheStoreIsThereForReadingAlone) {
  must_apply(*open(), {signed_put(full_advertisement("a"), 5)});
  overwrite_root_page(path_, "provider_pins");
  const auto store = open();
  EXPECT_EQ(rows_of(*store).size(), 1U);
  EXPECT_TRUE(store->load_pins([](std::string_view, int64_t) {}));
  ASSERT_TRUE(store->open_epoch(1));
  for (const Status& refused : {store->check(), store->apply({}),
                                store->apply(std::vector{put(full_advertisement("b"))})}) {
    EXPECT_EQ(refused.error().code, Code::unavailable);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("--recover"));
  }
}

TEST_F(SqliteDamage, DamagedRefusalsCostRefusalsAndNotTheRecordOfTheRun) {
  {
    const auto store = open();
    must_apply(*store, {put(full_advertisement("a"))});
  }
  overwrite_root_page(path_, "provider_refusals");
  const auto store = open();
  const RefusalNote refusal{"a", kPosted, "AUTH_001", "why"};
  EXPECT_TRUE(store->keep({{kPosted, kPosted}, {&refusal, 1}, kPosted}));
  const auto runs = store->load_runs();
  ASSERT_TRUE(runs);
  EXPECT_EQ(runs->size(), 1U);
  must_apply(*store, {put(full_advertisement("b"))});
  EXPECT_EQ(rows_of(*store).size(), 2U);
}

TEST_F(SqliteDamage, TellsWhichChangeIsRefusedAlone) {
  const auto store = open();
  OtherProgram(path_).run(
      "CREATE TRIGGER no_c BEFORE INSERT ON advertisements BEGIN SELECT 1; END");
  must_apply(*store, {put(full_advertisement("a"))});
  OtherProgram(path_).run("CREATE UNIQUE INDEX one_name ON advertisements (provider_name)");
  const Status refused =
      store->apply(std::vector{put(full_advertisement("a")), put(full_advertisement("b"))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(store->refused(), 1U);
  EXPECT_TRUE(store->apply({}));
  EXPECT_EQ(store->refused(), std::nullopt);
}

}  // namespace
}  // namespace discovery

// Files that can be read but not written, until they can.
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "store/sqlite/late_store.h"
#include "tests/support/faulty_files.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_rows.h"

namespace discovery {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kDeadline{20};

class LateStoreTest : public testing::Test {
 protected:
  LateStoreTest() {
    const auto store = open_or_fail(path_);
    EXPECT_TRUE(store->open_epoch(1));
    must_apply(*store, {signed_put(full_advertisement("a"), 5), put(full_advertisement("b"))});
    EXPECT_TRUE(store->keep({{kPosted, kPosted}, {}, kPosted}));
  }

  /// Opens for reading what cannot be opened for writing until can_write_.
  std::unique_ptr<Store> open_late() {
    auto lock = FileLock::acquire(path_);
    EXPECT_TRUE(lock);
    auto store = open_for_reading(
        path_, std::make_shared<const FileLock>(*std::move(lock)), fail(Code::full, "no room"),
        [this](const std::string&,
               std::shared_ptr<const FileLock>) -> Result<std::unique_ptr<Store>> {
          if (!can_write_) return fail(Code::full, "still no room");
          return std::unique_ptr<Store>(std::make_unique<MemoryStore>());
        });
    EXPECT_TRUE(store) << store.error().message;
    return *std::move(store);
  }

  /// Until a try has been made.
  static Status eventually_applies(Store& store, const std::string& or_says = "no such words") {
    const Change change = put(full_advertisement("c"));
    Status applied = store.apply({&change, 1});
    for (const auto end = std::chrono::steady_clock::now() + kDeadline;
         !applied && std::chrono::steady_clock::now() < end; std::this_thread::yield()) {
      if (applied.error().message.find(or_says) != std::string::npos) break;
      applied = store.apply({&change, 1});
    }
    return applied;
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("a %41?#.db");  // is no URI
  bool can_write_ = false;
};

TEST_F(LateStoreTest, AFileOfANewerVersionIsShownAndNotWritten) {
  OtherProgram(path_).run("PRAGMA user_version = 99");
  const auto store = open_or_fail(path_);
  EXPECT_THAT(store->description(), HasSubstr("for reading alone"));
  EXPECT_EQ(rows_of(*store).size(), 2U);
  EXPECT_EQ(pins_of(*store).at("a"), 5);
  EXPECT_EQ(store->load_runs()->size(), 1U);
  const auto state = store->open_epoch(2);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->epochs, std::vector<Epoch>({{1, 0}, {2, 0}}));
  for (const Status& refused : {store->check(), store->apply({}), store->keep({})}) {
    EXPECT_EQ(refused.error().code, Code::unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("newer version"));
  }
  EXPECT_TRUE(*reader_of(*store)->proof("a")) << "what can be read is";
  EXPECT_EQ(OtherProgram(path_).run("SELECT count(*) FROM board_epochs"), "1\n");
}

TEST_F(LateStoreTest, RecoversByItselfAndHoldsTheFileAllTheTime) {
  const auto store = open_late();
  ASSERT_TRUE(store->open_epoch(2));
  EXPECT_EQ(store->apply({}).error().code, Code::full);
  EXPECT_FALSE(store->history("a"));
  EXPECT_EQ(open_sqlite(path_).error().code, Code::conflict);
  can_write_ = true;
  ASSERT_TRUE(eventually_applies(*store));
  EXPECT_TRUE(store->check());
  EXPECT_TRUE(store->history("a"));
  EXPECT_EQ(open_sqlite(path_).error().code, Code::conflict);
}

TEST_F(LateStoreTest, WhatAnotherHasWrittenMeanwhileIsNotOverwritten) {
  const auto store = open_late();
  ASSERT_TRUE(store->open_epoch(2));
  OtherProgram(path_).run("DELETE FROM advertisements");
  can_write_ = true;
  EXPECT_THAT(eventually_applies(*store, "a restart").error().message,
              HasSubstr("a restart loads that"));
  EXPECT_EQ(open_sqlite(path_).error().code, Code::conflict) << "it still holds the file";
}

TEST_F(LateStoreTest, WhatAnotherWritesWhileItIsLoadedIsNoticed) {
  const auto store = open_late();
  EXPECT_EQ(rows_of(*store).size(), 2U);
  OtherProgram(path_).run("DELETE FROM advertisements");
  ASSERT_TRUE(store->open_epoch(2));
  can_write_ = true;
  EXPECT_FALSE(eventually_applies(*store, "a restart"));
}

TEST_F(LateStoreTest, AFileThatWasMovedAwayIsNotMadeAnew) {
  const auto store = open_late();
  ASSERT_TRUE(store->open_epoch(2));
  std::filesystem::rename(path_, path_ + ".away");
  can_write_ = true;
  EXPECT_FALSE(eventually_applies(*store, "is gone"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LateStoreTest, AFileThatLacksTablesIsNotShown) {
  OtherProgram(path_).run("DROP TABLE board_runs; PRAGMA user_version = 99");
  EXPECT_THAT(open_sqlite(path_).error().message, HasSubstr("newer version"));
}

TEST_F(LateStoreTest, DamagedPinsAreNotReadInPartAndThenTrusted) {
  auto store = open_late();
  store.reset();
  overwrite_root_page(path_, "provider_pins");
  store = open_late();
  EXPECT_TRUE(store->load_pins([](std::string_view, int64_t) {}));
  ASSERT_TRUE(store->open_epoch(2));
  can_write_ = true;
  EXPECT_FALSE(eventually_applies(*store, "--recover"));
}

// What it is about to write is better waited for.
TEST_F(LateStoreTest, AFileThatAnotherProgramHoldsForWritingIsNotOpened) {
  OtherProgram other(path_);
  other.run("BEGIN IMMEDIATE");
  EXPECT_EQ(open_sqlite(path_).error().code, Code::busy);
  other.run("COMMIT");
  EXPECT_TRUE(open_sqlite(path_));
}

TEST_F(LateStoreTest, AnEpochThatFindsNoRoomIsBegunOnceThereIsSome) {
  FaultyFiles::install();
  const auto store = open_or_fail(path_);
  FaultyFiles::limit(FaultyFiles::Kind::log, 0);
  const auto state = store->open_epoch(2);
  EXPECT_EQ(store->check().error().code, Code::full);
  FaultyFiles::limit(FaultyFiles::Kind::log, INT64_MAX);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_TRUE(store->check());
  EXPECT_EQ(OtherProgram(path_).run("SELECT number FROM board_epochs"), "1\n2\n");
}

}  // namespace
}  // namespace discovery

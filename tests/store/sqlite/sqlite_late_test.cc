// Files that can be read but not written, until they can.
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

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

  /// As a newer version of this server leaves it.
  void set_version(int version) {
    OtherProgram(path_).run("PRAGMA user_version = " + std::to_string(version));
  }

  static Status eventually_applies(Store& store, const Change& change) {
    Status applied = store.apply({&change, 1});
    for (const auto end = std::chrono::steady_clock::now() + kDeadline;
         !applied && std::chrono::steady_clock::now() < end; std::this_thread::yield()) {
      applied = store.apply({&change, 1});
    }
    return applied;
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("a %41?#.db");  // is no URI
};

TEST_F(LateStoreTest, AFileOfANewerVersionIsShownAndNotWritten) {
  set_version(99);
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

TEST_F(LateStoreTest, RecoversByItself) {
  set_version(99);
  const auto store = open_or_fail(path_);
  const auto reader = reader_of(*store);
  ASSERT_TRUE(store->open_epoch(2));
  ASSERT_FALSE(store->apply({}));
  set_version(1);
  ASSERT_TRUE(eventually_applies(*store, put(full_advertisement("c"))));
  EXPECT_TRUE(store->check());
  EXPECT_TRUE(*reader->proof("a"));
  EXPECT_TRUE(store->history("a"));
  EXPECT_EQ(OtherProgram(path_).run("SELECT number FROM board_epochs"), "1\n2\n");
  EXPECT_EQ(open_sqlite(path_).error().code, Code::conflict) << "it still holds the file";
}

TEST_F(LateStoreTest, WhatAnotherHasWrittenMeanwhileIsNotOverwritten) {
  set_version(99);
  const auto store = open_or_fail(path_);
  ASSERT_TRUE(store->open_epoch(2));
  OtherProgram(path_).run("DELETE FROM advertisements");
  set_version(1);
  const Change change = put(full_advertisement("c"));
  Status applied;
  for (const auto end = std::chrono::steady_clock::now() + kDeadline;
       std::chrono::steady_clock::now() < end; std::this_thread::yield()) {
    applied = store->apply({&change, 1});
    ASSERT_FALSE(applied);
    if (applied.error().message.find("a restart") != std::string::npos) break;
  }
  EXPECT_THAT(applied.error().message, HasSubstr("a restart loads that"));
  EXPECT_EQ(OtherProgram(path_).run("SELECT count(*) FROM advertisements"), "0\n");
}

TEST_F(LateStoreTest, AFileThatAnotherProgramKeepsFromWritingIsShown) {
  OtherProgram other(path_);
  other.run("BEGIN IMMEDIATE");
  const auto store = open_or_fail(path_);
  EXPECT_EQ(rows_of(*store).size(), 2U);
  ASSERT_TRUE(store->open_epoch(2));
  EXPECT_EQ(store->check().error().code, Code::busy);
  other.run("COMMIT");
  EXPECT_TRUE(eventually_applies(*store, put(full_advertisement("c"))));
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

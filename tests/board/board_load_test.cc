#include <gmock/gmock.h>

#include "board/board.h"
#include "tests/support/board_rig.h"

namespace discovery {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Duration kTick{1};
constexpr size_t kRemovalsMax = 256;  // of one batch

TEST_F(BoardTest, TheSweepIsBounded) {
  for (size_t i = 0; i <= 2 * kRemovalsMax; ++i) post("p" + std::to_string(i));
  step();
  clock_.advance(options_.lease + seconds{1});
  EXPECT_EQ(step(), Board::Step::more);
  EXPECT_EQ(held(), kRemovalsMax + 1);
  EXPECT_EQ(store_.rows().size(), kRemovalsMax + 1);
  EXPECT_EQ(step(), Board::Step::more);
  EXPECT_EQ(held(), 1U);
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_EQ(held(), 0U);
  EXPECT_THAT(store_.rows(), IsEmpty());
}

TEST_F(BoardTest, PostsGoOnDuringALongSweep) {
  for (size_t i = 0; i < 2 * kRemovalsMax; ++i) post("p" + std::to_string(i));
  step();
  clock_.advance(options_.lease + seconds{1});
  const CompletionPtr again = post("p0");
  const CompletionPtr fresh = post("fresh");
  step();
  EXPECT_EQ(outcome_of(again).listing->created(), clock_.now().wall);
  EXPECT_NE(outcome_of(fresh).listing, nullptr);
  while (step() == Board::Step::more) {
  }
  EXPECT_THAT(list(), ElementsAre("p0", "fresh"));
  EXPECT_EQ(store_.rows().size(), 2U);
}

class LoadedBoardTest : public BoardTest {
 protected:
  LoadReport load() {
    Result<LoadReport> report = board_.load({}, clock_.now());
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : LoadReport{};
  }
  /// A row as it may stand in an old file.
  void store_row(std::string_view id, Duration age, std::string_view ip_address = "83.233.10.2") {
    const WallTime updated = clock_.now().wall - age;
    store_.put({.provider_id = std::string(id),
                .provider_name = "",
                .ip_address = std::string(ip_address),
                .country = "SE",
                .platform = "",
                .network = "",
                .payments_network = "",
                .resources = R"({"cpu": 4, "memory": 8, "storage": 100})",
                .pricing = "",
                .created_at = updated,
                .updated_at = updated});
  }
  static constexpr std::string_view kRefused = "not an address";
};

// The index has two copies, and a start fills one: the other must not come forth without the rows.
TEST_F(LoadedBoardTest, IsReadBeforeTheFirstStepAndStaysWhole) {
  store_row("a", minutes{1});
  load();
  EXPECT_THAT(list(), ElementsAre("a"));
  step();
  EXPECT_THAT(list(), ElementsAre("a"));
  for (const char* id : {"b", "c", "d"}) {
    post(id);
    step();
  }
  EXPECT_THAT(list(), ElementsAre("a", "b", "c", "d"));
  post("a");
  step();
  EXPECT_THAT(list(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(LoadedBoardTest, ListsWhatIsLiveForTheRestOfItsLease) {
  store_row("a", minutes{1});
  store_row("b", minutes{2});
  EXPECT_EQ(load().listed, 2U);
  EXPECT_THAT(list(), ElementsAre("b", "a"));
  clock_.advance(minutes{3});
  EXPECT_THAT(list(), ElementsAre("a"));
  clock_.advance(minutes{1});
  step();
  step();
  EXPECT_THAT(store_.rows(), IsEmpty());
}

// They are listed in portions; the rows that are refused among them belong to none.
TEST_F(LoadedBoardTest, ListsManyAmongOthersThatAreRefused) {
  std::vector<std::string> listed;
  for (size_t i = 0; i < 1'000; ++i) {
    const std::string id = "p" + std::to_string(i);
    store_row(id, minutes{4} - std::chrono::seconds{i / 10}, i % 7 == 0 ? kRefused : "83.233.10.2");
    if (i % 7 != 0) listed.push_back(id);
  }
  const LoadReport report = load();
  EXPECT_EQ(report.listed, listed.size());
  EXPECT_EQ(report.refused, 1'000 - listed.size());
  EXPECT_THAT(list(), testing::UnorderedElementsAreArray(listed));
}

// The second copy of the index must have been filled too.
TEST_F(LoadedBoardTest, ListsItAlsoAfterTheNextPost) {
  store_row("a", minutes{1});
  load();
  post("b");
  step();
  EXPECT_THAT(list(), ElementsAre("a", "b"));
}

TEST_F(LoadedBoardTest, ExpiredRowsOfTheFileAreRemovedInBoundedSteps) {
  for (size_t i = 0; i <= 2 * kRemovalsMax; ++i) store_row("p" + std::to_string(i), minutes{6});
  EXPECT_EQ(load().expired, 2 * kRemovalsMax + 1);
  EXPECT_EQ(step(), Board::Step::more);
  EXPECT_EQ(store_.rows().size(), kRemovalsMax + 1);
  EXPECT_EQ(step(), Board::Step::more);
  EXPECT_EQ(step(), Board::Step::idle);
  EXPECT_THAT(store_.rows(), IsEmpty());
}

TEST_F(LoadedBoardTest, ARefusedRowStaysUntilItsLeaseIsOver) {
  store_row("a", minutes{2}, kRefused);
  EXPECT_EQ(load().refused, 1U);
  EXPECT_THAT(list(), IsEmpty());
  clock_.advance(minutes{3} - kTick);
  step();
  EXPECT_EQ(store_.rows().size(), 1U);
  clock_.advance(options_.clean_up_interval);
  step();
  EXPECT_THAT(store_.rows(), IsEmpty());
}

TEST_F(LoadedBoardTest, ARefusedRowThatAPostTookOverIsNotRemoved) {
  store_row("a", minutes{2}, kRefused);
  load();
  post("a");
  step();
  clock_.advance(minutes{4});
  step();
  EXPECT_EQ(store_.rows().count("a"), 1U);
  EXPECT_THAT(list(), ElementsAre("a"));
}

TEST_F(LoadedBoardTest, APostInTheBatchThatRemovesItsOldRowIsKept) {
  store_row("a", minutes{6});
  load();
  post("a");
  step();
  EXPECT_THAT(list(), ElementsAre("a"));
  EXPECT_EQ(store_.rows().count("a"), 1U);
}

TEST_F(LoadedBoardTest, AFaultDuringTheCleanUpLosesNoRemoval) {
  store_row("a", minutes{6});
  load();
  store_.fail_always(Code::busy);
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_EQ(store_.rows().size(), 1U);
  store_.heal();
  step();
  EXPECT_THAT(store_.rows(), IsEmpty());
}

TEST_F(LoadedBoardTest, RespelledRowsAreOneProviderInTheFileToo) {
  store_row("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", minutes{1});
  store_row("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", minutes{2});
  EXPECT_EQ(load().superseded, 1U);
  const std::string canonical = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  EXPECT_THAT(list(), ElementsAre(canonical));
  EXPECT_EQ(store_.rows().size(), 1U);
  EXPECT_EQ(store_.rows().count(canonical), 1U);
}

}  // namespace
}  // namespace discovery

// Leases stand still while the store takes no writes, and while the board is down; and what the
// store refuses harms nothing else.
#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "board/board.h"
#include "tests/support/board_rig.h"
#include "tests/support/seed.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr Duration kPause = milliseconds{400};  // between two steps, as the writer makes them

class OutageTest : public BoardTest {
 protected:
  explicit OutageTest(Duration credit = minutes{10})
      : BoardTest({.outage_credit = credit, .providers_max = 1'000}) {}

  /// Time passes, in which the board steps.
  void pass(Duration time) {
    for (const BootTime end = clock_.boot() + time; clock_.boot() < end;) {
      clock_.advance(std::min(kPause, end - clock_.boot()));
      settle();
    }
  }
  void settle() {
    while (step() == Board::Step::more) {
    }
  }
  void begin_outage() {
    clock_.advance(milliseconds{1});
    store_.fail_always(Code::full);
    post("refused");
    step();
  }
  void end_outage() {
    store_.heal();
    settle();
  }
};

TEST_F(OutageTest, WhatIsListedStaysListedWhileTheStoreTakesNoWrites) {
  post("a");
  settle();
  const BootTime plain = find("a")->expires();
  begin_outage();
  pass(seconds{400});
  EXPECT_THAT(list(), ElementsAre("a"));
  EXPECT_THAT(find("a")->json(), HasSubstr(R"(Z","grace":true})"));
  EXPECT_GT(find("a")->expires(), clock_.boot());
  EXPECT_GT(find("a")->expires_shown(), clock_.now().wall);
  end_outage();
  pass(seconds{1});
  EXPECT_GE(find("a")->expires(), plain + seconds{400});
  EXPECT_LE(find("a")->expires(), plain + seconds{406});
  pass(plain + seconds{399} - clock_.boot());
  EXPECT_THAT(list(), testing::Contains("a"));
  pass(seconds{10});
  EXPECT_THAT(list(), Not(testing::Contains("a")));
}

TEST_F(OutageTest, APostEndsTheGrace) {
  post("a");
  settle();
  begin_outage();
  pass(seconds{400});
  end_outage();
  ASSERT_THAT(find("a")->json(), HasSubstr("grace"));
  post("a");
  settle();
  EXPECT_THAT(find("a")->json(), Not(HasSubstr("grace")));
  EXPECT_EQ(find("a")->expires() - find("a")->posted(), options_.lease);
}

TEST_F(OutageTest, AllThatWasListedIsExtendedAtTheEnd) {
  for (int i = 0; i < 300; ++i) post("p" + std::to_string(i));
  settle();
  begin_outage();
  pass(seconds{20});
  post("late");
  end_outage();
  pass(seconds{1});
  for (int i = 0; i < 300; ++i) {
    const ListingPtr listing = find("p" + std::to_string(i));
    EXPECT_EQ(listing->expires() - listing->posted(), options_.lease + seconds{20});
  }
  EXPECT_THAT(find("late")->json(), Not(HasSubstr("grace")));
}

TEST_F(OutageTest, WhatHadExpiredBeforeStaysGone) {
  post("a");
  settle();
  clock_.advance(options_.lease);
  begin_outage();
  pass(seconds{30});
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(OutageTest, ARestartGivesTheTimeThatTheBoardWasDown) {
  post("a");
  settle();
  pass(seconds{100});
  ASSERT_TRUE(board_.record_shutdown(clock_.now()));
  clock_.advance(seconds{500});
  Board restarted(options_, store_);
  ASSERT_TRUE(restarted.load({}, clock_.now()));
  const auto found = restarted.read([](const Index& index) { return ListingPtr(index.find("a")); });
  EXPECT_EQ(found->expires(), clock_.boot() + options_.lease - seconds{100});
  EXPECT_THAT(found->json(), HasSubstr(R"("grace":true)"));
}

// One that began as the last one ended was once written down with it, and counted twice.
TEST_F(OutageTest, OutagesInARowAreWrittenDownOnceEach) {
  pass(milliseconds{400});
  post("a");
  settle();
  for (int i = 0; i < 2; ++i) {
    begin_outage();
    pass(seconds{60});
    end_outage();
    clock_.advance(milliseconds{500});
  }
  const auto outages = board_.outages();
  ASSERT_EQ(outages->size(), 2U);
  EXPECT_LE((*outages)[0].end, (*outages)[1].begin);
  for (const Interval& outage : *outages) EXPECT_EQ(outage.end - outage.begin, seconds{60});
  const auto runs = store_.load_runs();
  for (const auto& run : *runs) EXPECT_LE(run.started, run.alive);
}

TEST_F(OutageTest, ARestartGivesTheTimeOfAnOutageAsWell) {
  post("a");
  settle();
  begin_outage();
  pass(seconds{400});
  end_outage();
  ASSERT_TRUE(board_.record_shutdown(clock_.now()));
  Board restarted(options_, store_);
  const auto report = restarted.load({}, clock_.now());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->expired, 0U);
  const auto found = restarted.read([](const Index& index) { return ListingPtr(index.find("a")); });
  EXPECT_EQ(found->expires(), find("a")->posted() + options_.lease + seconds{400});
}

class ShortCreditTest : public OutageTest {
 protected:
  ShortCreditTest() : OutageTest(seconds{60}) {}
};

TEST_F(ShortCreditTest, LeasesStandStillNoLongerThanTheCredit) {
  post("a");
  settle();
  const BootTime plain = find("a")->expires();
  begin_outage();
  pass(plain + seconds{59} - clock_.boot());
  EXPECT_THAT(list(), ElementsAre("a"));
  pass(seconds{2});
  EXPECT_THAT(list(), IsEmpty());
}

class NoCreditTest : public OutageTest {
 protected:
  NoCreditTest() : OutageTest(Duration{}) {}
};

TEST_F(NoCreditTest, ZeroSwitchesItOff) {
  post("a");
  settle();
  begin_outage();
  pass(options_.lease);
  EXPECT_THAT(list(), IsEmpty());
  end_outage();
  ASSERT_TRUE(board_.record_shutdown(clock_.now()));
  post("b");
  settle();
  clock_.advance(options_.lease);
  Board restarted(options_, store_);
  EXPECT_EQ(restarted.load({}, clock_.now())->listed, 0U);
}

// Outages, posts and time at random: everything is listed as long as it should be, and hardly
// longer.
TEST_F(OutageTest, AgreesWithANaiveModel) {
  std::mt19937_64 random(chosen_seed().value_or(1));
  std::map<std::string, BootTime> posted;
  std::vector<std::pair<BootTime, BootTime>> outages;
  bool failing = false;
  const auto stood_still = [&](BootTime since) {
    Duration sum{};
    for (const auto& [begin, end] : outages) {
      sum += std::max(Duration{}, std::min(end, clock_.boot()) - std::max(begin, since));
    }
    return std::min<Duration>(sum, minutes{10});
  };
  for (int i = 0; i < 4'000; ++i) {
    if (random() % 200 == 0 && !failing) {
      failing = true;
      begin_outage();
      outages.emplace_back(clock_.boot(), BootTime::max());
    } else if (random() % 400 == 0 && failing) {
      failing = false;
      end_outage();
      outages.back().second = clock_.boot();
      if (const ListingPtr held = find("refused")) posted["refused"] = held->posted();
    } else if (random() % 20 == 0 && !failing) {
      const std::string id = "p" + std::to_string(random() % 30);
      post(id);
      settle();
      posted[id] = find(id)->posted();
    }
    clock_.advance(kPause);
    settle();
    const auto listed = list();
    for (const auto& [id, begin] : posted) {
      const BootTime end = begin + options_.lease + stood_still(begin);
      const bool is_listed = std::ranges::find(listed, id) != listed.end();
      if (end > clock_.boot() + seconds{1}) {
        ASSERT_TRUE(is_listed) << id << " at " << i;
      }
      if (end + seconds{6} < clock_.boot()) {
        ASSERT_FALSE(is_listed) << id << " at " << i;
      }
    }
  }
}

class LoneFaultTest : public OutageTest, public testing::WithParamInterface<Code> {};
INSTANTIATE_TEST_SUITE_P(Board, LoneFaultTest, testing::Values(Code::invalid, Code::internal));

TEST_P(LoneFaultTest, APostThatTheStoreRefusesIsRefusedAlone) {
  store_.refuse({"p33"}, GetParam());
  std::vector<CompletionPtr> posts;
  for (int i = 0; i < 100; ++i) posts.push_back(post("p" + std::to_string(i)));
  settle();
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(outcome_of(posts[i]).refusal,
              i == 33 ? std::optional(Refusal::failed) : std::nullopt);
  }
  EXPECT_EQ(list().size(), 99U);
  EXPECT_FALSE(board_.write_fault());
  EXPECT_EQ(board_.take_lone_fault()->provider_id, "p33");
}

TEST_P(LoneFaultTest, AWithdrawalThatTheStoreRefusesIsRefusedAlone) {
  post("a");
  post("b");
  settle();
  store_.refuse({"a"}, GetParam());
  const CompletionPtr of_a = withdraw("a");
  const CompletionPtr of_b = withdraw("b");
  settle();
  EXPECT_EQ(outcome_of(of_a).refusal, Refusal::failed);
  EXPECT_EQ(outcome_of(of_b).refusal, std::nullopt);
  EXPECT_THAT(list(), ElementsAre("a"));
}

TEST_P(LoneFaultTest, AnExpiryThatTheStoreRefusesIsPutAside) {
  for (int i = 0; i < 20; ++i) post("p" + std::to_string(i));
  settle();
  store_.refuse({"p3", "p11"}, GetParam());
  clock_.advance(options_.lease + milliseconds{1});
  const CompletionPtr meanwhile = post("new");
  settle();
  EXPECT_EQ(outcome_of(meanwhile).refusal, std::nullopt);
  EXPECT_THAT(list(), ElementsAre("new"));
  EXPECT_EQ(held(), 3U);
  const CompletionPtr more = post("more");
  EXPECT_EQ(step(), Board::Step::idle) << "it does not go on for ever";
  EXPECT_EQ(outcome_of(more).refusal, std::nullopt);
  store_.refuse({}, GetParam());
  pass(minutes{10});
  EXPECT_EQ(held(), 0U) << "and tried again";
}

// Such expiries once kept all posts waiting, and the server from stopping.
TEST_P(LoneFaultTest, NoPostWaitsForManyRefusedExpiries) {
  std::set<std::string> ids;
  for (int i = 0; i < 500; ++i) ids.insert("p" + std::to_string(i));
  for (const std::string& id : ids) post(id);
  post("other");
  settle();
  store_.refuse(ids, GetParam());
  clock_.advance(options_.lease + milliseconds{2});
  for (int i = 0; i < 40; ++i) {
    const CompletionPtr meanwhile = post("new");
    int steps = 1;
    while (step() == Board::Step::more && steps < 10) ++steps;
    EXPECT_LT(steps, 4);
    EXPECT_EQ(outcome_of(meanwhile).refusal, std::nullopt);
    clock_.advance(kPause);
  }
  EXPECT_EQ(held(), 501U) << "the refused and the new one";
}

TEST_P(LoneFaultTest, AStoreThatTakesNothingIsNoFaultOfOneChange) {
  store_.fail_always(GetParam());
  const CompletionPtr waiting = post("a");
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_TRUE(is_waiting(waiting));
  store_.heal();
  settle();
  EXPECT_EQ(outcome_of(waiting).refusal, std::nullopt);
}

}  // namespace
}  // namespace discovery

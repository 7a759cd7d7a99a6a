// Renewals are durable at once, and in their rows a little later; nobody may tell the difference
// but by looking into the file.
#include "tests/renewal_log_fixture.h"

namespace discovery {
namespace {

using std::chrono::seconds;

constexpr const char* kCountLogged = "SELECT count(*) FROM board_renewals";

/// Of "a", 240 s after its post.
void post_and_renew(Store& store) {
  const Change first = put(full_advertisement("a"));
  must_apply(store, {first});
  must_apply(store, {renewal_of(first, full_advertisement("a"), kPosted + seconds(240))});
}

TEST_F(RenewalLogTest, ARenewalIsDurableBeforeItIsInItsRow) {
  const auto store = open();
  const Change first = put(full_advertisement("a"));
  must_apply(*store, {first, put(full_advertisement("b"))});
  must_apply(*store, {renewal_of(first, full_advertisement("a"), kPosted + seconds(240))});
  OtherProgram file(path_);
  EXPECT_EQ(time_in_file(file, "a"), "2026-02-19 09:34:30.123456\n");

  const auto rows = rows_of(*open_or_fail(crash()));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.at("a").updated_at, kPosted + seconds(240));
  EXPECT_EQ(rows.at("a").created_at, kPosted);
  EXPECT_EQ(rows.at("b").updated_at, kPosted);
}

TEST_F(RenewalLogTest, RowsFollowWithinTwoRoundsAndTheLogForgetsThem) {
  const auto store = open();
  std::vector<Change> last(300);
  for (size_t i = 0; i < last.size(); ++i) {
    last[i] = put(bare_advertisement("p" + std::to_string(i)));
  }
  must_apply(*store, last);
  OtherProgram file(path_);
  WallTime now = kPosted;
  const auto renew_all = [&](Duration passed) {
    now += passed;
    for (Change& change : last) {
      change =
          renewal_of(change, bare_advertisement(std::string(change.listing->provider_id())), now);
    }
    must_apply(*store, last);
  };
  renew_all(seconds(240));
  // Another provider's posts alone drive the rounds.
  Change other = put(bare_advertisement("other"), now, now);
  must_apply(*store, {other});
  const WallTime renewed = now;
  while (now < renewed + 2 * RenewalLog::kRoundTime + seconds(2)) {
    now += seconds(1);
    other = renewal_of(other, bare_advertisement("other"), now);
    must_apply(*store, {other});
  }
  EXPECT_EQ(file.run("SELECT count(*) FROM advertisements WHERE provider_id LIKE 'p%'"
                     " AND updated_at = '2026-02-19 09:38:30.123456'"),
            "300\n");
  for (int i = 0; i < 200; ++i) renew_all(seconds(1));
  EXPECT_LT(std::stoi(file.run(kCountLogged)), 100);
}

TEST_F(RenewalLogTest, ManyRenewalsMakeARoundToo) {
  const auto store = open();
  Change change = put(bare_advertisement("a"));
  must_apply(*store, {change});
  OtherProgram file(path_);
  std::vector<Change> batch;
  for (int64_t renewals = 0; renewals < 3 * RenewalLog::kRoundRenewals;) {
    batch.clear();
    for (; batch.size() < 1024; ++renewals) {
      change = renewal_of(change, bare_advertisement("a"), change.listing->updated() + Duration(1));
      batch.push_back(change);
    }
    must_apply(*store, batch);
  }
  EXPECT_NE(time_in_file(file, "a"), "2026-02-19 09:34:30.123456\n");
  constexpr int kLoggedMax = 2 * RenewalLog::kRoundRenewals / 1024 + 2;
  EXPECT_LE(std::stoi(file.run(kCountLogged)), kLoggedMax);

  path_ = crash();
  OtherProgram(path_).run("UPDATE board_renewals SET last = last + 1000000000");  // as after days
  const auto restarted = open();
  for (int i = 0; i < 2 * kLoggedMax; ++i) must_apply(*restarted, batch);
  EXPECT_LE(std::stoi(OtherProgram(path_).run(kCountLogged)), kLoggedMax);
}

TEST_F(RenewalLogTest, AStopLeavesTheRowsAsTheOldServiceExpectsThem) {
  post_and_renew(*open());
  OtherProgram file(path_);
  EXPECT_EQ(time_in_file(file, "a"), "2026-02-19 09:38:30.123456\n");
  EXPECT_EQ(file.run(kCountLogged), "0\n");
}

TEST_F(RenewalLogTest, WhatACrashHasLeftGoesIntoItsRowsToo) {
  const auto store = open();
  post_and_renew(*store);
  path_ = crash();
  auto restarted = open();
  EXPECT_EQ(rows_of(*restarted).at("a").updated_at, kPosted + seconds(240));
  must_apply(*restarted, {put(bare_advertisement("other"))});
  OtherProgram file(path_);
  EXPECT_EQ(time_in_file(file, "a"), "2026-02-19 09:38:30.123456\n");
  EXPECT_EQ(file.run(kCountLogged), "1\n");
  restarted.reset();
  EXPECT_EQ(file.run(kCountLogged), "0\n");
}

TEST_F(RenewalLogTest, ASecondCrashFindsWhatTheFirstHasLeft) {
  auto store = open();
  constexpr size_t kMany = 2'000;  // no batch redoes as many
  std::vector<Change> first, renewals;
  WallTime now = kPosted + seconds(240);
  for (size_t i = 0; i < kMany; ++i) {
    first.push_back(put(bare_advertisement("p" + std::to_string(i))));
  }
  must_apply(*store, first);
  for (const Change& change : first) {
    const std::string id(change.listing->provider_id());
    renewals.push_back(renewal_of(change, bare_advertisement(id), now));
  }
  must_apply(*store, renewals);
  const WallTime renewed = now;
  path_ = crash();
  store = open();
  Change other = put(bare_advertisement("other"), now, now);
  must_apply(*store, {other});
  for (int round = 0; round < 4; ++round) {
    now += RenewalLog::kRoundTime;
    other = renewal_of(other, bare_advertisement("other"), now);
    must_apply(*store, {other});
  }
  path_ = crash();
  store = open();
  const auto rows = rows_of(*store);
  EXPECT_EQ(rows.size(), kMany + 1);
  for (const auto& [id, row] : rows) EXPECT_EQ(row.updated_at, id == "other" ? now : renewed) << id;
}

TEST_F(RenewalLogTest, ACrashFindsTheLastRenewalThoughTheClockWasSetBack) {
  const auto store = open();
  Change change = put(full_advertisement("a"));
  must_apply(*store, {change});
  std::vector<Change> renewals;
  for (const int after : {7'200, 480, 240}) {
    change = renewal_of(change, full_advertisement("a"), kPosted + seconds(after));
    renewals.push_back(change);
  }
  must_apply(*store, renewals);
  EXPECT_EQ(rows_of(*open_or_fail(crash())).at("a").updated_at, change.listing->updated());
}

TEST_F(RenewalLogTest, RowsFollowThoughTheClockWasSetBack) {
  const auto store = open();
  const Change first = put(full_advertisement("a"));
  Change other = put(bare_advertisement("other"));
  must_apply(*store, {first, other});
  must_apply(*store, {renewal_of(first, full_advertisement("a"), kPosted + seconds(7'200))});
  for (int i = 0; i < 3; ++i) {
    other = renewal_of(other, bare_advertisement("other"), kPosted + i * RenewalLog::kRoundTime);
    must_apply(*store, {other});
  }
  OtherProgram file(path_);
  EXPECT_EQ(time_in_file(file, "a"), "2026-02-19 11:34:30.123456\n");
}

TEST_F(RenewalLogTest, WhatAnotherProgramDidAfterACrashStands) {
  const auto store = open();
  std::vector<Change> first;
  for (const char* id : {"moved", "gone", "newer", "signed"}) {
    first.push_back(put(full_advertisement(id)));
  }
  must_apply(*store, first);
  std::vector<Change> renewals;
  for (const Change& change : first) {
    const std::string id(change.listing->provider_id());
    renewals.push_back(renewal_of(change, full_advertisement(id), kPosted + seconds(240)));
  }
  must_apply(*store, renewals);
  const std::string copy = crash();
  {
    OtherProgram other(copy);
    other.run(
        "UPDATE advertisements SET _rowid_ = 77 WHERE provider_id = 'moved';"
        "DELETE FROM advertisements WHERE provider_id = 'gone';"
        "UPDATE advertisements SET updated_at = '2026-02-19 10:00:00.000000'"
        " WHERE provider_id = 'newer';"
        "UPDATE advertisements SET proof_ms = 1 WHERE provider_id = 'signed'");
  }
  for (int start = 0; start < 2; ++start) {  // the second finds it in the rows
    const auto rows = rows_of(*open_or_fail(copy));
    EXPECT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows.at("moved").updated_at, kPosted + seconds(240));
    EXPECT_GT(rows.at("newer").updated_at, kPosted + seconds(240));
    EXPECT_EQ(rows.at("signed").updated_at, kPosted);
  }
}

TEST_F(RenewalLogTest, TwoProvidersThatClaimOneRowLoseNothing) {
  auto store = open();
  const Change a = put(full_advertisement("a"));
  const Change b = put(full_advertisement("b"));
  must_apply(*store, {a, b});
  const auto later = kPosted + seconds(240);
  b.listing->note_stored_at(a.listing->stored_at());
  must_apply(*store, {renewal_of(a, full_advertisement("a"), later),
                      renewal_of(b, full_advertisement("b"), later)});
  must_apply(*store, {numbered(a.listing->stored_at(), put(full_advertisement("c")))});
  const std::string copy = crash();
  store.reset();
  for (const std::string& file : {copy, path_}) {
    const auto rows = rows_of(*open_or_fail(file));
    EXPECT_EQ(rows.at("a").updated_at, later);
    EXPECT_EQ(rows.at("b").updated_at, later);
  }
}

TEST_F(RenewalLogTest, ARowThatIsGoneComesBackWithItsNextRound) {
  auto store = open();
  const Change first = put(full_advertisement("a"));
  must_apply(*store, {first});
  OtherProgram(path_).run("DELETE FROM advertisements");
  must_apply(*store, {renewal_of(first, full_advertisement("a"), kPosted + seconds(240))});
  store.reset();
  EXPECT_EQ(rows_of(*open()).at("a").country, "SE");
}

TEST_F(RenewalLogTest, AFullDiskAtTheStopLosesNothing) {
  auto store = open();
  post_and_renew(*store);
  FaultyFiles::fail_next(FaultyFiles::Kind::log, FaultyFiles::Fault::disk_full, 1'000);
  store.reset();
  FaultyFiles::heal();
  EXPECT_EQ(rows_of(*open()).at("a").updated_at, kPosted + seconds(240));
}

TEST_F(RenewalLogTest, ATableWithoutRowNumbersIsRenewedAtOnce) {
  OtherProgram(path_).run(
      "CREATE TABLE advertisements (provider_id TEXT PRIMARY KEY, ip_address TEXT, country TEXT,"
      " resources TEXT, created_at TEXT, updated_at TEXT) WITHOUT ROWID");
  const auto store = open();
  post_and_renew(*store);
  OtherProgram file(path_);
  EXPECT_EQ(time_in_file(file, "a"), "2026-02-19 09:38:30.123456\n");
}

}  // namespace
}  // namespace discovery

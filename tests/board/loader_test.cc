#include "board/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "identity/provider_key.h"
#include "tests/support/listing_fixture.h"

namespace discovery {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Duration kLease = minutes{5};
constexpr Duration kTick{1};
constexpr Now kNow{WallTime{seconds{1'771'494'870}}, BootTime{seconds{4'000}}};

constexpr std::string_view kCanonical = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
constexpr std::string_view kLower = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
constexpr std::string_view kUpper = "0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED";

/// A file of rows in the form a Python service may have left them.
class RowStore final : public Store {
 public:
  struct Row {
    std::string id;
    std::optional<WallTime> updated = kNow.wall;
    std::optional<WallTime> created = kNow.wall;
    std::string country = "SE";
    std::string ip_address = "83.233.10.2";
    std::string resources = R"({"cpu": 4, "memory": 8, "storage": 100})";
    std::optional<int64_t> proof_ms = std::nullopt;
    bool verified = false;
  };

  Status load(const RowSink& sink) override {
    if (!fault.empty()) return fail(Code::internal, fault);
    for (const Row& row : rows) show(row, sink);
    return {};
  }
  Status load_pins(const PinSink& sink) override {
    for (const auto& [id, time_ms] : pins) sink(id, time_ms);
    return {};
  }
  Result<ChangeLogState> open_epoch(uint64_t number) override {
    return ChangeLogState{0, {{number, 0}}, {}};
  }
  Result<std::vector<Run>> load_runs() override { return runs; }
  std::optional<size_t> refused() const override { return std::nullopt; }
  Status check() override { return {}; }
  Status apply(std::span<const Change> /*changes*/) override { return {}; }
  Status keep(const Upkeep& /*upkeep*/) override { return {}; }
  Result<std::optional<History>> history(std::string_view) override {
    return std::optional<History>{};
  }
  Result<std::unique_ptr<StoreReader>> open_reader() override {
    return fail(Code::internal, "rows have no reader");
  }
  std::string description() const override { return "rows"; }

  std::vector<Row> rows;
  std::vector<Run> runs;
  std::map<std::string, int64_t> pins;
  std::string fault;

 private:
  static void show(const Row& row, const RowSink& sink) {
    StoredRow stored;
    stored.provider_id = row.id;
    stored.ip_address = row.ip_address;
    stored.country = row.country;
    stored.platform = "x86_64";
    stored.resources = row.resources;
    stored.created_at = row.created;
    stored.updated_at = row.updated;
    stored.proof_ms = row.proof_ms;
    stored.verified = row.verified;
    sink(stored);
  }
};

class LoaderTest : public testing::Test {
 protected:
  LoadedBoard load() {
    Result<LoadedBoard> loaded = load_board(store_, pins_, {}, credit_, kNow);
    EXPECT_TRUE(loaded);
    return std::move(*loaded);
  }
  /// What remains of the lease of the only row.
  Duration left_of_the_only() {
    const LoadedBoard loaded = load();
    EXPECT_EQ(loaded.listings.size(), 1U);
    return loaded.listings.at(0)->expires() - kNow.boot;
  }

  RowStore store_;
  Pins pins_{42};
  LeaseCredit credit_{kLease, minutes{10}};
};

std::vector<std::string> ids(const std::vector<ListingPtr>& listings) {
  std::vector<std::string> ids;
  for (const ListingPtr& one : listings) ids.emplace_back(one->provider_id());
  return ids;
}

std::vector<std::string> ids(const std::vector<UnlistedRow>& unlisted_rows) {
  std::vector<std::string> ids;
  for (const UnlistedRow& row : unlisted_rows) ids.push_back(row.provider_id);
  return ids;
}

TEST_F(LoaderTest, AnEmptyStoreIsAnEmptyBoard) {
  const LoadedBoard loaded = load();
  EXPECT_THAT(loaded.listings, IsEmpty());
  EXPECT_THAT(loaded.unlisted_rows, IsEmpty());
  EXPECT_THAT(loaded.repairs, IsEmpty());
}

TEST_F(LoaderTest, AFaultOfTheStoreIsHandedOn) {
  store_.fault = "the file is damaged";
  const Result<LoadedBoard> loaded = load_board(store_, pins_, {}, credit_, kNow);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::internal);
  EXPECT_EQ(loaded.error().message, "the file is damaged");
}

TEST_F(LoaderTest, KeepsWhatTheRowSays) {
  store_.rows = {{.id = "a", .updated = kNow.wall - minutes{1}, .created = kNow.wall - minutes{9}}};
  const LoadedBoard loaded = load();
  ASSERT_EQ(loaded.listings.size(), 1U);
  const Listing& listing = *loaded.listings[0];
  EXPECT_EQ(listing.provider_id(), "a");
  EXPECT_EQ(listing.country(), country("SE"));
  EXPECT_EQ(listing.ip_address(), "83.233.10.2");
  EXPECT_EQ(listing.platform(), "x86_64");
  EXPECT_EQ(listing.sizes(), (Sizes{4, 8, 100}));
  EXPECT_EQ(listing.created(), kNow.wall - minutes{9});
  EXPECT_EQ(listing.updated(), kNow.wall - minutes{1});
  EXPECT_THAT(std::string(listing.json()),
              testing::HasSubstr(R"("expires_at":"2026-02-19T09:58:30)"));
}

TEST_F(LoaderTest, WhatRemainsOfTheLeaseIsCountedFromTheLastUpdate) {
  store_.rows = {{.id = "a", .updated = kNow.wall - minutes{2}}};
  EXPECT_EQ(left_of_the_only(), minutes{3});
  store_.rows = {{.id = "a", .updated = kNow.wall - kLease + kTick}};
  EXPECT_EQ(left_of_the_only(), kTick);
}

TEST_F(LoaderTest, AnUpdateInTheFutureIsWorthOneLease) {
  store_.rows = {{.id = "a", .updated = kNow.wall + kTick}};
  EXPECT_EQ(left_of_the_only(), kLease);
  store_.rows = {{.id = "a", .updated = kNow.wall + std::chrono::years{50}}};
  EXPECT_EQ(left_of_the_only(), kLease);
}

TEST_F(LoaderTest, ARowWhoseLeaseIsOverIsDueAtOnce) {
  store_.rows = {{.id = "a", .updated = kNow.wall - kLease}};
  const LoadedBoard loaded = load();
  EXPECT_THAT(loaded.listings, IsEmpty());
  EXPECT_EQ(loaded.report.expired, 1U);
  EXPECT_EQ(loaded.report.refused, 0U);
  ASSERT_EQ(loaded.unlisted_rows.size(), 1U);
  EXPECT_EQ(loaded.unlisted_rows[0].due, kNow.boot);
}

TEST_F(LoaderTest, RefusedRowsAreKeptUntilTheyExpire) {
  const WallTime updated = kNow.wall - minutes{2};
  store_.rows = {
      {.id = "no address", .updated = updated},
      {.id = "", .updated = updated},
      {.id = "0x12", .updated = updated},
      {.id = "ip", .updated = updated, .ip_address = "999.1.1.1"},
      {.id = "country", .updated = updated, .country = "Q1"},
      {.id = "size", .updated = updated, .resources = R"({"cpu":0,"memory":8,"storage":9})"},
      {.id = "json", .updated = updated, .resources = "{'cpu': 4}"},
      {.id = "created", .updated = updated, .created = std::nullopt},
  };
  const LoadedBoard loaded = load();
  EXPECT_THAT(ids(loaded.listings), IsEmpty());
  EXPECT_EQ(loaded.report.refused, store_.rows.size());
  ASSERT_EQ(loaded.unlisted_rows.size(), store_.rows.size());
  for (const UnlistedRow& row : loaded.unlisted_rows) {
    EXPECT_EQ(row.due, kNow.boot + minutes{3}) << row.provider_id;
  }
}

TEST_F(LoaderTest, ARefusedRowIsNeverKeptLongerThanOneLease) {
  store_.rows = {{.id = "a", .updated = kNow.wall + minutes{60}, .country = "Q1"}};
  EXPECT_EQ(load().unlisted_rows.at(0).due, kNow.boot + kLease);
}

// The age of such a row is not known, so it gets what an update in the future gets.
TEST_F(LoaderTest, ARowWithoutATimeIsKeptForOneLease) {
  store_.rows = {{.id = "a", .updated = std::nullopt}};
  const LoadedBoard loaded = load();
  EXPECT_EQ(loaded.report.refused, 1U);
  EXPECT_EQ(loaded.unlisted_rows.at(0).due, kNow.boot + kLease);
}

TEST_F(LoaderTest, LeftoversAreInTheOrderInWhichTheyAreTakenFromTheBack) {
  store_.rows = {{.id = "second", .updated = kNow.wall - minutes{2}, .country = "Q1"},
                 {.id = "first", .updated = kNow.wall - minutes{9}},
                 {.id = "third", .updated = kNow.wall, .country = "Q1"}};
  EXPECT_THAT(ids(load().unlisted_rows), ElementsAre("third", "second", "first"));
}

TEST_F(LoaderTest, ARespelledRowIsListedAndRepaired) {
  store_.rows = {{.id = std::string(kLower)}};
  const LoadedBoard loaded = load();
  EXPECT_THAT(ids(loaded.listings), ElementsAre(kCanonical));
  EXPECT_EQ(loaded.report.superseded, 0U);
  ASSERT_EQ(loaded.repairs.size(), 2U);
  EXPECT_EQ(loaded.repairs[0].listing, nullptr);
  EXPECT_EQ(loaded.repairs[0].provider_id, kLower);
  EXPECT_EQ(loaded.repairs[1].listing, loaded.listings[0]);
}

/// The ids that repairs leave in the file, and whose update they hold.
std::map<std::string, WallTime> repaired(const RowStore& store, const LoadedBoard& loaded) {
  std::map<std::string, WallTime> file;
  for (const RowStore::Row& row : store.rows) file[row.id] = row.updated.value();
  for (const Change& change : loaded.repairs) {
    if (change.listing) {
      file[std::string(change.listing->provider_id())] = change.listing->updated();
    } else {
      file.erase(change.provider_id);
    }
  }
  return file;
}

TEST_F(LoaderTest, OfOneProviderInSeveralSpellingsTheNewestCounts) {
  const std::vector<std::string> spellings{std::string(kCanonical), std::string(kLower),
                                           std::string(kUpper)};
  for (size_t newest = 0; newest < spellings.size(); ++newest) {
    store_.rows = {{.id = "other"}};
    for (size_t i = 0; i < spellings.size(); ++i) {
      store_.rows.push_back(
          {.id = spellings[i], .updated = kNow.wall - minutes{i == newest ? 1 : 2 + i % 2}});
    }
    const LoadedBoard loaded = load();
    EXPECT_THAT(ids(loaded.listings), UnorderedElementsAre(kCanonical, "other"));
    EXPECT_EQ(loaded.report.listed, 2U);
    EXPECT_EQ(loaded.report.superseded, 2U);
    EXPECT_THAT(repaired(store_, loaded),
                UnorderedElementsAre(testing::Pair("other", kNow.wall),
                                     testing::Pair(kCanonical, kNow.wall - minutes{1})));
  }
}

TEST_F(LoaderTest, AnExpiredSpellingDoesNotCountAgainstALiveOne) {
  store_.rows = {{.id = std::string(kCanonical), .updated = kNow.wall - kLease},
                 {.id = std::string(kLower), .updated = kNow.wall - minutes{1}}};
  const LoadedBoard loaded = load();
  EXPECT_THAT(ids(loaded.listings), ElementsAre(kCanonical));
  EXPECT_EQ(loaded.report.superseded, 0U);
  EXPECT_EQ(loaded.report.expired, 1U);
}

TEST_F(LoaderTest, ManyRowsComeInTheBoardsOrder) {
  for (int i = 0; i < 3'000; ++i) {
    store_.rows.push_back({.id = "p" + std::to_string(10'000 + i),
                           .created = kNow.wall - seconds{i % 700},
                           .country = i % 3 == 0 ? "SE" : "DE"});
    if (i % 10 == 0) store_.rows.back().country = "Q1";
    if (i % 10 == 1) store_.rows.back().updated = kNow.wall - kLease;
  }
  const LoadedBoard loaded = load();
  EXPECT_EQ(loaded.report.listed, 2'400U);
  EXPECT_EQ(loaded.report.refused, 300U);
  EXPECT_EQ(loaded.report.expired, 300U);
  EXPECT_EQ(loaded.unlisted_rows.size(), 600U);
  const auto key = [](const ListingPtr& one) {
    return std::tuple(one->country(), one->created(), one->provider_id());
  };
  EXPECT_TRUE(std::ranges::is_sorted(loaded.listings, std::ranges::less{}, key));
}

std::optional<int64_t> pin_of(const Pins& pins, std::string_view id) {
  return pins.newest(key_of(id).value());
}

TEST_F(LoaderTest, ARowIsVerifiedWhereItsProofFitsAndItsIdNamesAKey) {
  store_.rows = {{.id = std::string(kCanonical), .proof_ms = 7, .verified = true},
                 {.id = "no-key", .proof_ms = 7, .verified = true},
                 {.id = "unsigned"}};
  const LoadedBoard loaded = load();
  EXPECT_EQ(loaded.listings.size(), 3U);
  for (const ListingPtr& listing : loaded.listings) {
    EXPECT_EQ(listing->verified(), listing->provider_id() == kCanonical);
  }
}

TEST_F(LoaderTest, WhateverWasSignedIsUsedUp) {
  const std::string other = "ed25519:" + std::string(64, 'a');
  // The first row was changed by another program, the second has expired.
  store_.rows = {{.id = std::string(kCanonical), .proof_ms = 7, .verified = false},
                 {.id = other, .updated = kNow.wall - kLease, .proof_ms = 9, .verified = true}};
  store_.pins = {{std::string(kCanonical), 5}, {other, 11}};
  load();
  EXPECT_EQ(pin_of(pins_, kCanonical), 7);
  EXPECT_EQ(pin_of(pins_, other), 11);
  // Signed ahead of the row, while the clock was ahead.
  EXPECT_EQ(pins_.find(key_of(other).value()), (SignedTimes{11, 9}));
}

TEST_F(LoaderTest, ANewerSpellingTakesOverButUnpinsNobody) {
  store_.rows = {{.id = std::string(kCanonical), .updated = kNow.wall - minutes{1}, .proof_ms = 7},
                 {.id = std::string(kLower)}};
  const LoadedBoard loaded = load();
  ASSERT_EQ(loaded.listings.size(), 1U);
  EXPECT_EQ(loaded.listings[0]->updated(), kNow.wall);
  ASSERT_EQ(loaded.repairs.size(), 2U);
  EXPECT_EQ(loaded.repairs[0].pin_ms, 7);
}

TEST_F(LoaderTest, NoSpellingDisplacesWhatItsProviderHasSigned) {
  store_.rows = {{.id = std::string(kCanonical),
                  .updated = kNow.wall - minutes{1},
                  .proof_ms = 7,
                  .verified = true},
                 {.id = std::string(kLower)}};
  const LoadedBoard loaded = load();
  ASSERT_EQ(loaded.listings.size(), 1U);
  EXPECT_TRUE(loaded.listings[0]->verified());
}

// Nothing else in the file would say so after the repair.
TEST_F(LoaderTest, ASpellingThatMakesWayLeavesItsPin) {
  store_.rows = {{.id = std::string(kCanonical), .proof_ms = 5, .verified = true},
                 {.id = std::string(kLower), .proof_ms = 9}};
  const LoadedBoard loaded = load();
  ASSERT_EQ(loaded.repairs.size(), 1U);
  EXPECT_EQ(loaded.repairs[0].provider_id, kLower);
  EXPECT_EQ(loaded.repairs[0].pin_ms, 9);
}

TEST_F(LoaderTest, TheCanonicalRowKeepsItsProofWhereItIsTheNewest) {
  store_.rows = {{.id = std::string(kCanonical), .proof_ms = 7, .verified = true},
                 {.id = std::string(kLower), .updated = kNow.wall - minutes{1}}};
  const LoadedBoard loaded = load();
  ASSERT_EQ(loaded.listings.size(), 1U);
  EXPECT_TRUE(loaded.listings[0]->verified());
  ASSERT_EQ(loaded.repairs.size(), 1U);
  EXPECT_EQ(loaded.repairs[0].provider_id, kLower);
}

TEST_F(LoaderTest, WhatHasExpiredIsRememberedUnderItsCanonicalId) {
  const WallTime updated = kNow.wall - minutes{7};
  store_.rows = {{.id = std::string(kLower), .updated = updated, .created = updated - minutes{9}}};
  const LoadedBoard loaded = load();
  ASSERT_EQ(loaded.unlisted_rows.size(), 1U);
  EXPECT_EQ(loaded.unlisted_rows[0].canonical_id, kCanonical);
  EXPECT_EQ(loaded.unlisted_rows[0].updated, updated);
  EXPECT_EQ(loaded.unlisted_rows[0].created, updated - minutes{9});
}

TEST_F(LoaderTest, WhatStoodStillWhileTheBoardWasDownIsExtended) {
  const WallTime alive = kNow.wall - minutes{6};
  store_.runs = {{alive - minutes{30}, alive}};
  store_.rows = {{.id = "old", .updated = alive - minutes{5}},
                 {.id = "a", .updated = alive - minutes{2}}};
  LoadedBoard loaded = load();
  ASSERT_EQ(loaded.outages.size(), 1U);
  EXPECT_EQ(loaded.outages[0].begin, alive);
  ASSERT_EQ(loaded.listings.size(), 1U) << "the other had expired before";
  EXPECT_EQ(loaded.listings[0]->expires(), kNow.boot + kLease - minutes{2});
  EXPECT_EQ(loaded.report.expired, 1U);
  EXPECT_EQ(loaded.unlisted_rows[0].canonical_id, "old");

  // The newest row tells that the board was still up then.
  store_.rows = {{.id = "a", .updated = alive + minutes{1}}};
  loaded = load();
  EXPECT_EQ(loaded.outages[0].begin, alive + minutes{1});
}

}  // namespace
}  // namespace discovery

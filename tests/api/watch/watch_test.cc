// What a stream sends, and when it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "tests/support/watch_fixture.h"

namespace discovery {
namespace {

using std::chrono::seconds;

class Watch : public testing::Test {
 protected:
  Service service_;
};

TEST_F(Watch, ShowsTheBoardAndThenEveryChangeOfIt) {
  service_.post("a", offer_of("SE", 4));
  service_.post("b", offer_of("DE", 4));
  service_.settle();
  Reader reader(service_, "country=SE");
  reader.connect();
  reader.take();
  EXPECT_EQ(reader.events, std::vector<std::string>({"added", "synced"}));
  service_.post("c", offer_of("SE", 1));
  service_.settle();
  reader.take();
  EXPECT_EQ(reader.known.size(), 2U);
  service_.post("a", offer_of("DE", 1));
  service_.withdraw("c");
  service_.settle();
  reader.take();
  EXPECT_TRUE(reader.known.empty());
}

TEST_F(Watch, TellsOfAnExpiryThoughNobodyPosts) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "");
  reader.connect();
  reader.take();
  service_.clock.advance(seconds{61});
  service_.settle();
  reader.take();
  EXPECT_TRUE(reader.known.empty());
}

TEST_F(Watch, TellsWhatExpiredWhileTheServerWasDown) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "");
  reader.connect();
  reader.take();
  reader.cut();
  service_.clock.advance(seconds{61});
  service_.start();
  reader.connect();
  service_.settle();
  reader.take();
  EXPECT_TRUE(reader.known.empty());
  EXPECT_EQ(reader.resets, 0U);
}

TEST_F(Watch, ResetsWhereTheDifferenceCannotBeTold) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader first(service_, "");
  first.connect();
  first.take();
  const std::string id = first.last_id;
  const std::string later = id.substr(0, id.rfind('-') + 1) + "ffff";
  for (const std::string& mark :
       {std::string("x"), std::string("1-2-3"), later, id + "-s", id + "0", std::string("--")}) {
    Reader reader(service_, "");
    reader.last_id = mark;
    reader.known["ghost"] = "{}";
    reader.connect();
    reader.take();
    EXPECT_EQ(reader.resets, 1U) << mark;
    reader.expect_whole();
  }
  Reader other(service_, "country=SE");
  other.last_id = id;
  other.connect();
  other.take();
  EXPECT_EQ(other.resets, 1U);
}

TEST_F(Watch, ResetsWhereAnotherProgramHasWritten) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "");
  reader.connect();
  reader.take();
  reader.cut();
  MemoryStore::Row row = service_.store.rows().at("a");
  row.provider_id = "b";
  service_.store.put(row);
  service_.start();
  reader.connect();
  reader.take();
  EXPECT_EQ(reader.resets, 1U);
  EXPECT_EQ(reader.known.size(), 2U);
}

TEST_F(Watch, LosesAReaderForWhomTooMuchPilesUp) {
  Reader stuck(service_, "");
  Reader quick(service_, "");
  stuck.connect();
  quick.connect();
  stuck.take();
  quick.take();
  // Some 300 bytes each.
  for (int i = 0; i < 5'000 && stuck.is_connected(); ++i) {
    service_.post("p" + std::to_string(i % 900), offer_of("SE", 1 + i % 7));
    if (i % 500 == 499) {
      service_.settle();
      quick.take();
    }
  }
  service_.settle();
  quick.take();
  EXPECT_FALSE(stuck.is_connected());
  ASSERT_TRUE(quick.is_connected());
  EXPECT_EQ(quick.known.size(), quick.listed().size());
  stuck.cut();
  stuck.connect();
  stuck.take();
  stuck.expect_whole();
  EXPECT_EQ(stuck.resets, 0U);
}

TEST_F(Watch, LosesAReaderWhoseSnapshotMissesTooManyRefreshes) {
  const auto post_all = [&] {
    for (size_t i = 0; i <= limits::kStreamRefreshes; ++i) {
      service_.post("p" + std::to_string(i), offer_of("SE", 1));
      if (i % 1'000 == 999) service_.settle();
    }
    service_.settle();
  };
  service_.providers_max = 2 * limits::kStreamRefreshes;
  service_.start();
  post_all();
  Reader reader(service_, "country=SE&refreshes=true");
  reader.connect();
  reader.take(1);
  post_all();
  EXPECT_FALSE(reader.is_connected());
}

// One batch can be longer than what may pile up.
TEST_F(Watch, KeepsAReaderWhomOneBatchBringsALot) {
  Reader reader(service_, "");
  reader.connect();
  reader.take();
  const std::string long_offer =
      R"({"ip_address": "83.233.10.2", "country": "SE", "pricing": {"x": ")" +
      std::string(3'800, 'x') + R"("}, "resources": {"cpu": 1, "memory": 8, "storage": 100}})";
  for (int i = 0; i < 500; ++i) service_.post("p" + std::to_string(i), long_offer);
  service_.settle();
  ASSERT_TRUE(reader.is_connected());
  reader.take();
  EXPECT_EQ(reader.known.size(), 500U);
}

TEST_F(Watch, GoesOnBehindThousandsOfChanges) {
  Reader reader(service_, "");
  reader.connect();
  reader.take();
  reader.cut();
  for (int i = 0; i < 5'000; ++i) {
    service_.post("p" + std::to_string(i % 500), offer_of("SE", 1 + i % 7));
    if (i % 500 == 499) service_.settle();
  }
  reader.connect();
  reader.take();
  reader.expect_whole();
  EXPECT_EQ(reader.known.size(), 500U);
  EXPECT_EQ(reader.resets, 0U);
}

TEST_F(Watch, BoundsHowManyWatch) {
  service_.options.streams = std::make_shared<ConnectionCounts>(
      ConnectionLimits{.connections_max = 3, .per_address_max = 2, .trusted_proxies = {}});
  service_.start();
  const auto status_from = [&](std::string_view address, auto& kept) {
    const auto exchange = std::make_shared<RecordingExchange>();
    Request request = service_.request(Method::get, kWatchUrl, {});
    request.peer = IpAddress::parse(address).value();
    service_.api().handle(request, *exchange);
    kept.push_back(exchange->source);
    return exchange->answers.at(0).status;
  };
  std::vector<std::shared_ptr<BodySource>> kept;
  EXPECT_EQ(status_from("198.51.100.7", kept), 200);
  EXPECT_EQ(status_from("198.51.100.7", kept), 200);
  EXPECT_EQ(status_from("198.51.100.7", kept), 429);
  EXPECT_EQ(status_from("198.51.100.8", kept), 200);
  EXPECT_EQ(status_from("198.51.100.9", kept), 503);
  kept.clear();
  EXPECT_EQ(status_from("198.51.100.9", kept), 200);
}

TEST_F(Watch, RefusesWhatBelongsToAListAlone) {
  for (const char* query : {"sort=cpu", "limit=5", "cursor=00", "count=true", "fields=country",
                            "refreshes=2", "country=Sweden"}) {
    const auto exchange = std::make_shared<RecordingExchange>();
    service_.api().handle(service_.request(Method::get, kWatchUrl, query), *exchange);
    EXPECT_EQ(exchange->answers.at(0).status, 422) << query;
  }
}

TEST_F(Watch, TellsRefreshesBehindWhatIsQueued) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "country=SE&refreshes=true");
  reader.connect();
  reader.take(1);  // the snapshot
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  reader.take(1);  // synced, with that refresh still to be told
  for (int i = 0; i < 2; ++i) service_.post("a", offer_of("SE", 4));
  service_.settle();
  reader.take();
  reader.expect_whole();
}

// A hundred streams of one address once took all of a thread's time.
TEST(SlowedWatch, FallsBehindWhereItsAddressTookTooMuchTimeAndCatchesUp) {
  for (const char* query : {"", "country=SE&refreshes=true"}) {
    Service service({.per_minute = 10, .addresses_max = 1'000});
    service.post("a", offer_of("SE", 4));
    service.settle();
    Reader reader(service, query);
    reader.connect();
    reader.take();
    // To be told, and to send it, takes more than the second that this address has.
    service.clock.advance_at_each_look(seconds{2});
    service.post("b", offer_of("SE", 4));
    service.settle();
    reader.take();
    service.clock.advance_at_each_look({});
    service.api().tick();
    EXPECT_EQ(reader.known.size(), 2U);
    service.post("c", offer_of("SE", 4));
    service.settle();
    reader.take();
    EXPECT_EQ(reader.known.size(), 2U) << "it waits";
    service.clock.advance(seconds{40});
    service.post("c", offer_of("SE", 4));
    service.clock.advance(seconds{22});
    service.settle_expiries();
    reader.take();
    reader.expect_whole();
    EXPECT_EQ(reader.known.size(), 1U) << query;
    EXPECT_EQ(reader.resets, 0U);
    service.post("d", offer_of("SE", 4));
    service.settle();
    reader.take();
    EXPECT_EQ(reader.known.size(), 2U) << "it is live again";
  }
}

TEST_F(Watch, StreamsFallBehindWhereMoreIsToBeToldThanThereIsTimeFor) {
  std::deque<Reader> readers;
  for (const char* query : {"cpu=1", "cpu=2", "cpu=3", "cpu=4", "cpu=5", "cpu=6", "cpu=7"}) {
    readers.emplace_back(service_, query).connect();
    readers.back().take();
  }
  // Of each batch one group is told in time, and the others are not.
  service_.clock.advance_at_each_look(std::chrono::milliseconds{1});
  for (size_t changes = 0; changes <= 8 * limits::kFanoutEvents / 7; changes += 1'000) {
    const char* const country = changes % 2'000 == 0 ? "SE" : "DE";
    for (int i = 0; i < 1'000; ++i) service_.post("p" + std::to_string(i), offer_of(country, 9));
    service_.step();
    for (Reader& reader : readers) reader.take();
  }
  service_.clock.advance_at_each_look({});
  service_.settle_expiries();
  for (Reader& reader : readers) {
    reader.take();
    reader.expect_whole();  // with `synced` behind all events
    EXPECT_EQ(reader.known.size(), 1'000U);
  }
}

TEST_F(Watch, ASnapshotGoesOnFromWhereItsTimeWasUp) {
  service_.providers_max = 4'000;
  service_.start();
  for (int i = 0; i < 3'000; ++i) {
    service_.post("p" + std::to_string(i), offer_of("SE", i % 700 == 699 ? 9 : 1));
  }
  service_.settle();
  Reader reader(service_, "cpu=9");
  reader.connect();
  service_.clock.advance_at_each_look(limits::kSearchTime);
  reader.take();
  service_.clock.advance_at_each_look({});
  reader.expect_whole();
  EXPECT_EQ(reader.known.size(), 4U);
}

// What a watch keeps is the list, with the leases that stood still.
TEST_F(Watch, TellsWhatIsExtendedAfterAnOutage) {
  service_.outage_credit = std::chrono::minutes{10};
  service_.start();
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "country=SE&refreshes=true");
  reader.connect();
  reader.take();
  service_.store.fail_always(Code::full);
  service_.post("b", offer_of("SE", 4));
  service_.settle();
  service_.clock.advance(seconds{20});
  service_.store.heal();
  service_.settle();
  service_.clock.advance(seconds{1});
  service_.settle();
  reader.take();
  EXPECT_THAT(reader.known.at("a"), testing::EndsWith(R"("grace":true})"));
  EXPECT_EQ(reader.known.size(), 2U);
}

}  // namespace
}  // namespace discovery

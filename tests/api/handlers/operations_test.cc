// Health, readiness and whoami; and what the board answers while it cannot read or write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/openapi.h"
#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using Phase = Lifecycle::Phase;
using std::chrono::microseconds;
using std::chrono::seconds;
using testing::HasSubstr;

/// As after a post that the store refused.
void degrade(Rig& rig, Code code) {
  rig.store.fail_always(code);
  const auto held = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s"), *held);
  rig.board.step(rig.clock.now());
}

Answered head(Rig& rig, std::string_view path, std::string_view query) {
  return rig.now(rig.request(Method::head, path, query));
}

TEST(Operations, IsHealthyInEveryPhase) {
  Rig rig;
  for (const Phase phase : {Phase::loading, Phase::serving, Phase::draining}) {
    rig.lifecycle.phase = phase;
    EXPECT_EQ(rig.get("/health").status, 200);
    EXPECT_EQ(rig.get("/health").body, R"({"status": "healthy"})");
    EXPECT_EQ(rig.get("/health").caching, Caching::no_store);
  }
}

TEST(Operations, IsReadyOnlyWhileServing) {
  Rig rig;
  EXPECT_EQ(rig.get("/ready").status, 200);
  EXPECT_EQ(rig.get("/ready").body, R"({"status": "ready"})");
  EXPECT_EQ(rig.get("/ready", "writes=1").status, 200);
  for (const Phase phase : {Phase::loading, Phase::draining}) {
    rig.lifecycle.phase = phase;
    const Answered answer = rig.get("/ready");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.code(), "SRV_002");
    EXPECT_EQ(answer.retry_after_seconds, 1U);
  }
}

TEST(Operations, ReadsNothingOfABoardThatIsBeingLoaded) {
  Rig rig;
  rig.lifecycle.phase = Phase::loading;
  for (const Answered& answer : {rig.list(), rig.show("p")}) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.code(), "SRV_002");
    EXPECT_EQ(answer.retry_after_seconds, 1U);
    EXPECT_EQ(answer.caching, Caching::no_store);
  }
  EXPECT_EQ(rig.list("x=1").status, 422);
  EXPECT_EQ(rig.list("cpu=0").status, 400);
  EXPECT_EQ(rig.show("..").status, 422);
}

TEST(Operations, AReadWaitsForTheBoardToBeLoaded) {
  Rig rig;
  rig.lifecycle.phase = Phase::loading;
  const auto first = std::make_shared<RecordingExchange>();
  const auto second = std::make_shared<RecordingExchange>();
  Request request = rig.request(Method::get, kBoardUrl);
  for (const auto& exchange : {first, second}) rig.api.handle(request, *exchange);
  EXPECT_TRUE(first->is_held && second->is_held);
  rig.clock.advance(limits::kLoadWait / 2);
  rig.executor.run_later();
  EXPECT_TRUE(first->is_held && second->is_held);
  rig.lifecycle.phase = Phase::serving;
  ASSERT_EQ(rig.executor.delays.size(), 1U) << "one look for all that wait";
  rig.executor.run_later();
  EXPECT_EQ(first->resumptions, 1);
  EXPECT_EQ(second->resumptions, 1);
  request.was_held = true;
  rig.api.handle(request, *first);
  ASSERT_EQ(first->answers.size(), 1U);
  EXPECT_EQ(first->answers.front().status, 200);
  rig.executor.run_later();
  EXPECT_THAT(rig.executor.delays, testing::IsEmpty());
}

TEST(Operations, TakesAPostWhileLoadingAndAnswersItOnceWritten) {
  Rig rig;
  rig.lifecycle.phase = Phase::loading;
  const auto exchange = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s"), *exchange);
  EXPECT_EQ(exchange->answers.size(), 0U);
  rig.lifecycle.phase = Phase::serving;
  rig.board.step(rig.clock.now());
  ASSERT_EQ(exchange->answers.size(), 1U);
  EXPECT_EQ(exchange->answers.front().status, 200);
}

TEST(Operations, ServesReadsAndWritesWhileDraining) {
  Rig rig;
  rig.lifecycle.phase = Phase::draining;
  EXPECT_EQ(rig.post(kOffer).status, 200);
  EXPECT_EQ(rig.show("provider123").status, 200);
  EXPECT_EQ(rig.list().status, 200);
}

TEST(Operations, HoldsAPostForAsLongAsItMayWhileTheStoreFails) {
  Rig rig({.board = {.hold = seconds{10}, .providers_max = 10}});
  rig.store.fail_always(Code::busy);
  const auto exchange = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s"), *exchange);
  rig.board.step(rig.clock.now());
  rig.clock.advance(seconds{10} - microseconds{1});
  rig.board.step(rig.clock.now());
  EXPECT_EQ(exchange->answers.size(), 0U);
  rig.clock.advance(microseconds{1});
  rig.board.step(rig.clock.now());
  ASSERT_EQ(exchange->answers.size(), 1U);
  const Answered& answer = exchange->answers.front();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.code(), "SRV_002");
  EXPECT_EQ(answer.retry_after_seconds, 10U);
  EXPECT_THAT(answer.body, testing::Not(HasSubstr("told to fail")));
}

TEST(Operations, IsReadyButDegradedWhileTheStoreFails) {
  Rig rig;
  rig.post(kOffer, "before");
  rig.store.fail_always(Code::busy);
  const auto held = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s"), *held);
  rig.board.step(rig.clock.now());

  const Answered answer = rig.get("/ready");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"status": "degraded", "writes": "the store is busy"})");
  EXPECT_EQ(rig.get("/ready", "writes=1").status, 503);
  EXPECT_EQ(rig.get("/ready", "writes=1").code(), "SRV_002");
  EXPECT_EQ(rig.get("/ready", "writes=1").retry_after_seconds, 10U);
  EXPECT_EQ(rig.get("/ready", "writes=0").status, 200);
  EXPECT_EQ(rig.show("before").status, 200);

  rig.store.heal();
  rig.board.step(rig.clock.now());
  EXPECT_EQ(rig.get("/ready").body, R"({"status": "ready"})");
  EXPECT_EQ(held->answers.front().status, 200);
}

TEST(Operations, ReadsWhatAProbeAsksForAsSettingsAreRead) {
  Rig rig;
  degrade(rig, Code::busy);
  for (const char* yes : {"writes=1", "writes=true", "writes=Yes", "writes=ON", "writes=t",
                          "writes=%31", "&writes=y&", "_=7&writes=1", "_writes=0&writes=1"}) {
    EXPECT_EQ(rig.get("/ready", yes).status, 503) << yes;
    EXPECT_EQ(head(rig, "/ready", yes).status, 503) << yes;
  }
  for (const char* no : {"", "&", "writes=0", "writes=False", "writes=off", "_writes=1", "_"}) {
    EXPECT_EQ(rig.get("/ready", no).status, 200) << no;
    EXPECT_EQ(head(rig, "/ready", no).status, 200) << no;
  }
}

TEST(Operations, RefusesAProbeThatItDoesNotUnderstandWhetherOrNotDegraded) {
  Rig rig;
  for (int round = 0; round < 2; ++round) {
    for (const char* query :
         {"writes", "writes=", "writes=2", "writes=maybe", "writes=1&writes=1", "writes=%zz",
          "Writes=1", "write=1", "nowrites=1", "x=1&writes=1", "writes=1&x=1", "=1", "%zz=1"}) {
      EXPECT_EQ(rig.get("/ready", query).status, 422) << query;
      EXPECT_EQ(head(rig, "/ready", query).status, 422) << query;
    }
    degrade(rig, Code::busy);
  }
  EXPECT_THAT(rig.get("/ready", "Writes=1").body,
              HasSubstr(R"("msg":"unknown parameter; did you mean 'writes'?")"));
  EXPECT_THAT(rig.get("/ready", "writes=").body, HasSubstr(R"("msg":"must not be empty")"));
  EXPECT_THAT(rig.get("/ready", "writes=maybe").body,
              HasSubstr(R"("loc":["query","writes"],"msg":"must be a boolean: 1/0, true/)"));
}

TEST(Operations, TellsStrangersWhatKindOfFaultItIsAndNoPaths) {
  const auto why = [](Code code) {
    Rig rig;
    degrade(rig, code);
    EXPECT_THAT(rig.get("/ready", "writes=1").body, testing::Not(HasSubstr("memory: ")));
    return rig.get("/ready").body;
  };
  EXPECT_EQ(why(Code::busy), R"({"status": "degraded", "writes": "the store is busy"})");
  EXPECT_EQ(why(Code::full), R"({"status": "degraded", "writes": "the disk is full"})");
  EXPECT_EQ(why(Code::out_of_memory), R"({"status": "degraded", "writes": "out of memory"})");
  EXPECT_EQ(why(Code::unavailable), R"({"status": "degraded", "writes": "the store is at fault"})");
  EXPECT_EQ(why(Code::internal), R"({"status": "degraded", "writes": "the store is at fault"})");
}

TEST(Operations, RefusesNewIdsOfAFullBoardAndKeepsTheKnownOnes) {
  Rig rig({.board = {.providers_max = 2}});
  EXPECT_EQ(rig.post(kOffer, "a").status, 200);
  EXPECT_EQ(rig.post(kOffer, "b").status, 200);
  const Answered answer = rig.post(kOffer, "c");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.code(), "SRV_002");
  EXPECT_EQ(answer.retry_after_seconds, 10U);
  EXPECT_THAT(answer.body, HasSubstr("the board is full"));
  EXPECT_EQ(rig.post(kOffer, "a").status, 200);
}

TEST(Operations, RefusesPostsAndWithdrawalsWhereTheQueueIsFull) {
  Rig rig({.board = {.providers_max = 10, .queue_max = 1}});
  const auto held = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "a", "s"), *held);
  for (const Request& request :
       {rig.signed_request(Method::post, kBoardUrl, kOffer, "b", "s"),
        rig.signed_request(Method::remove, "/api/v1/advertisements/a", {}, "a", "s")}) {
    const Answered answer = rig.now(request);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.code(), "SRV_002");
    EXPECT_EQ(answer.retry_after_seconds, 10U);
  }
  rig.board.step(rig.clock.now());
  ASSERT_EQ(held->answers.size(), 1U);
  EXPECT_EQ(held->answers.front().status, 200);
}

TEST(Operations, SettlesWhatIsQueuedWhenTheBoardIsAbandoned) {
  Rig rig;
  const auto exchange = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "a", "s"), *exchange);
  rig.board.abandon();
  ASSERT_EQ(exchange->answers.size(), 1U);
  EXPECT_EQ(exchange->answers.front().code(), "SRV_002");
}

TEST(Operations, TellsACallerItsAddress) {
  RigOptions options;
  options.api.trusted_proxies = {IpNetwork::parse("10.0.0.0/8").value()};
  Rig rig(options);
  const auto whoami = [&](std::string_view peer, std::string_view forwarded_for = {}) {
    Request request = rig.request(Method::get, "/api/v1/whoami");
    request.peer = IpAddress::parse(peer).value();
    request.forwarded_for = forwarded_for;
    return rig.now(request).body;
  };
  EXPECT_EQ(whoami("198.51.100.7"), R"({"ip_address": "198.51.100.7"})");
  EXPECT_EQ(whoami("::ffff:198.51.100.7"), R"({"ip_address": "198.51.100.7"})");
  EXPECT_EQ(whoami("2001:db8::1"), R"({"ip_address": "2001:db8::1"})");
  EXPECT_EQ(whoami("10.0.0.1", "203.0.113.9"), R"({"ip_address": "203.0.113.9"})");
  EXPECT_EQ(whoami("198.51.100.7", "203.0.113.9"), R"({"ip_address": "198.51.100.7"})");
}

TEST(Operations, TellsTheNamesThatSignaturesMustHold) {
  RigOptions options;
  options.api.auth.public_hosts = PublicHosts({"board.example", "[2001:db8::1]:9001"});
  Rig rig(options);
  EXPECT_THAT(rig.get("/api/v1/whoami").body,
              testing::EndsWith(R"(", "hosts": ["board.example", "[2001:db8::1]:9001"]})"));
}

TEST(Operations, DescribesItselfAtBothPaths) {
  Rig rig;
  EXPECT_EQ(rig.get("/openapi.json").body, openapi_document());
  for (const auto& [path, server] : {std::pair{"/openapi.json", "."},
                                     {"/openapi.json/", ".."},
                                     {"/api/v1/openapi.json", "../.."},
                                     {"/api/v1/openapi.json/", "../../.."}}) {
    std::string body = rig.get(path).body;
    const std::string servers = R"("servers": [{"url": ")";
    const size_t at = body.find(servers + server + "\"}]");
    ASSERT_NE(at, body.npos) << path;
    body.replace(at + servers.size(), std::string_view(server).size(), ".");
    EXPECT_EQ(body, openapi_document());
  }
  EXPECT_EQ(rig.get("/openapi.json").content_type, ContentType::json);
}

}  // namespace
}  // namespace discovery

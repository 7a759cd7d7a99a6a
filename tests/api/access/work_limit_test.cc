// Contract, section 4: what an address's reads and streams may take of the server's time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "api/reply/metered_body.h"
#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

// 3 s of work a minute, 50 ms a second; 1 s at once, in turns.
constexpr uint32_t kPerMinute = 100;
constexpr Duration kAtOnce = limits::kWorkAtOnce;

class WorkLimitTest : public testing::Test {
 protected:
  using Exchange = std::shared_ptr<RecordingExchange>;

  Exchange handle(Request request, Exchange exchange = std::make_shared<RecordingExchange>()) {
    request.was_held = exchange->resumptions > 0;
    rig_.api.handle(request, *exchange);
    rig_.board.step(rig_.clock.now());
    return exchange;
  }
  Exchange handle_list(const Exchange& exchange = std::make_shared<RecordingExchange>()) {
    return handle(rig_.request(Method::get, kBoardUrl), exchange);
  }
  void let_pass(Duration time) {
    rig_.clock.advance(time);
    rig_.executor.run_later();
  }
  /// As if other reads of the same address had taken so much.
  void work(Duration took) {
    for (; took > seconds{1}; took -= seconds{1}) work(seconds{1});
    rig_.limiter.charge_work(rig_.peer, took, rig_.clock.boot());
  }

  static RigOptions options() {
    RigOptions options;
    options.per_minute = kPerMinute;
    options.api.page_size_max = 10;
    options.api.walk_piece = 10;
    return options;
  }

  Rig rig_{options()};
};

TEST_F(WorkLimitTest, AReadWaitsUntilThereIsTimeForItAgain) {
  work(kAtOnce + milliseconds{100});
  const Exchange exchange = handle_list();
  EXPECT_TRUE(exchange->is_held);
  EXPECT_THAT(exchange->answers, IsEmpty());
  ASSERT_EQ(rig_.executor.delays.size(), 1U);
  EXPECT_NEAR(std::chrono::duration<double>(rig_.executor.delays[0]).count(), 2, 0.01);
  EXPECT_EQ(rig_.limiter.waiting(), 1U);
  let_pass(rig_.executor.delays[0]);
  EXPECT_EQ(exchange->resumptions, 1);
  EXPECT_EQ(rig_.limiter.waiting(), 0U);
  handle_list(exchange);
  ASSERT_EQ(exchange->answers.size(), 1U);
  EXPECT_EQ(exchange->answers[0].status, 200);
  EXPECT_EQ(exchange->answers[0].rate_limit->policy, "read");
  EXPECT_EQ(exchange->answers[0].rate_limit->remaining, kPerMinute - 1) << "counted once";
}

TEST_F(WorkLimitTest, ReadsThatWaitTakeTurns) {
  work(kAtOnce);
  handle_list();
  handle_list();
  ASSERT_EQ(rig_.executor.delays.size(), 2U);
  EXPECT_GT(rig_.executor.delays[1] - rig_.executor.delays[0], milliseconds{100});
}

TEST_F(WorkLimitTest, AReadThatWouldWaitTooLongIsRefused) {
  work(kAtOnce + milliseconds{600});
  const Answered answer = rig_.list();
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.code(), "RATE_001");
  EXPECT_THAT(answer.body, HasSubstr("more than 3000 milliseconds of this server's time"));
  EXPECT_EQ(answer.retry_after_seconds, 13U);
  EXPECT_EQ(answer.rate_limit->policy, "work");
  EXPECT_EQ(answer.rate_limit->quota, 3'000U);
  EXPECT_EQ(answer.rate_limit->remaining, 0U);
  rig_.clock.advance(seconds{13});
  EXPECT_EQ(rig_.list().status, 200);
}

TEST_F(WorkLimitTest, PostsProbesAndOtherAddressesAreNotConcerned) {
  work(minutes{1});
  EXPECT_EQ(rig_.post(kOffer).status, 200);
  EXPECT_EQ(rig_.withdraw("provider123", "provider123").status, 200);
  EXPECT_EQ(rig_.get("/health").status, 200);
  EXPECT_EQ(rig_.get("/ready").status, 200);
  rig_.peer = IpAddress::parse("198.51.100.8").value();
  EXPECT_EQ(rig_.list().status, 200);
}

// Pages and their files are not counted, and once were not charged for either.
TEST_F(WorkLimitTest, UncountedReadsPayForTheirTime) {
  rig_.clock.advance_at_each_look(milliseconds{800});
  rig_.get("/");
  rig_.clock.advance_at_each_look({});
  EXPECT_GT(rig_.limiter.work_wait(rig_.peer, rig_.clock.boot()), Duration{});
  work(minutes{1});
  EXPECT_EQ(rig_.get("/").status, 429);
}

TEST_F(WorkLimitTest, WhatRequestsTakeIsMeasured) {
  rig_.clock.advance_at_each_look(milliseconds{500});
  for (int i = 0; i < 20; ++i) rig_.post(kOffer);
  rig_.clock.advance_at_each_look({});
  EXPECT_EQ(rig_.limiter.work_wait(rig_.peer, rig_.clock.boot()), Duration{}) << "posts are free";
  rig_.clock.advance_at_each_look(milliseconds{800});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(rig_.list().status, 200);
  rig_.clock.advance_at_each_look({});
  EXPECT_GT(rig_.limiter.work_wait(rig_.peer, rig_.clock.boot()), Duration{});
}

TEST_F(WorkLimitTest, ALongAnswerIsSlowedAndGoesOn) {
  for (int i = 0; i < 35; ++i) {
    rig_.peer = IpAddress::parse("192.0.2." + std::to_string(i)).value();
    ASSERT_EQ(rig_.post(kOffer, "p" + std::to_string(i)).status, 200);
  }
  const Exchange exchange = handle_list();
  std::string body;
  ASSERT_EQ(exchange->source->take(body), BodySource::Progress::more);
  const size_t before = body.size();
  work(kAtOnce + milliseconds{50});
  EXPECT_EQ(exchange->source->take(body), BodySource::Progress::idle);
  EXPECT_EQ(exchange->source->take(body), BodySource::Progress::idle);
  EXPECT_EQ(body.size(), before);
  EXPECT_EQ(rig_.executor.delays.size(), 1U);
  EXPECT_EQ(exchange->wakes, 0);
  let_pass(rig_.executor.delays[0]);
  EXPECT_EQ(exchange->wakes, 1);
  while (exchange->source->take(body) == BodySource::Progress::more) {
  }
  EXPECT_THAT(body, HasSubstr("\"p34\""));
  EXPECT_TRUE(body.ends_with("]"));
}

// So that others do not wait behind all of the costly questions that an address sends at once.
TEST_F(WorkLimitTest, OthersComeBetweenTwoReadsThatTakeLong) {
  work(limits::kSearchTime);
  const Exchange exchange = handle_list();
  EXPECT_TRUE(exchange->is_held);
  ASSERT_EQ(rig_.executor.delays.size(), 1U);
  EXPECT_GE(rig_.executor.delays[0], limits::kSearchTime);
  let_pass(rig_.executor.delays[0]);
  work(limits::kSearchTime);
  handle_list(exchange);
  EXPECT_TRUE(exchange->is_held) << "another of the address has come first";
  let_pass(rig_.executor.delays[0]);
  EXPECT_EQ(handle_list(exchange)->answers.size(), 1U);
}

TEST_F(WorkLimitTest, ReadsThatTakeLittleDoNotWait) {
  work(limits::kWorkTurn / 2);
  EXPECT_EQ(rig_.list().status, 200);
}

TEST_F(WorkLimitTest, AnAddressThatMayTakeAThreadsWholeTimeTakesNoTurns) {
  for (const uint32_t per_minute : {1'999U, 2'000U}) {
    RigOptions large = options();
    large.per_minute = per_minute;
    Rig rig(large);
    rig.limiter.charge_work(rig.peer, seconds{1}, rig.clock.boot());
    EXPECT_EQ(rig.limiter.admit_turn(rig.peer, rig.clock.boot()).allowed, per_minute == 2'000U);
  }
}

class Megabytes final : public BodySource {
 public:
  Progress take(std::string& out) override {
    out.append(1'000'000, 'x');
    return Progress::more;
  }
  size_t bytes() const override { return 0; }
};

// The clock stands still here: nothing but the bytes is charged.
TEST_F(WorkLimitTest, ALongAnswerIsChargedForSendingIt) {
  Services services({}, rig_.board, rig_.limiter, rig_.lifecycle, rig_.clock, rig_.executor);
  const auto exchange = std::make_shared<RecordingExchange>();
  const Request request = rig_.request(Method::get, kBoardUrl);
  const Context context{{*exchange, {}, {}}, request, rig_.peer, rig_.clock.boot(), {}};
  MeteredBody body(std::make_shared<Megabytes>(), services, context);
  std::string out;
  while (body.take(out) == BodySource::Progress::more) {
  }
  const auto in_a_turn = Duration{limits::kWorkTurn}.count() * limits::kBytesSentPerMicrosecond;
  EXPECT_EQ(out.size(), in_a_turn);
}

TEST_F(WorkLimitTest, WhatTheDeadlineOfAStopDoesNotLeaveTimeForIsServedAtOnce) {
  work(kAtOnce + milliseconds{100});
  rig_.lifecycle.phase = Lifecycle::Phase::draining;
  EXPECT_EQ(handle_list()->answers.size(), 1U);
}

TEST_F(WorkLimitTest, WithoutLimitsThereIsNone) {
  RigOptions unlimited = options();
  unlimited.per_minute = 0;
  Rig rig(unlimited);
  rig.limiter.charge_work(rig.peer, minutes{10}, rig.clock.boot());
  EXPECT_EQ(rig.list().status, 200);
}

TEST_F(WorkLimitTest, TheOperatorIsToldOnceAnHourThatPostsAreRefused) {
  EXPECT_TRUE(rig_.limiter.is_warning_due(rig_.clock.boot()));
  EXPECT_FALSE(rig_.limiter.is_warning_due(rig_.clock.boot() + minutes{59}));
  EXPECT_TRUE(rig_.limiter.is_warning_due(rig_.clock.boot() + minutes{60}));
}

}  // namespace
}  // namespace discovery

// Contract, section 4: posts and withdrawals over the limit wait for their token.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/credentials_fixture.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint32_t kQuota = 60;  // a token a second

class WriteLimitTest : public CredentialsTest {
 protected:
  WriteLimitTest() { open_board({.per_minute = kQuota}); }

  using Exchange = std::shared_ptr<RecordingExchange>;

  Exchange handle(const Request& request) {
    const auto exchange = std::make_shared<RecordingExchange>();
    rig_->api.handle(request, *exchange);
    rig_->board.step(rig_->clock.now());
    return exchange;
  }

  /// As the edge does once it is resumed.
  Answered handle_again(Request request, const Exchange& exchange) {
    EXPECT_EQ(exchange->resumptions, 1);
    request.was_held = true;
    rig_->api.handle(request, *exchange);
    rig_->board.step(rig_->clock.now());
    EXPECT_EQ(exchange->answers.size(), 1U);
    return exchange->answers.empty() ? Answered{} : exchange->answers.back();
  }

  Request post_request(std::string_view body = kOffer, std::string_view id = "p") const {
    return rig_->signed_request(Method::post, kBoardUrl, body, id, "s");
  }

  /// Signed now, by a provider that is not pinned.
  Request signed_request() {
    sent_ = post_of(key_, server_time());
    Request request =
        rig_->signed_request(sent_.method, sent_.path, sent_.body, sent_.id, sent_.signature);
    request.host = {sent_.host, 1};
    return request;
  }

  void exhaust(uint32_t quota = kQuota) {
    for (uint32_t i = 0; i < quota; ++i) ASSERT_EQ(rig_->post(kOffer, "other").status, 200);
  }

  void let_pass(Duration time) {
    rig_->clock.advance(time);
    rig_->executor.run_later();
  }

 private:
  Sent sent_;
};

TEST_F(WriteLimitTest, APostOverTheLimitIsTakenOnceItsTokenIsThere) {
  exhaust();
  const Exchange exchange = handle(post_request());
  EXPECT_TRUE(exchange->is_held);
  EXPECT_TRUE(exchange->answers.empty());
  EXPECT_EQ(rig_->show("p").status, 404);
  EXPECT_THAT(rig_->executor.delays, ElementsAre(seconds{1}));
  let_pass(seconds{1});
  EXPECT_EQ(rig_->limiter.waiting(), 0U);
  const Answered answer = handle_again(post_request(), exchange);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.retry_after_seconds, 0U);
  EXPECT_EQ(answer.rate_limit->policy, "write");
  EXPECT_EQ(answer.rate_limit->quota, kQuota);
  EXPECT_EQ(answer.rate_limit->remaining, 0U);
  EXPECT_EQ(answer.rate_limit->reset_seconds, 60U);
  EXPECT_EQ(rig_->show("p").status, 200);
}

TEST_F(WriteLimitTest, AWithdrawalWaitsToo) {
  exhaust();
  const Request request = rig_->signed_request(
      Method::remove, std::string_view("/api/v1/advertisements/other"), {}, "other", "s");
  const Exchange exchange = handle(request);
  EXPECT_TRUE(exchange->is_held);
  let_pass(seconds{1});
  EXPECT_EQ(handle_again(request, exchange).status, 200);
  EXPECT_EQ(rig_->show("other").status, 404);
}

TEST_F(WriteLimitTest, WhatWaitsIsJudgedOnlyThen) {
  exhaust();
  const Request malformed = post_request("{");
  const Exchange first = handle(malformed);
  const Request late = signed_request();
  const Exchange second = handle(late);
  EXPECT_TRUE(first->is_held && second->is_held);
  let_pass(seconds{121});
  EXPECT_EQ(handle_again(malformed, first).status, 422);
  EXPECT_EQ(handle_again(late, second).code(), "AUTH_002");
}

TEST_F(WriteLimitTest, ATokenThatIsTooFarAwayIsNotWaitedFor) {
  exhaust();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(handle(post_request())->is_held) << i;
  const Exchange exchange = handle(post_request());
  EXPECT_FALSE(exchange->is_held);
  ASSERT_EQ(exchange->answers.size(), 1U);
  const Answered& refused = exchange->answers.front();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.code(), "RATE_001");
  EXPECT_THAT(refused.body, HasSubstr("more than 60 posts and withdrawals from this address"));
  EXPECT_EQ(refused.retry_after_seconds, 11U);
  EXPECT_EQ(refused.rate_limit->remaining, 0U);
  EXPECT_EQ(refused.rate_limit->reset_seconds, 70U);
  EXPECT_FALSE(refused.close);
  rig_->clock.advance(seconds{11});
  EXPECT_EQ(rig_->post(kOffer).status, 200) << "Retry-After is true";
}

TEST_F(WriteLimitTest, OneMoreThanMayWaitIsRefused) {
  open_board({.per_minute = 600});
  exhaust(600);
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(handle(post_request())->is_held) << i;
  const Answered refused = rig_->post(kOffer);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.retry_after_seconds, 2U) << "1.7 s";
  EXPECT_EQ(rig_->list().status, 200);
  EXPECT_EQ(rig_->limiter.waiting(), 16U);
  EXPECT_EQ(rig_->executor.delays.back(), milliseconds{1'600});
}

TEST_F(WriteLimitTest, SignedRequestsOfPinnedProvidersDoNotWait) {
  ASSERT_EQ(post_now().status, 200);
  exhaust(kQuota - 1);
  const int64_t time = server_time() + 1;
  EXPECT_EQ(ask(post_of(wallet_, time)).rate_limit->policy, "provider");
  EXPECT_EQ(ask(withdrawal_of(wallet_, time + 1)).status, 200);
  EXPECT_TRUE(handle(signed_request())->is_held) << "signed, but not pinned";
}

TEST_F(WriteLimitTest, AFaultOfTheEdgeNeverWaits) {
  EXPECT_EQ(rig_->fault(HttpFault::body_too_large).status, 413);
  exhaust(kQuota - 1);
  const Answered refused = rig_->fault(HttpFault::body_too_large);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.retry_after_seconds, 1U);
  EXPECT_TRUE(rig_->executor.delays.empty());
  EXPECT_THAT(rig_->limiter.waiting(), 0U);
  rig_->clock.advance(seconds{1});
  EXPECT_EQ(rig_->fault(HttpFault::body_too_large).status, 413);
}

TEST_F(WriteLimitTest, WhileTheServerStopsNothingWaits) {
  exhaust();
  rig_->lifecycle.phase = Lifecycle::Phase::draining;
  const Answered answer = rig_->post(kOffer);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.rate_limit->remaining, 0U);
  EXPECT_EQ(rig_->limiter.waiting(), 0U);
}

TEST_F(WriteLimitTest, AConnectionThatHasGoneGivesItsPlaceBack) {
  exhaust();
  const Exchange exchange = handle(post_request());
  EXPECT_EQ(rig_->limiter.waiting(), 1U);
  exchange->is_held = false;
  let_pass(seconds{1});
  EXPECT_EQ(exchange->resumptions, 0);
  EXPECT_EQ(rig_->limiter.waiting(), 0U);
}

}  // namespace
}  // namespace discovery

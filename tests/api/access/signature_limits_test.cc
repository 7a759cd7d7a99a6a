// Contract, section 4: what signatures change about limits.
#include <gtest/gtest.h>

#include "tests/support/credentials_fixture.h"

namespace discovery {
namespace {

using std::chrono::seconds;

constexpr uint32_t kFailures = 600;

using SignatureLimitsTest = CredentialsTest;

TEST_F(SignatureLimitsTest, APinnedProviderHasABucketOfItsOwn) {
  open_board({.per_minute = 2});
  int64_t time = server_time();
  const Answered first = ask(post_of(wallet_, time));
  EXPECT_EQ(first.rate_limit->policy, "write");
  rig_->post(kOffer, "neighbour");
  EXPECT_EQ(rig_->post(kOffer, "neighbour").status, 429);
  for (uint32_t left = 60; left > 0; --left) {
    const Answered answer = ask(post_of(wallet_, ++time));
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.rate_limit->policy, "provider");
    EXPECT_EQ(answer.rate_limit->quota, 60U);
    EXPECT_EQ(answer.rate_limit->remaining, left - 1);
  }
  const Answered refused = expect_refused(post_of(wallet_, ++time), 429, "RATE_001");
  EXPECT_EQ(refused.retry_after_seconds, 60U);
  EXPECT_FALSE(refused.close);
  EXPECT_EQ(ask(post_of(key_, time)).status, 429) << "not pinned: charged to the address";
  rig_->clock.advance(seconds{60});
  EXPECT_EQ(ask(post_of(wallet_, time)).status, 200);
}

TEST_F(SignatureLimitsTest, AnAddressMaySendOnlySoManyBadSignatures) {
  open_board({.per_minute = 1'000});
  Sent bad = post_of(wallet_, server_time());
  bad.signature = header_of(stranger_, server_time(), text(bad, server_time()));
  for (uint32_t i = 0; i < kFailures; ++i) {
    ASSERT_EQ(ask(bad).code(), "AUTH_001") << i;
  }
  for (const Sent& sent : {bad, post_of(wallet_, server_time())}) {
    const Answered refused = ask(sent);
    EXPECT_EQ(refused.code(), "RATE_001");
    EXPECT_EQ(refused.retry_after_seconds, 60U);
    EXPECT_EQ(refused.rate_limit->policy, "failure");
    EXPECT_TRUE(refused.close);
  }
  EXPECT_EQ(rig_->post(kOffer).status, 200) << "unsigned requests go on";
  rig_->peer = IpAddress::parse("198.51.100.8").value();
  EXPECT_EQ(post_now().status, 200) << "other addresses go on";
  rig_->peer = IpAddress::parse("198.51.100.7").value();
  rig_->clock.advance(seconds{60});
  EXPECT_EQ(post_now().status, 200);
}

TEST_F(SignatureLimitsTest, WhatIsNotExaminedCostsAnAddressNoTrust) {
  open_board({.per_minute = 1'000});
  Sent sent = post_of(wallet_, server_time());
  sent.signature = "t=1,v1=zz";
  for (uint32_t i = 0; i <= kFailures; ++i) ASSERT_EQ(ask(sent).code(), "AUTH_001");
  EXPECT_EQ(post_now().status, 200);
}

TEST_F(SignatureLimitsTest, WhatAPinnedIdLetsPastTheAddressLimitCostsTrustHoweverItFails) {
  open_board({.per_minute = 1});
  ASSERT_EQ(post_now().status, 200);
  Sent malformed = post_of(wallet_, server_time() + 1);
  malformed.body = "{}";
  Sent stray = malformed;
  stray.path = "/nothing";
  Sent unreadable = malformed;
  unreadable.body = kOffer;
  unreadable.signature = "t=1,v1=zz";
  const Sent replayed = post_of(wallet_, server_time());
  const std::vector<std::pair<Sent, int>> failing{
      {malformed, 422}, {stray, 404}, {unreadable, 401}, {replayed, 401}};
  for (uint32_t i = 0; i < kFailures; ++i) {
    const auto& [sent, status] = failing[i % failing.size()];
    ASSERT_EQ(ask(sent).status, status) << i;
  }
  EXPECT_TRUE(ask(malformed).close);
  EXPECT_EQ(ask(post_of(wallet_, server_time() + 1)).code(), "RATE_001");
}

TEST_F(SignatureLimitsTest, WithoutLimitsNothingOfThisIsCounted) {
  Sent bad = post_of(wallet_, server_time());
  bad.signature = header_of(stranger_, server_time(), text(bad, server_time()));
  for (uint32_t i = 0; i <= kFailures; ++i) ASSERT_EQ(ask(bad).code(), "AUTH_001");
  const Answered answer = post_now();
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.rate_limit);
}

TEST_F(SignatureLimitsTest, AnAddressIntroducesOnlySoManyProviders) {
  open_board({.board = {.new_providers_per_hour = 2}});
  EXPECT_EQ(rig_->post(kOffer, "a").status, 200);
  EXPECT_EQ(post_now().status, 200);
  const Answered refused = expect_refused(post_of(key_, server_time()), 429, "RATE_001");
  EXPECT_EQ(refused.retry_after_seconds, 3'600U);
  EXPECT_EQ(rig_->post(kOffer, "a").status, 200);
}

}  // namespace
}  // namespace discovery

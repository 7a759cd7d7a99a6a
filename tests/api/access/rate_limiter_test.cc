#include "api/access/rate_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace discovery {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr BootTime kStart{std::chrono::hours{3}};

IpAddress address(const std::string& text) { return IpAddress::parse(text).value(); }

// Another one for each number below 2^24.
IpAddress client_at(unsigned number) {
  return address("11." + std::to_string(number >> 16) + "." + std::to_string(number >> 8 & 255) +
                 "." + std::to_string(number & 255));
}

const IpAddress kClient = client_at(0);

class LimiterTest : public testing::Test {
 protected:
  bool admits(RateLimiter& limiter, const IpAddress& client, BootTime now = kStart) {
    return limiter.charge(Traffic::read, client, now).allowed;
  }
  void exhaust(RateLimiter& limiter, const IpAddress& client, BootTime now = kStart) {
    while (admits(limiter, client, now)) {
    }
  }
  void exhaust_writes(RateLimiter& limiter, const IpAddress& client) {
    while (limiter.charge(Traffic::write, client, kStart).allowed) {
    }
  }
};

TEST_F(LimiterTest, AdmitsUpToTheLimitAndNotOneBeyond) {
  RateLimiter limiter({.per_minute = 3});
  for (const uint32_t left : {2U, 1U, 0U}) {
    const RateLimiter::Decision decision = limiter.charge(Traffic::read, kClient, kStart);
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.state->remaining, left);
  }
  const RateLimiter::Decision refused = limiter.charge(Traffic::read, kClient, kStart);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.state->remaining, 0U);
}

TEST_F(LimiterTest, SaysWhatIsAllowed) {
  RateLimiter limiter({.per_minute = 100});
  const RateLimiter::Decision read = limiter.charge(Traffic::read, kClient, kStart);
  EXPECT_EQ(read.state->policy, "read");
  EXPECT_EQ(read.state->quota, 100U);
  EXPECT_EQ(read.state->window_seconds, 60U);
  EXPECT_EQ(limiter.charge(Traffic::write, kClient, kStart).state->policy, "write");
}

TEST_F(LimiterTest, CountsReadsAndWritesApart) {
  RateLimiter limiter({.per_minute = 2});
  exhaust(limiter, kClient);
  EXPECT_EQ(limiter.charge(Traffic::write, kClient, kStart).state->remaining, 1U);
  EXPECT_TRUE(limiter.charge(Traffic::write, kClient, kStart).allowed);
  EXPECT_FALSE(limiter.charge(Traffic::write, kClient, kStart).allowed);
}

TEST_F(LimiterTest, BeginsAWindowWithTheFirstRequestAfterTheLastOne) {
  RateLimiter limiter({.per_minute = 2});
  exhaust(limiter, kClient);
  EXPECT_FALSE(admits(limiter, kClient, kStart + seconds{60} - microseconds{1}));
  const BootTime second = kStart + seconds{75};
  EXPECT_EQ(limiter.charge(Traffic::read, kClient, second).state->remaining, 1U);
  EXPECT_TRUE(admits(limiter, kClient, second + seconds{59}));
  EXPECT_FALSE(admits(limiter, kClient, second + seconds{60} - microseconds{1}));
  EXPECT_TRUE(admits(limiter, kClient, second + seconds{60}));
}

TEST_F(LimiterTest, AdmitsAgainExactlyWhenTheWindowEnds) {
  RateLimiter limiter({.per_minute = 1});
  exhaust(limiter, kClient);
  EXPECT_FALSE(admits(limiter, kClient, kStart + seconds{60} - microseconds{1}));
  EXPECT_TRUE(admits(limiter, kClient, kStart + seconds{60}));
}

TEST_F(LimiterTest, RefusedRequestsDoNotDelayTheNextWindow) {
  RateLimiter limiter({.per_minute = 1});
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(admits(limiter, kClient, kStart + milliseconds{100 * i}), i == 0);
  }
  EXPECT_TRUE(admits(limiter, kClient, kStart + seconds{60}));
}

TEST_F(LimiterTest, RoundsTheSecondsUntilTheResetUp) {
  RateLimiter limiter({.per_minute = 100});
  const auto reset = [&](microseconds later) {
    return limiter.charge(Traffic::read, kClient, kStart + later).state->reset_seconds;
  };
  EXPECT_EQ(reset(seconds{0}), 60U);
  EXPECT_EQ(reset(microseconds{1}), 60U);
  EXPECT_EQ(reset(seconds{1}), 59U);
  EXPECT_EQ(reset(seconds{59}), 1U);
  EXPECT_EQ(reset(seconds{60} - microseconds{1}), 1U);
  EXPECT_EQ(reset(seconds{60}), 60U);
}

TEST_F(LimiterTest, TakesAnIpv6NetworkOf64BitsForOneClient) {
  RateLimiter limiter({.per_minute = 1});
  EXPECT_TRUE(admits(limiter, address("2001:db8:1:2::1")));
  EXPECT_FALSE(admits(limiter, address("2001:db8:1:2:ffff:ffff:ffff:ffff")));
  EXPECT_TRUE(admits(limiter, address("2001:db8:1:3::1")));
  EXPECT_EQ(limiter.addresses(Traffic::read), 2U);
}

TEST_F(LimiterTest, TakesEachIpv4AddressForAClientHoweverItIsSpelled) {
  RateLimiter limiter({.per_minute = 1});
  EXPECT_TRUE(admits(limiter, address("192.0.2.1")));
  EXPECT_FALSE(admits(limiter, address("::ffff:192.0.2.1")));
  EXPECT_FALSE(admits(limiter, address("::ffff:c000:201")));
  EXPECT_TRUE(admits(limiter, address("192.0.2.2")));
}

TEST_F(LimiterTest, AdmitsEverythingAndRemembersNobodyWhenSwitchedOff) {
  RateLimiter limiter({.per_minute = 0});
  for (int i = 0; i < 1'000; ++i) {
    for (const Traffic traffic : {Traffic::read, Traffic::write, Traffic::failure}) {
      const RateLimiter::Decision decision = limiter.charge(traffic, kClient, kStart);
      EXPECT_TRUE(decision.allowed && limiter.look(traffic, kClient, kStart).allowed);
      EXPECT_FALSE(decision.state);
      EXPECT_EQ(limiter.addresses(traffic), 0U);
    }
    EXPECT_TRUE(limiter.charge_provider("p", kStart).allowed);
  }
}

// 600 keys behind one address once posted 3,600 times in two seconds.
TEST_F(LimiterTest, AllPinnedProvidersOfAnAddressHaveALimitTogether) {
  RateLimiter limiter({.per_minute = 100});
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(limiter.charge_write(Traffic::pinned, kClient, kStart).allowed) << i;
  }
  std::vector<RateLimiter::Decision> waiting;
  for (int i = 0; i < 16; ++i) {
    waiting.push_back(limiter.charge_write(Traffic::pinned, kClient, kStart));
    EXPECT_TRUE(waiting.back().slot);
    EXPECT_EQ(waiting.back().wait, milliseconds{30} * (i + 1));
  }
  const RateLimiter::Decision refused = limiter.charge_write(Traffic::pinned, kClient, kStart);
  EXPECT_FALSE(refused.allowed || refused.slot);
  EXPECT_EQ(refused.state->policy, "pinned");
  EXPECT_TRUE(limiter.charge(Traffic::write, kClient, kStart).allowed);
  EXPECT_TRUE(limiter.charge_write(Traffic::pinned, client_at(1), kStart).allowed);
}

TEST_F(LimiterTest, ManyProvidersMayPostAsOftenAsEachMayHoweverLowTheLimit) {
  RateLimiter limiter({.per_minute = 1, .provider_posts_per_minute = 60});
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(limiter.charge_write(Traffic::pinned, kClient, kStart).allowed) << i;
  }
}

TEST_F(LimiterTest, LooksWithoutCounting) {
  RateLimiter limiter({.per_minute = 1, .failures_per_minute = 2});
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(limiter.look(Traffic::failure, kClient, kStart).allowed);
  }
  EXPECT_EQ(limiter.addresses(Traffic::failure), 0U);
  EXPECT_EQ(limiter.charge(Traffic::failure, kClient, kStart).state->policy, "failure");
  EXPECT_TRUE(limiter.look(Traffic::failure, kClient, kStart).allowed);
  EXPECT_TRUE(limiter.charge(Traffic::failure, kClient, kStart).allowed);
  const RateLimiter::Decision spent = limiter.look(Traffic::failure, kClient, kStart + seconds{59});
  EXPECT_FALSE(spent.allowed);
  EXPECT_EQ(spent.state->quota, 2U);
  EXPECT_EQ(spent.state->remaining, 0U);
  EXPECT_EQ(spent.state->reset_seconds, 1U);
  EXPECT_TRUE(limiter.look(Traffic::failure, kClient, kStart + seconds{60}).allowed);
}

TEST_F(LimiterTest, CountsEachProviderForItself) {
  RateLimiter limiter({.per_minute = 1, .provider_posts_per_minute = 2});
  for (const std::string provider : {"one", "other"}) {
    const RateLimiter::Decision first = limiter.charge_provider(provider, kStart);
    EXPECT_EQ(first.state->policy, "provider");
    EXPECT_EQ(first.state->quota, 2U);
    EXPECT_EQ(first.state->remaining, 1U);
    EXPECT_TRUE(limiter.charge_provider(provider, kStart).allowed);
    EXPECT_FALSE(limiter.charge_provider(provider, kStart).allowed);
  }
  EXPECT_TRUE(limiter.charge_provider("one", kStart + seconds{60}).allowed);
  EXPECT_TRUE(admits(limiter, kClient));
}

TEST_F(LimiterTest, WritesComeBackOneByOne) {
  RateLimiter limiter({.per_minute = 3});
  const auto charge = [&](BootTime now) { return limiter.charge(Traffic::write, kClient, now); };
  for (const uint32_t left : {2U, 1U, 0U}) {
    const RateLimiter::Decision decision = charge(kStart);
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.state->remaining, left);
    EXPECT_EQ(decision.state->reset_seconds, 20 * (3 - left));
    EXPECT_EQ(decision.state->window_seconds, 60U);
  }
  const RateLimiter::Decision refused = charge(kStart + seconds{7});
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.wait, seconds{13});
  EXPECT_EQ(refused.state->reset_seconds, 53U);
  EXPECT_FALSE(charge(kStart + seconds{20} - microseconds{1}).allowed);
  EXPECT_TRUE(charge(kStart + seconds{20}).allowed);
  EXPECT_FALSE(charge(kStart + seconds{20}).allowed);
  EXPECT_EQ(limiter.look(Traffic::write, kClient, kStart + seconds{75}).state->remaining, 2U);
}

TEST_F(LimiterTest, AWriteWhoseTokenComesInTimeWaitsForIt) {
  RateLimiter limiter({.per_minute = 6});
  exhaust_writes(limiter, kClient);
  const RateLimiter::Decision refused =
      limiter.charge_write(Traffic::write, kClient, kStart - microseconds{1});  // in 10.000001 s
  EXPECT_FALSE(refused.allowed || refused.slot);
  EXPECT_EQ(refused.wait, seconds{10} + microseconds{1});
  const RateLimiter::Decision waits = limiter.charge_write(Traffic::write, kClient, kStart);
  EXPECT_TRUE(waits.slot);
  EXPECT_FALSE(waits.allowed);
  EXPECT_EQ(waits.wait, seconds{10});
  EXPECT_EQ(waits.state->remaining, 0U);
  EXPECT_EQ(waits.state->reset_seconds, 70U);
  EXPECT_FALSE(limiter.charge(Traffic::write, kClient, kStart + seconds{10}).allowed)
      << "the token is taken";
  EXPECT_TRUE(limiter.charge(Traffic::write, kClient, kStart + seconds{20}).allowed);
}

TEST_F(LimiterTest, SixteenWritesOfAnAddressMayWait) {
  RateLimiter limiter({.per_minute = 600});
  exhaust_writes(limiter, kClient);
  std::vector<RateLimiter::Decision> waiting;
  for (int i = 1; i <= 16; ++i) {
    waiting.push_back(limiter.charge_write(Traffic::write, kClient, kStart));
    ASSERT_TRUE(waiting.back().slot) << i;
    EXPECT_EQ(waiting.back().wait, milliseconds{100 * i});
  }
  const RateLimiter::Decision refused = limiter.charge_write(Traffic::write, kClient, kStart);
  EXPECT_FALSE(refused.allowed || refused.slot);
  EXPECT_EQ(refused.wait, milliseconds{1'700});
  EXPECT_FALSE(limiter.charge(Traffic::write, kClient, kStart + milliseconds{1'600}).allowed);
  EXPECT_TRUE(limiter.charge_write(Traffic::write, kClient, kStart + milliseconds{100}).slot)
      << "one went on";
  EXPECT_TRUE(limiter.charge_write(Traffic::write, client_at(1), kStart).allowed)
      << "others have their own";
}

TEST_F(LimiterTest, SoManyWritesOfAllAddressesMayWait) {
  constexpr unsigned kPlaces = 4'096;
  RateLimiter limiter({.per_minute = 60});
  std::vector<RateLimiter::Decision> waiting;
  const auto wait = [&](unsigned client) {
    waiting.push_back(limiter.charge_write(Traffic::write, client_at(client), kStart));
    return waiting.back().slot != nullptr;
  };
  for (unsigned client = 0; client <= kPlaces; ++client) {
    exhaust_writes(limiter, client_at(client));
  }
  for (unsigned client = 0; client < kPlaces; ++client) ASSERT_TRUE(wait(client)) << client;
  EXPECT_EQ(limiter.waiting(), kPlaces);
  EXPECT_FALSE(wait(kPlaces));
  EXPECT_EQ(waiting.back().wait, seconds{1}) << "and no token was taken";
  EXPECT_EQ(limiter.waiting(), kPlaces);
  waiting.front().slot.reset();
  EXPECT_TRUE(wait(kPlaces));
  EXPECT_EQ(waiting.back().wait, seconds{1});
  waiting.clear();
  EXPECT_EQ(limiter.waiting(), 0U);
}

TEST_F(LimiterTest, WithoutALimitNoWriteWaits) {
  RateLimiter limiter({.per_minute = 0});
  for (int i = 0; i < 1'000; ++i) {
    const RateLimiter::Decision decision = limiter.charge_write(Traffic::write, kClient, kStart);
    EXPECT_TRUE(decision.allowed && !decision.slot && !decision.state);
  }
}

TEST_F(LimiterTest, RemembersNoMoreAddressesThanItMay) {
  RateLimiter limiter({.per_minute = 1, .addresses_max = 160});
  for (unsigned i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(admits(limiter, client_at(i)));
    EXPECT_TRUE(limiter.charge_write(Traffic::write, client_at(i), kStart).allowed);
  }
  EXPECT_EQ(limiter.addresses(Traffic::read), 160U);
  EXPECT_EQ(limiter.addresses(Traffic::write), 160U);
}

TEST_F(LimiterTest, ForgetsTheLeastRecentlySeenFirst) {
  RateLimiter limiter({.per_minute = 1, .addresses_max = 32, .seed = 7});
  const IpAddress returning = address("192.0.2.1");
  const IpAddress silent = address("192.0.2.2");
  exhaust(limiter, returning);
  exhaust(limiter, silent);
  for (unsigned i = 0; i < 1'000; ++i) {
    admits(limiter, client_at(i));
    ASSERT_FALSE(admits(limiter, returning)) << "forgotten after " << i << " others";
  }
  EXPECT_TRUE(admits(limiter, silent));
}

TEST_F(LimiterTest, ForgetsWhoHasNotBeenSeenForAWindow) {
  RateLimiter limiter({.per_minute = 5, .addresses_max = 1'000'000, .seed = 7});
  for (unsigned i = 0; i < 2'000; ++i) admits(limiter, client_at(i));
  EXPECT_EQ(limiter.addresses(Traffic::read), 2'000U);
  const BootTime later = kStart + seconds{60};
  for (unsigned i = 2'000; i < 4'000; ++i) admits(limiter, client_at(i), later);
  EXPECT_EQ(limiter.addresses(Traffic::read), 2'000U);
}

TEST_F(LimiterTest, AdmitsExactlyTheLimitFromManyThreadsAtOnce) {
  constexpr uint32_t kLimit = 500;
  constexpr unsigned kClients = 8;
  RateLimiter limiter({.per_minute = kLimit, .addresses_max = 1'000});
  std::array<std::atomic<uint32_t>, kClients> admitted{};
  const auto ask = [&] {
    for (unsigned i = 0; i < 2 * kLimit * kClients; ++i) {
      const unsigned client = i % kClients;
      if (limiter.charge(Traffic::write, client_at(client), kStart + microseconds{i}).allowed) {
        ++admitted[client];
      }
    }
  };
  std::thread first(ask);
  std::thread second(ask);
  ask();
  first.join();
  second.join();
  for (const auto& count : admitted) EXPECT_EQ(count, kLimit);
  EXPECT_EQ(limiter.addresses(Traffic::write), kClients);
}

}  // namespace
}  // namespace discovery

// Pins, ownership, histories and the limit of new providers (contract, sections 1, 4, 5).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "board/providers/listed_hours.h"
#include "tests/support/board_rig.h"
#include "tests/support/store_rows.h"

namespace discovery {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string kSigner = "ed25519:" + std::string(64, 'a');
const std::string kOther = "ed25519:" + std::string(64, 'b');

ProofPtr proof_at(int64_t time_ms) {
  return std::make_shared<const Proof>(Proof{time_ms, "text", "ab", "{}"});
}

class BoardIdentityTest : public BoardTest {
 protected:
  explicit BoardIdentityTest(BoardOptions options = {.providers_max = 1'000})
      : BoardTest(options) {}

  CompletionPtr post_signed(std::string_view id, int64_t time_ms) {
    Advertisement advertisement = offer(id);
    advertisement.verified = true;
    return publish({Listing::draft(advertisement), proof_at(time_ms)});
  }
  CompletionPtr post_from(std::string_view id, std::string_view address) {
    return publish({Listing::draft(offer(id)), nullptr, IpAddress::parse(address).value()});
  }
  CompletionPtr publish(Post post) {
    const auto completion = std::make_shared<RecordingCompletion>();
    EXPECT_TRUE(board_.publish(std::move(post), {&executor_, completion}, clock_.boot()));
    return completion;
  }
  CompletionPtr withdraw_signed(std::string_view id, int64_t time_ms) {
    const auto completion = std::make_shared<RecordingCompletion>();
    EXPECT_TRUE(
        board_.withdraw({std::string(id), time_ms}, {&executor_, completion}, clock_.boot()));
    return completion;
  }
  /// What becomes of it in a batch of its own.
  Outcome completed(const CompletionPtr& completion) {
    step();
    return outcome_of(completion);
  }
  std::optional<Refusal> refusal(const CompletionPtr& completion) {
    return completed(completion).refusal;
  }
  void pass(Duration time) {
    clock_.advance(time);
    step();
  }
  std::optional<History> history(const std::string& id) { return store_.history(id).value(); }
  Duration time_listed(const std::string& id) {
    return ListedHours::decode(history(id).value().listed).listed_since(WallTime{});
  }
};

TEST_F(BoardIdentityTest, WhoHasSignedOnceIsHeardSignedAlone) {
  EXPECT_EQ(refusal(post(kSigner)), std::nullopt);  // no key is pinned yet
  EXPECT_EQ(refusal(post_signed(kSigner, 10)), std::nullopt);
  EXPECT_EQ(refusal(post(kSigner)), Refusal::pinned);
  EXPECT_EQ(refusal(withdraw(kSigner)), Refusal::pinned);
  EXPECT_TRUE(find(kSigner)->verified());
}

TEST_F(BoardIdentityTest, TimesMustRiseStrictly) {
  EXPECT_EQ(refusal(post_signed(kSigner, 10)), std::nullopt);
  for (const int64_t old : {1, 9, 10}) {
    const Outcome outcome = completed(post_signed(kSigner, old));
    EXPECT_EQ(outcome.refusal, Refusal::stale);
    EXPECT_EQ(outcome.last_time_ms, 10);
  }
  EXPECT_EQ(refusal(post_signed(kSigner, 11)), std::nullopt);
  EXPECT_EQ(refusal(post_signed(kOther, 1)), std::nullopt);  // times are each key's own
}

// A provider signed while this clock was an hour ahead: once it is mended, the provider is heard at
// once, and from then on times must rise again.
TEST_F(BoardIdentityTest, ATimeThatWasAcceptedFarAheadDoesNotBindOnceTheClockIsMended) {
  const auto now_ms = [this] { return unix_ms(clock_.now().wall); };
  clock_.step_wall(hours{1});
  EXPECT_EQ(refusal(post_signed(kSigner, now_ms())), std::nullopt);
  clock_.step_wall(-hours{1});
  EXPECT_EQ(refusal(post(kSigner)), Refusal::pinned);
  EXPECT_EQ(refusal(post_signed(kSigner, now_ms() - 5)), std::nullopt);
  EXPECT_EQ(refusal(post_signed(kSigner, now_ms() - 5)), Refusal::stale);
  EXPECT_EQ(refusal(post_signed(kSigner, now_ms() - 4)), std::nullopt);

  clock_.step_wall(days{365});
  EXPECT_EQ(refusal(post_signed(kSigner, now_ms())), std::nullopt);
  clock_.step_wall(-days{365});
  EXPECT_EQ(refusal(withdraw_signed(kSigner, now_ms())), std::nullopt);
  EXPECT_EQ(refusal(post_signed(kSigner, now_ms())), Refusal::stale);
}

TEST_F(BoardIdentityTest, WhatWasSignedWhileTheClockWasWrongStaysUsedUp) {
  const auto sign_after = [&](Duration step) {
    clock_.step_wall(step);
    const int64_t time_ms = unix_ms(clock_.now().wall);
    EXPECT_EQ(refusal(post_signed(kSigner, time_ms)), std::nullopt);
    return time_ms;
  };
  const auto is_used_up = [&](int64_t time_ms) {
    return refusal(post_signed(kSigner, time_ms)) == Refusal::stale;
  };
  const int64_t before = sign_after({});
  const int64_t back = sign_after(-hours{1});
  EXPECT_TRUE(is_used_up(back));
  clock_.step_wall(hours{1});
  EXPECT_TRUE(is_used_up(before));
  const int64_t ahead = sign_after(hours{1});
  const int64_t mended = sign_after(-hours{1});
  EXPECT_TRUE(is_used_up(mended));
  EXPECT_EQ(pins_of(store_).at(kSigner), ahead);
  clock_.step_wall(hours{1});  // real time comes to it
  EXPECT_TRUE(is_used_up(ahead));
  EXPECT_EQ(refusal(post_signed(kSigner, ahead + 1)), std::nullopt);
}

// What may be signed already, be it a little ahead, stays used up.
TEST_F(BoardIdentityTest, ATimeWithinTheWindowBindsStill) {
  const int64_t ahead = unix_ms(clock_.now().wall + seconds{30});
  EXPECT_EQ(refusal(post_signed(kSigner, ahead)), std::nullopt);
  EXPECT_EQ(refusal(post_signed(kSigner, ahead)), Refusal::stale);
  EXPECT_EQ(refusal(post_signed(kSigner, ahead - 1)), Refusal::stale);
}

TEST_F(BoardIdentityTest, EarlierItemsOfTheSameBatchCount) {
  const auto first = post_signed(kSigner, 10);
  const auto replay = post_signed(kSigner, 10);
  const auto unsigned_post = post(kSigner);
  const auto next = post_signed(kSigner, 11);
  step();
  EXPECT_EQ(outcome_of(first).refusal, std::nullopt);
  EXPECT_EQ(outcome_of(replay).refusal, Refusal::stale);
  EXPECT_EQ(outcome_of(unsigned_post).refusal, Refusal::pinned);
  EXPECT_EQ(outcome_of(next).refusal, std::nullopt);
  EXPECT_EQ(board_.last_time_ms(key_of(kSigner).value()), 11);
}

TEST_F(BoardIdentityTest, WithdrawingUsesItsTimeUp) {
  ASSERT_EQ(refusal(post_signed(kSigner, 10)), std::nullopt);
  EXPECT_EQ(refusal(withdraw_signed(kSigner, 10)), Refusal::stale);
  EXPECT_EQ(refusal(withdraw_signed(kSigner, 12)), std::nullopt);
  EXPECT_EQ(refusal(post_signed(kSigner, 11)), Refusal::stale);
  EXPECT_EQ(refusal(post(kSigner)), Refusal::pinned);
  EXPECT_EQ(refusal(post_signed(kSigner, 13)), std::nullopt);
}

TEST_F(BoardIdentityTest, ASignedWithdrawalPinsToo) {
  ASSERT_EQ(refusal(post(kSigner)), std::nullopt);
  EXPECT_EQ(refusal(withdraw_signed(kSigner, 10)), std::nullopt);
  EXPECT_EQ(refusal(post(kSigner)), Refusal::pinned);
  EXPECT_EQ(refusal(post_signed(kSigner, 10)), Refusal::stale);
  EXPECT_EQ(refusal(post_signed(kSigner, 11)), std::nullopt);
}

TEST_F(BoardIdentityTest, ARefusedWithdrawalUsesNothingUp) {
  ASSERT_EQ(refusal(post_signed(kSigner, 10)), std::nullopt);
  ASSERT_EQ(refusal(withdraw_signed(kSigner, 11)), std::nullopt);
  EXPECT_EQ(refusal(withdraw_signed(kSigner, 12)), Refusal::not_found);
  EXPECT_EQ(refusal(post_signed(kSigner, 12)), std::nullopt);
}

TEST_F(BoardIdentityTest, AFailedCommitUsesNothingUp) {
  store_.fail_next(1, Code::busy);
  const auto completion = post_signed(kSigner, 10);
  EXPECT_EQ(step(), Board::Step::held);
  EXPECT_EQ(board_.last_time_ms(key_of(kSigner).value()), std::nullopt);
  EXPECT_EQ(completed(completion).refusal, std::nullopt);
  EXPECT_EQ(board_.last_time_ms(key_of(kSigner).value()), 10);
}

TEST_F(BoardIdentityTest, PinsOutliveExpiryAndARestart) {
  ASSERT_EQ(refusal(post_signed(kSigner, 10)), std::nullopt);
  ASSERT_EQ(refusal(post_signed(kSigner, 20)), std::nullopt);
  pass(minutes{6});
  EXPECT_TRUE(store_.rows().empty());
  Board restarted(options_, store_);
  ASSERT_TRUE(restarted.load({}, clock_.now()));
  EXPECT_EQ(restarted.last_time_ms(key_of(kSigner).value()), 20);
}

TEST_F(BoardIdentityTest, TheFirstVerifiedPostOverAnUnverifiedOneStartsAnew) {
  step();
  const WallTime begun = completed(post(kSigner)).listing->created();
  pass(minutes{1});
  const ListingPtr verified = completed(post_signed(kSigner, 10)).listing;
  EXPECT_EQ(verified->created(), begun + minutes{1});
  EXPECT_EQ(verified->created(), verified->updated());
  pass(minutes{1});
  EXPECT_EQ(completed(post_signed(kSigner, 20)).listing->created(), begun + minutes{1});
  EXPECT_EQ(time_listed(kSigner), minutes{1});
}

TEST_F(BoardIdentityTest, ADepartureIsRemembered) {
  const WallTime begun = completed(post("a")).listing->created();
  pass(minutes{4});
  ASSERT_EQ(refusal(post("a")), std::nullopt);
  EXPECT_EQ(history("a"), std::nullopt);  // while it is listed its row says it all
  pass(minutes{2});
  ASSERT_EQ(refusal(withdraw("a")), std::nullopt);
  EXPECT_EQ(history("a")->state, History::State::withdrawn);
  EXPECT_EQ(history("a")->first_seen, begun);
  EXPECT_EQ(history("a")->last_seen, begun + minutes{4});
  EXPECT_EQ(time_listed("a"), minutes{6});
}

TEST_F(BoardIdentityTest, SeveralStaysAreRememberedAsOne) {
  const WallTime begun = completed(post("a")).listing->created();
  pass(minutes{7});
  EXPECT_EQ(history("a")->state, History::State::expired);
  ASSERT_EQ(refusal(post("a")), std::nullopt);
  pass(minutes{1});
  const auto first = withdraw("a");
  const auto again = post("a");
  const auto second = withdraw("a");
  step();
  EXPECT_EQ(outcome_of(second).refusal, std::nullopt);
  EXPECT_EQ(history("a")->first_seen, begun);
  EXPECT_EQ(time_listed("a"), minutes{6});
}

TEST_F(BoardIdentityTest, AfterThirtyDaysAProviderIsNewAgain) {
  ASSERT_EQ(refusal(post("a")), std::nullopt);
  pass(minutes{7});
  pass(days{31});
  const WallTime begun = completed(post("a")).listing->created();
  pass(minutes{7});
  EXPECT_EQ(history("a")->first_seen, begun);
  EXPECT_EQ(time_listed("a"), minutes{5});
}

TEST_F(BoardIdentityTest, WhatExpiresWhileTheBoardIsDownIsRememberedWithoutTheOutage) {
  step();
  const WallTime begun = completed(post("a")).listing->created();
  clock_.advance(minutes{2});
  ASSERT_TRUE(board_.record_shutdown(clock_.now()));
  clock_.advance(hours{1});
  Board restarted(options_, store_);
  ASSERT_TRUE(restarted.load({}, clock_.now()));
  restarted.step(clock_.now());
  EXPECT_EQ(history("a")->state, History::State::expired);
  EXPECT_EQ(history("a")->first_seen, begun);
  EXPECT_EQ(time_listed("a"), minutes{2});
}

// Whose row has expired while the board was down may post before that row is dealt with.
TEST_F(BoardIdentityTest, AStayThatIsInTheFileAloneIsRememberedInItsOrder) {
  constexpr size_t kOthers = 600;  // several steps of removals
  for (size_t i = 0; i < kOthers; ++i) post("other" + std::to_string(i));
  const WallTime begun = completed(post("a")).listing->created();
  while (step() == Board::Step::more) {
  }
  clock_.advance(hours{1});
  Board restarted({.providers_max = 1'000, .new_providers_per_hour = 1}, store_);
  ASSERT_TRUE(restarted.load({}, clock_.now()));
  std::vector<CompletionPtr> completions;
  for (const std::string id : {"a", "other7"}) {
    completions.push_back(std::make_shared<RecordingCompletion>());
    ASSERT_TRUE(restarted.publish({Listing::draft(offer(id)), nullptr, IpAddress{}},
                                  {&executor_, completions.back()}, clock_.boot()));
    completions.push_back(std::make_shared<RecordingCompletion>());
    ASSERT_TRUE(restarted.withdraw({id}, {&executor_, completions.back()}, clock_.boot()));
  }
  while (restarted.step(clock_.now()) == Board::Step::more) {
  }
  for (const CompletionPtr& completion : completions)
    EXPECT_EQ(outcome_of(completion).refusal, std::nullopt);
  EXPECT_EQ(history("a")->state, History::State::withdrawn);
  EXPECT_EQ(history("a")->first_seen, begun);
  EXPECT_EQ(history("a")->last_seen, clock_.now().wall);
  EXPECT_TRUE(store_.rows().empty());
}

TEST_F(BoardIdentityTest, AHistoryThatCannotBeReadHoldsTheBatch) {
  ASSERT_EQ(refusal(post("a")), std::nullopt);
  store_.fail_always(Code::busy);
  const auto completion = withdraw("a");
  EXPECT_EQ(step(), Board::Step::held);
  store_.heal();
  EXPECT_EQ(completed(completion).refusal, std::nullopt);
}

class NewProviderLimitTest : public BoardIdentityTest {
 protected:
  NewProviderLimitTest()
      : BoardIdentityTest({.providers_max = 1'000, .new_providers_per_hour = 2}) {}
};

TEST_F(NewProviderLimitTest, AnAddressMayBringSoManyNewProvidersAnHour) {
  EXPECT_EQ(refusal(post_from("a", "192.0.2.1")), std::nullopt);
  EXPECT_EQ(refusal(post_from("b", "192.0.2.1")), std::nullopt);
  const Outcome third = completed(post_from("c", "192.0.2.1"));
  EXPECT_EQ(third.refusal, Refusal::too_many_new);
  EXPECT_EQ(third.retry_after, hours{1});
  EXPECT_EQ(refusal(post_from("a", "192.0.2.1")), std::nullopt);  // known
  EXPECT_EQ(refusal(post_from("c", "192.0.2.2")), std::nullopt);
  pass(hours{1});
  EXPECT_EQ(refusal(post_from("d", "192.0.2.1")), std::nullopt);
}

TEST_F(NewProviderLimitTest, WhoWasAcceptedWithinThirtyDaysIsNotNew) {
  for (const char* id : {"a", "b"}) ASSERT_EQ(refusal(post_from(id, "192.0.2.1")), std::nullopt);
  const auto withdrawn = withdraw("a");
  const auto back = post_from("a", "192.0.2.1");  // in the very batch in which it left
  step();
  EXPECT_EQ(outcome_of(back).refusal, std::nullopt);
  pass(minutes{6});
  EXPECT_EQ(refusal(post_from("b", "192.0.2.1")), std::nullopt);
  EXPECT_EQ(refusal(post_from("c", "192.0.2.1")), Refusal::too_many_new);
}

TEST_F(NewProviderLimitTest, Ipv6CountsBySlash48) {
  EXPECT_EQ(refusal(post_from("a", "2001:db8:1:1::1")), std::nullopt);
  EXPECT_EQ(refusal(post_from("b", "2001:db8:1:2::1")), std::nullopt);
  EXPECT_EQ(refusal(post_from("c", "2001:db8:1:3::1")), Refusal::too_many_new);
  EXPECT_EQ(refusal(post_from("c", "2001:db8:2:3::1")), std::nullopt);
}

TEST_F(NewProviderLimitTest, ACommitThatIsTriedAgainIsCountedOnce) {
  store_.fail_next(3, Code::busy);
  const auto completion = post_from("a", "192.0.2.1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step(), Board::Step::held);
  EXPECT_EQ(completed(completion).refusal, std::nullopt);
  EXPECT_EQ(refusal(post_from("b", "192.0.2.1")), std::nullopt);
  EXPECT_EQ(refusal(post_from("c", "192.0.2.1")), Refusal::too_many_new);
}

class PinsMaxTest : public BoardIdentityTest {
 protected:
  PinsMaxTest() : BoardIdentityTest({.providers_max = 1'000, .pins_max = 1}) {}
};

class PinsTurnoverTest : public BoardIdentityTest {
 protected:
  PinsTurnoverTest() : BoardIdentityTest({.providers_max = 10, .pins_max = 40}) {}
  static std::string signer(int number) {
    const std::string digits = std::to_string(number);
    return "ed25519:" + std::string(64 - digits.size(), '0') + digits;
  }
  std::optional<int64_t> last_time(int number) {
    return board_.last_time_ms(key_of(signer(number)).value());
  }
};

// Forty keys that came and went once kept every new one from signing for good.
TEST_F(PinsTurnoverTest, TheLongestGoneAreForgottenFirst) {
  EXPECT_EQ(refusal(post_signed(signer(0), 1)), std::nullopt) << "stays listed";
  for (int i = 1; i < 200; ++i) {
    ASSERT_EQ(refusal(post_signed(signer(i), 10 * i)), std::nullopt) << i;
    ASSERT_EQ(refusal(withdraw_signed(signer(i), 10 * i + 1)), std::nullopt) << i;
    EXPECT_EQ(board_.pins_run_short(), i >= 31) << i;
    clock_.advance(seconds{1});
    ASSERT_EQ(refusal(post_signed(signer(0), 10 * i)), std::nullopt);
  }
  EXPECT_TRUE(last_time(0));
  EXPECT_FALSE(last_time(1));
  EXPECT_FALSE(last_time(160));
  for (int i = 164; i < 200; ++i) EXPECT_EQ(last_time(i), 10 * i + 1);
  std::set<std::string> stored;
  ASSERT_TRUE(store_.load_pins([&](std::string_view id, int64_t) { stored.emplace(id); }));
  EXPECT_FALSE(stored.contains(signer(1)));
  EXPECT_TRUE(stored.contains(signer(199)));
  EXPECT_LE(stored.size(), 40U);
  EXPECT_EQ(refusal(post(signer(1))), std::nullopt) << "as if it had never signed";
}

TEST_F(PinsTurnoverTest, WhatIsListedIsNotForgotten) {
  for (int i = 0; i < 10; ++i) ASSERT_EQ(refusal(post_signed(signer(i), 10)), std::nullopt);
  for (int i = 10; i < 60; ++i) {
    ASSERT_EQ(refusal(withdraw_signed(signer(i % 10), 20 + i)), std::nullopt);
    ASSERT_EQ(refusal(post_signed(signer(i % 10), 21 + i)), std::nullopt);
  }
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(last_time(i));
}

TEST_F(PinsMaxTest, PinsAreBoundedAndNobodyIsPushedOut) {
  EXPECT_EQ(refusal(post_signed(kSigner, 10)), std::nullopt);
  EXPECT_EQ(refusal(post_signed(kOther, 10)), Refusal::pins_full);
  EXPECT_EQ(refusal(post_signed(kSigner, 11)), std::nullopt);
  EXPECT_EQ(refusal(post(kOther)), std::nullopt);
  EXPECT_EQ(refusal(withdraw_signed(kOther, 10)), Refusal::pins_full);
  EXPECT_EQ(refusal(withdraw(kOther)), std::nullopt);
}

}  // namespace
}  // namespace discovery

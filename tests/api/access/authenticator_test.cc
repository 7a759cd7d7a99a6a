// Contract, section 5: which requests count as their provider's own.
#include "api/access/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advertisement/json/json_text.h"
#include "tests/support/credentials_fixture.h"

namespace discovery {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(CredentialsTest, MarksWhatIsSignedByItsProviderAsVerified) {
  EXPECT_THAT(post_now().body, HasSubstr(R"("verified":true)"));
  EXPECT_THAT(ask(post_of(key_, server_time())).body, HasSubstr(R"("verified":true)"));
  EXPECT_THAT(rig_->post(kOffer).body, HasSubstr(R"("verified":false)"));
  EXPECT_THAT(rig_->list("verified=false").body,
              AllOf(HasSubstr("provider123"), Not(HasSubstr(wallet_.id()))));
  EXPECT_THAT(rig_->list("verified=true").body,
              AllOf(HasSubstr(wallet_.id()), HasSubstr(key_.id()), Not(HasSubstr("provider123"))));
}

TEST_F(CredentialsTest, TakesEverySpellingOfAKeyAndOfItsSignature) {
  int64_t time = server_time();
  for (const char* const id_case : {"lower", "upper"}) {
    Sent sent;
    sent.id = wallet_.id();
    for (char& c : sent.id) {
      if (c != 'x') c = id_case == std::string_view("lower") ? ascii_lower(c) : ascii_upper(c);
    }
    const std::string hex = wallet_.sign(text(sent, ++time));
    sent.signature = signature_header(time, "0x" + hex);
    EXPECT_THAT(ask(sent).body, HasSubstr(wallet_.id()));
    sent.signature = signature_header(time, hex);
    EXPECT_EQ(ask(sent).code(), "AUTH_002") << "the same provider";
  }
}

TEST_F(CredentialsTest, RefusesASignatureOfAnythingElse) {
  const int64_t now = server_time();
  ASSERT_EQ(ask(post_of(wallet_, now)).status, 200);
  const Sent good = post_of(wallet_, now + 1);
  Sent sent = good;
  sent.body += " ";
  expect_refused(sent, 401, "AUTH_001");
  sent = good;
  sent.host = "other.example:9001";
  expect_refused(sent, 401, "AUTH_001");
  sent = good;
  sent.id = stranger_.id();
  expect_refused(sent, 401, "AUTH_001");
  sent = good;
  sent.signature.replace(0, sent.signature.find(','), "t=" + std::to_string(now + 2));
  expect_refused(sent, 401, "AUTH_001");
  sent = good;
  sent.signature = header_of(stranger_, now + 1, text(sent, now + 1));
  expect_refused(sent, 401, "AUTH_001");
  sent = withdrawal_of(wallet_, now + 1);
  sent.signature = good.signature;
  expect_refused(sent, 401, "AUTH_001");
  sent = good;
  sent.signature = withdrawal_of(wallet_, now + 1).signature;
  expect_refused(sent, 401, "AUTH_001");
  EXPECT_EQ(ask(good).status, 200) << "nothing of this used its time up";
}

TEST_F(CredentialsTest, RefusesWhatOnlyBeginsLikeASignature) {
  const int64_t now = server_time();
  ASSERT_EQ(ask(post_of(wallet_, now)).status, 200);
  const Sent good = post_of(wallet_, now + 1);
  const std::string time = std::to_string(now + 1);
  const std::string hex = good.signature.substr(good.signature.find("v1=") + 3);
  for (const std::string& header :
       {std::string("t="), std::string("t=1"), std::string("t=1,v1=zz"),
        "t=" + time + ",v1=", "t=-" + time + ",v1=" + hex, "t=" + time + "0000,v1=" + hex,
        "t=99999999999999999999,v1=" + hex, "t=" + time + ",v1=" + hex + "00",
        "t=" + time + ",v1=" + hex.substr(2), "t=" + time + ",v1=" + hex + ",v1=" + hex,
        "t=" + time + ",t=" + time + ",v1=" + hex, "t=" + time + ",V1=" + hex,
        "t=" + time + ",v1=0x0x" + hex}) {
    Sent sent = good;
    sent.signature = header;
    expect_refused(sent, 401, "AUTH_001");
  }
}

TEST_F(CredentialsTest, TakesReorderedPartsForNoSignatureAtAll) {
  Sent sent = post_of(wallet_, server_time());
  const size_t comma = sent.signature.find(',');
  sent.signature = sent.signature.substr(comma + 1) + "," + sent.signature.substr(0, comma);
  EXPECT_THAT(ask(sent).body, HasSubstr(R"("verified":false)"));
  ASSERT_EQ(post_now().status, 200);
  expect_refused(sent, 401, "AUTH_005");
}

TEST_F(CredentialsTest, RefusesTheOtherTwinOfASignature) {
  Sent sent = post_of(wallet_, server_time());
  std::string hex = sent.signature.substr(sent.signature.find("v1=") + 3);
  // n - s, with the other v, is the same key's signature of the same text.
  const auto order =
      from_hex<32>("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").value();
  auto s = from_hex<32>(hex.substr(64, 64)).value();
  for (int i = 31, borrow = 0; i >= 0; --i) {
    const int difference = order[static_cast<size_t>(i)] - s[static_cast<size_t>(i)] - borrow;
    borrow = difference < 0;
    s[static_cast<size_t>(i)] = static_cast<uint8_t>(difference);
  }
  hex.replace(64, 64, to_hex(s)).replace(128, 2, hex.ends_with("1b") ? "1c" : "1b");
  const Sent good = sent;
  sent.signature = signature_header(server_time(), hex);
  EXPECT_THAT(expect_refused(sent, 401, "AUTH_001").body, HasSubstr("lower half"));
  EXPECT_EQ(ask(good).status, 200);
}

TEST_F(CredentialsTest, RefusesASignatureUnderAnIdThatNamesNoKey) {
  Sent sent = post_of(wallet_, server_time());
  sent.id = "provider123";
  EXPECT_THAT(expect_refused(sent, 401, "AUTH_001").body, HasSubstr("names no key"));
}

TEST_F(CredentialsTest, RefusesASignedRequestWithoutHost) {
  Sent sent = post_of(wallet_, server_time());
  sent.host.clear();
  EXPECT_THAT(expect_refused(sent, 401, "AUTH_001").body, HasSubstr("Host"));
}

TEST_F(CredentialsTest, RefusesTwoSignatureHeaders) {
  const Sent sent = post_of(wallet_, server_time());
  Request request =
      rig_->signed_request(sent.method, sent.path, sent.body, sent.id, sent.signature);
  request.host = {sent.host, 1};
  request.provider_signature.count = 2;
  EXPECT_EQ(rig_->settled(request).status, 422);
  EXPECT_EQ(rig_->list().body, "[]");
}

TEST_F(CredentialsTest, TakesTimesUpToTheBordersOfTheWindow) {
  const int64_t now = server_time();
  for (const int64_t time : {now - 120'000, now + 30'000}) {
    EXPECT_EQ(ask(post_of(wallet_, time)).status, 200);
  }
  open_board();
  for (const int64_t time : {now - 120'001, now + 30'001}) {
    const Answered answer = expect_refused(post_of(wallet_, time), 401, "AUTH_002");
    EXPECT_THAT(answer.body, AllOf(HasSubstr(R"("server_time":)" + std::to_string(now)),
                                   Not(HasSubstr("last_time"))));
  }
}

TEST_F(CredentialsTest, SaysThatATimeLooksLikeSeconds) {
  EXPECT_THAT(expect_refused(post_of(wallet_, server_time() / 1'000), 401, "AUTH_002").body,
              HasSubstr("milliseconds; this one looks like seconds"));
}

// The clock was a year ahead for a moment.
TEST_F(CredentialsTest, LocksNobodyOutOnceTheClockIsMended) {
  constexpr std::chrono::days kYear{365};
  rig_->clock.step_wall(kYear);
  ASSERT_EQ(ask(post_of(wallet_, server_time())).status, 200);
  rig_->clock.step_wall(-kYear);
  const Sent sent = post_of(wallet_, server_time());
  EXPECT_EQ(ask(sent).status, 200);
  EXPECT_EQ(expect_refused(sent, 401, "AUTH_002").status, 401);
  EXPECT_EQ(ask(post_of(wallet_, server_time() + 1)).status, 200);
}

// It signs with what an AUTH_002 says, which must then be accepted.
TEST_F(CredentialsTest, DoesNotTellALastTimeThatCountsNoMore) {
  constexpr std::chrono::hours kHour{1};
  rig_->clock.step_wall(kHour);
  const int64_t ahead = server_time();
  ASSERT_EQ(ask(post_of(wallet_, ahead)).status, 200);
  rig_->clock.step_wall(-kHour);
  EXPECT_THAT(expect_refused(post_of(wallet_, ahead + 1), 401, "AUTH_002").body,
              AllOf(HasSubstr(R"("server_time":)" + std::to_string(server_time())),
                    Not(HasSubstr("last_time"))));
}

TEST_F(CredentialsTest, TakesNoTimeTwiceNorAnEarlierOne) {
  const int64_t now = server_time();
  const Sent first = post_of(wallet_, now);
  ASSERT_EQ(ask(first).status, 200);
  for (const Sent& sent : {first, post_of(wallet_, now - 1), withdrawal_of(wallet_, now)}) {
    const std::string last = R"("last_time":)" + std::to_string(now);
    EXPECT_THAT(expect_refused(sent, 401, "AUTH_002").body,
                AllOf(HasSubstr(R"("server_time":)"), HasSubstr(last)));
  }
  EXPECT_EQ(ask(withdrawal_of(wallet_, now + 1)).status, 200);
  EXPECT_EQ(expect_refused(first, 401, "AUTH_002").status, 401);
  EXPECT_EQ(ask(post_of(wallet_, now + 2)).status, 200);
}

TEST_F(CredentialsTest, TheWriterDecidesBetweenTwoThatAreUnderWay) {
  const Sent sent = post_of(wallet_, server_time());
  Request request =
      rig_->signed_request(sent.method, sent.path, sent.body, sent.id, sent.signature);
  request.host = {sent.host, 1};
  Request unsigned_one = rig_->signed_request(sent.method, sent.path, sent.body, sent.id, "s");
  std::vector<std::shared_ptr<RecordingExchange>> exchanges;
  for (const Request& one : {request, request, unsigned_one}) {
    exchanges.push_back(std::make_shared<RecordingExchange>());
    rig_->api.handle(one, *exchanges.back());
  }
  rig_->board.step(rig_->clock.now());
  EXPECT_EQ(exchanges[0]->answers.at(0).status, 200);
  EXPECT_THAT(exchanges[1]->answers.at(0).body,
              AllOf(HasSubstr("AUTH_002"), HasSubstr(R"("server_time":)"),
                    HasSubstr(R"("last_time":)" + std::to_string(server_time()))));
  EXPECT_EQ(exchanges[2]->answers.at(0).code(), "AUTH_005");
}

TEST_F(CredentialsTest, TellsTheLastTimeOnlyToWhoHoldsTheKey) {
  const int64_t now = server_time();
  ASSERT_EQ(ask(post_of(wallet_, now)).status, 200);
  Sent sent = post_of(wallet_, now);
  sent.signature = header_of(stranger_, now, text(sent, now));
  EXPECT_THAT(expect_refused(sent, 401, "AUTH_002").body,
              AllOf(HasSubstr("server_time"), Not(HasSubstr("last_time"))));
}

TEST_F(CredentialsTest, OnlyItsKeySpeaksForAPinnedProvider) {
  ASSERT_EQ(post_now().status, 200);
  Sent sent = post_of(wallet_, server_time());
  const std::string bare_hex = sent.signature.substr(sent.signature.find("v1=") + 3);
  constexpr std::string_view kForm = "X-Provider-Signature must begin with t=, as in t=<unix time";
  constexpr std::string_view kBareHex = "hex digits alone";
  sent.signature = "anything";
  EXPECT_THAT(expect_refused(sent, 401, "AUTH_005").body,
              AllOf(HasSubstr(kForm), Not(HasSubstr(kBareHex))));
  for (const std::string& hex : {bare_hex, "0x" + bare_hex, std::string(128, 'a')}) {
    sent.signature = hex;
    EXPECT_THAT(expect_refused(sent, 401, "AUTH_005").body,
                AllOf(HasSubstr(kForm), HasSubstr(kBareHex)));
  }
  sent = withdrawal_of(wallet_, server_time() + 1);
  const Sent good = sent;
  sent.signature = "anything";
  expect_refused(sent, 401, "AUTH_005");
  EXPECT_EQ(ask(good).status, 200);
  sent.method = Method::post;
  sent.path = kBoardUrl;
  sent.body = kOffer;
  expect_refused(sent, 401, "AUTH_005");
}

TEST_F(CredentialsTest, ASignedBoardTakesNothingUnsigned) {
  RigOptions options;
  options.api.auth.signed_only = true;
  open_board(options);
  for (const std::string& id : {std::string("provider123"), wallet_.id()}) {
    Sent sent = withdrawal_of(wallet_, server_time());
    sent.id = id;
    sent.path = std::string(kBoardUrl) + "/" + id;
    sent.signature = "anything";
    expect_refused(sent, 401, "AUTH_005");
    sent.method = Method::post;
    sent.path = kBoardUrl;
    sent.body = kOffer;
    expect_refused(sent, 401, "AUTH_005");
  }
  EXPECT_EQ(post_now().status, 200);
}

TEST_F(CredentialsTest, ASignatureMadeForAnotherBoardIsRefusedWhateverHostIsSent) {
  RigOptions options;
  options.api.auth.public_hosts = PublicHosts({std::string(kHost), "second.example"});
  open_board(options);
  int64_t time = server_time();
  Sent foreign;
  foreign.id = wallet_.id();
  foreign.host = "foreign.example";
  foreign.signature = header_of(wallet_, time, text(foreign, time));
  for (const std::string_view host : {"foreign.example", "second.example", "board.example:9001"}) {
    foreign.host = host;
    expect_refused(foreign, 401, "AUTH_001");
  }
  for (const std::string_view host : {"second.example", "board.example:9001"}) {
    Sent sent = foreign;
    sent.host = host;
    ++time;
    sent.signature = header_of(wallet_, time, text(sent, time));
    EXPECT_EQ(ask(sent).status, 200) << host;
  }
  Sent by_number = post_of(wallet_, ++time);  // signed for the first name
  by_number.host = "192.0.2.1";
  EXPECT_EQ(ask(by_number).status, 200);
  EXPECT_FALSE(rig_->lifecycle.warned_of_hosts);
}

TEST_F(CredentialsTest, ADefaultPortMayBeSignedOrLeftOut) {
  int64_t time = server_time();
  for (const std::string_view signed_host : {"board.example", "board.example:443"}) {
    Sent sent;
    sent.id = wallet_.id();
    sent.host = signed_host;
    ++time;
    sent.signature = header_of(wallet_, time, text(sent, time));
    sent.host = "Board.Example:443";
    EXPECT_EQ(ask(sent).status, 200) << signed_host;
  }
}

TEST_F(CredentialsTest, RemembersThatItWarnedOfUnsetHosts) {
  rig_->post(kOffer);
  EXPECT_FALSE(rig_->lifecycle.warned_of_hosts);
  post_now();
  EXPECT_TRUE(rig_->lifecycle.warned_of_hosts);
}

TEST_F(CredentialsTest, ShowsTheExpectedTextOnlyWhereDebuggingIsOn) {
  Sent sent = post_of(wallet_, server_time());
  sent.body += " ";
  EXPECT_THAT(expect_refused(sent, 401, "AUTH_001").body,
              AllOf(HasSubstr(std::string(kHost)), Not(HasSubstr("expected_text"))));
  RigOptions options;
  options.api.auth.shows_expected_text = true;
  open_board(options);
  std::string expected;
  append_json_string(expected, text(sent, server_time()));
  EXPECT_THAT(expect_refused(sent, 401, "AUTH_001").body,
              HasSubstr(R"("expected_text":)" + expected));
}

TEST_F(CredentialsTest, ChecksInTheOrderOfTheContract) {
  ASSERT_EQ(post_now().status, 200);
  Sent sent = post_of(wallet_, server_time());
  sent.signature = "t=1,v1=zz";
  sent.body = "{}";
  expect_refused(sent, 422, "REQ_001");
  Sent withdrawal = withdrawal_of(wallet_, server_time() + 1);
  withdrawal.path = std::string(kBoardUrl) + "/" + stranger_.id();
  withdrawal.signature = "t=1,v1=zz";
  expect_refused(withdrawal, 401, "AUTH_004");
  withdrawal = withdrawal_of(stranger_, server_time());
  withdrawal.signature = "t=1,v1=zz";
  expect_refused(withdrawal, 401, "AUTH_001");
  expect_refused(withdrawal_of(stranger_, server_time()), 404, "ADV_004");
}

TEST_F(CredentialsTest, ASignedRenewalOfAnUnsignedPostIsVerified) {
  rig_->post(kOffer, wallet_.id());
  EXPECT_THAT(post_now().body, HasSubstr(R"("verified":true)"));
}

TEST_F(CredentialsTest, ASignedRenewalIsCheckedLikeAnyOther) {
  post_now();
  rig_->clock.advance(std::chrono::seconds{1});
  EXPECT_THAT(post_now().body, HasSubstr(R"("verified":true)"));
  rig_->clock.advance(std::chrono::seconds{1});
  Sent forged = post_of(stranger_, server_time());
  forged.id = wallet_.id();
  expect_refused(forged, 401, "AUTH_001");
  EXPECT_EQ(rig_->post(kOffer, wallet_.id()).code(), "AUTH_005");
}

}  // namespace
}  // namespace discovery

// Posts that say again what they said before, in the same bytes, are not read again: nobody may
// notice but by the clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "tests/api_fixture.h"
#include "tests/credentials_fixture.h"

namespace discovery {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

ListingPtr found(const Rig& rig, std::string_view id) {
  return rig.board.read([&](const Index& index) { return ListingPtr(index.find(id)); });
}

TEST(Renewal, IsRecognisedByItsBytes) {
  Rig rig;
  rig.post(kOffer);
  const ListingPtr first = found(rig, "provider123");
  EXPECT_NE(first->body_hash(), 0U);
  rig.clock.advance(seconds{1});
  rig.post(kOffer);
  EXPECT_EQ(found(rig, "provider123")->body_hash(), first->body_hash());
  rig.clock.advance(seconds{1});
  rig.post(std::string(kOffer) + " ");
  const ListingPtr last = found(rig, "provider123");
  EXPECT_NE(last->body_hash(), first->body_hash());
  EXPECT_TRUE(last->same_content(*first));
}

TEST(Renewal, OfOneIsNoRenewalOfAnother) {
  Rig rig;
  rig.post(kOffer, "a");
  EXPECT_EQ(rig.post(kOffer, "b").status, 200);
  EXPECT_EQ(found(rig, "b")->provider_id(), "b");
}

// Every body of the second board ends in another number of spaces, so that it recognises none.
TEST(Renewal, SaysWhatReadingTheBodyAgainWouldSay) {
  constexpr std::array<std::string_view, 5> kBodies{
      kOffer,
      R"({"ip_address":"83.233.10.2","country":"SE",)"
      R"("resources":{"cpu":4,"memory":8,"storage":100},"pricing":{"usd_per_core_month":6.5,)"
      R"("usd_per_gb_ram_month":1,"usd_per_gb_storage_month":0.1}})",
      R"({"country":"SE","ip_address":"83.233.10.2",)"
      R"("resources":{"storage":100,"cpu":4,"memory":8}})",
      R"({"ip_address":"2001:db8::1","country":"DE","provider_name":"Å \"b\"",)"
      R"("platform":"amd64","resources":{"cpu":1,"memory":1,"storage":1,"gpu":2}})",
      R"({"ip_address":"83.233.10.2","country":"SE","resources":{"cpu":0}})",
  };
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Rig known, unknown;
  std::string spaces;
  for (int step = 0; step < 2'000; ++step) {
    const std::string id = "p" + std::to_string(random() % 4);
    if (random() % 16 == 0) {
      EXPECT_EQ(known.withdraw(id, id).status, unknown.withdraw(id, id).status);
    } else {
      const std::string body(kBodies[random() % kBodies.size()]);
      spaces += ' ';
      const Answered expected = unknown.post(body + spaces, id);
      const Answered answer = known.post(body, id);
      ASSERT_EQ(answer.status, expected.status) << body;
      if (answer.status == 200) {
        ASSERT_EQ(answer.body, expected.body);
      }
    }
    const Duration pause = random() % 64 == 0 ? Duration(minutes{6}) : Duration(seconds{1});
    known.clock.advance(pause);
    unknown.clock.advance(pause);
    ASSERT_EQ(known.list().body, unknown.list().body);
  }
}

using SignedRenewal = CredentialsTest;

TEST_F(SignedRenewal, OfAnUnsignedPostIsVerified) {
  rig_->post(kOffer, wallet_.id());
  EXPECT_THAT(post_now().body, HasSubstr(R"("verified":true)"));
}

TEST_F(SignedRenewal, IsCheckedLikeAnyOther) {
  post_now();
  rig_->clock.advance(seconds{1});
  EXPECT_THAT(post_now().body, HasSubstr(R"("verified":true)"));
  rig_->clock.advance(seconds{1});
  Sent forged = post_of(stranger_, server_time());
  forged.id = wallet_.id();
  expect_refused(forged, 401, "AUTH_001");
  EXPECT_EQ(rig_->post(kOffer, wallet_.id()).code(), "AUTH_005");
}

}  // namespace
}  // namespace discovery

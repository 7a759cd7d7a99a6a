// What is known of one provider beyond its advertisement: its proof, and why it is (not) listed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advertisement/json/json_text.h"
#include "base/base64.h"
#include "tests/support/api_fixture.h"
#include "tests/support/signer.h"

namespace discovery {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kHost = "board.example";

TEST(Base64, IsThatOfRfc4648) {
  for (const auto& [bytes, text] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"},
                                                        {"\xff\xfe\xfd", "//79"}}) {
    EXPECT_EQ(to_base64(bytes), text);
  }
}

class ProvidersTest : public testing::Test {
 protected:
  std::string text(int64_t time_ms) const {
    return signed_text(
        {SignedRequest::Action::post, kHost, signer_.id(), std::to_string(time_ms), kOffer});
  }
  int64_t server_time() const { return rig_.clock.now().wall.time_since_epoch().count() / 1'000; }
  Answered post_signed(std::string_view signature) {
    Request request = rig_.signed_request(Method::post, kBoardUrl, kOffer, signer_.id(), signature);
    request.host = {kHost, 1};
    return rig_.settled(request);
  }
  Answered post_signed() {
    return post_signed(header_of(signer_, server_time(), text(server_time())));
  }
  Answered proof(const std::string& id) {
    return rig_.looked_up(std::string(kBoardUrl) + "/" + id + "/proof");
  }
  Answered provider(const std::string& id) { return rig_.looked_up("/api/v1/providers/" + id); }

  const Ed25519Signer signer_ = numbered_signer<Ed25519Signer>(1);
  Rig rig_;
};

TEST_F(ProvidersTest, ShowsTheProofOfAVerifiedAdvertisement) {
  const std::string signature = signer_.sign(text(server_time()));
  ASSERT_EQ(post_signed(signature_header(server_time(), "0x" + signature)).status, 200);
  const Answered answer = proof(signer_.id());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.sharing, Sharing::any_origin);
  std::string quoted;
  append_json_string(quoted, text(server_time()));
  EXPECT_EQ(answer.body, R"({"provider_id":")" + signer_.id() + R"(","text":)" + quoted +
                             R"(,"signature":"0x)" + signature + R"(","body":")" +
                             to_base64(kOffer) + R"("})");
}

TEST_F(ProvidersTest, ShowsNoProofWhereThereIsNone) {
  rig_.post(kOffer, "unsigned");
  for (const std::string& id : {std::string("unsigned"), std::string("nobody"), signer_.id()}) {
    EXPECT_EQ(proof(id).status, 404) << id;
    EXPECT_EQ(proof(id).code(), "ADV_004") << id;
  }
  EXPECT_EQ(proof("..").status, 422);
  post_signed();
  rig_.clock.advance(minutes{5});
  EXPECT_EQ(proof(signer_.id()).status, 404) << "expired";
}

TEST_F(ProvidersTest, TellsWhatBecameOfAProvider) {
  rig_.post(kOffer, "p");
  EXPECT_THAT(provider("p").body,
              StartsWith(R"({"provider_id":"p","state":"live",)"
                         R"("first_seen":"2026-02-19T09:54:30.000000Z",)"
                         R"("last_seen":"2026-02-19T09:54:30.000000Z",)"
                         R"("expires_at":"2026-02-19T09:59:30.000000Z","listed":{"1d":)"));
  EXPECT_THAT(provider("p").body, HasSubstr(R"("last_refusal":null,"unsigned_refusals":0})"));
  rig_.clock.advance(minutes{5});
  EXPECT_THAT(provider("p").body,
              AllOf(HasSubstr(R"("state":"expired")"), HasSubstr(R"("expires_at":null)"),
                    HasSubstr(R"("listed":{"1d":1.0000,"7d":1.0000,"30d":1.0000})")));
  rig_.clock.advance(minutes{5});
  EXPECT_THAT(provider("p").body, HasSubstr(R"("listed":{"1d":0.5000,)"));
  rig_.post(kOffer, "p");
  rig_.withdraw("p", "p");
  EXPECT_THAT(provider("p").body, HasSubstr(R"("state":"withdrawn")"));
}

TEST_F(ProvidersTest, SaysWhyTheLastPostWasRefused) {
  rig_.post("{}", "p");
  rig_.clock.advance(seconds{1});
  EXPECT_THAT(provider("p").body,
              AllOf(HasSubstr(R"("state":null,"first_seen":null)"),
                    HasSubstr(R"("listed":{"1d":null,"7d":null,"30d":null})"),
                    HasSubstr(R"("last_refusal":{"time":"2026-02-19T09:54:30.000000Z",)"
                              R"("code":"REQ_001","message":"body.)")));
  Request request = rig_.signed_request(Method::post, kBoardUrl, kOffer, "p", "s");
  request.content_type = {"text/plain", 1};
  rig_.settled(request);
  EXPECT_THAT(provider("p").body, HasSubstr(R"("code":"HTTP_415")"));
  request.content_type = {};
  request.provider_signature = {};
  rig_.settled(request);
  EXPECT_THAT(provider("p").body, HasSubstr(R"("code":"AUTH_003")"));
  EXPECT_EQ(provider("q").status, 404);
  EXPECT_EQ(provider("q").code(), "ADV_004");
}

TEST_F(ProvidersTest, RemembersRefusalsOfTheWriterAndOfSignatures) {
  ASSERT_EQ(post_signed().status, 200);
  post_signed("t=1,v1=zz");
  EXPECT_THAT(provider(signer_.id()).body, HasSubstr(R"("code":"AUTH_001")"));
  post_signed();
  EXPECT_THAT(provider(signer_.id()).body, HasSubstr(R"("code":"AUTH_002")"));
  rig_.store.fail_always(Code::busy);
  const auto held = std::make_shared<RecordingExchange>();
  rig_.api.handle(rig_.signed_request(Method::post, kBoardUrl, kOffer, "late", "s"), *held);
  rig_.board.abandon();
  EXPECT_THAT(provider("late").body, HasSubstr(R"("code":"SRV_002")"));
}

TEST_F(ProvidersTest, OnlyCountsWhatOthersDoInThePinnedOnesName) {
  ASSERT_EQ(post_signed().status, 200);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(post_signed("unsigned").code(), "AUTH_005");
  EXPECT_THAT(provider(signer_.id()).body,
              HasSubstr(R"("last_refusal":null,"unsigned_refusals":3})"));
}

TEST_F(ProvidersTest, KeepsNoMoreOfAMessageThanItMay) {
  const std::string long_name(4'000, 'x');
  rig_.post(R"({")" + long_name + R"(": 1, ")" + long_name + R"(": 1})", "p");
  EXPECT_LT(provider("p").body.size(), 1'024U);
}

TEST_F(ProvidersTest, NotesNeitherReadsNorWithdrawals) {
  rig_.show("p");
  rig_.withdraw("p", "p");
  rig_.withdraw("p", "q");
  EXPECT_EQ(provider("p").status, 404);
  EXPECT_EQ(provider("q").status, 404);
}

TEST_F(ProvidersTest, WaitsForTheBoardToBeLoaded) {
  rig_.lifecycle.phase = Lifecycle::Phase::loading;
  rig_.lifecycle.archive = nullptr;
  for (const Answered& answer : {proof("p"), provider("p")}) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.retry_after_seconds, 1U);
  }
  EXPECT_EQ(provider("..").status, 422);
}

}  // namespace
}  // namespace discovery

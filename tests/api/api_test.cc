// The board's part of the contract: posting, listing, showing, withdrawing.
#include "api/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kStored =
    R"({"provider_id":"provider123","provider_name":"","ip_address":"83.233.10.2","country":"SE",)"
    R"("platform":null,"network":null,"payments_network":null,)"
    R"("resources":{"cpu":4,"memory":8,"storage":100},"pricing":null,"verified":false,)"
    R"("created_at":"2026-02-19T09:54:30.000000Z","updated_at":"2026-02-19T09:54:30.000000Z",)"
    R"("expires_at":"2026-02-19T09:59:30.000000Z"})";

std::string error_body(std::string_view code, std::string_view message,
                       std::string_view request_id) {
  const std::string pair =
      R"("code":")" + std::string(code) + R"(","message":")" + std::string(message) + R"(")";
  return "{" + pair + R"(,"detail":{)" + pair + R"(},"request_id":")" + std::string(request_id) +
         R"("})";
}

TEST(Api, AnswersAPostWithWhatIsStoredAndWhenToPostAgain) {
  Rig rig;
  const Answered answer = rig.post(kOffer);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body,
            std::string(kStored.substr(0, kStored.size() - 1)) + R"(,"refresh_after":100})");
  EXPECT_EQ(answer.content_type, ContentType::json);
  EXPECT_EQ(answer.caching, Caching::no_store);
  EXPECT_EQ(answer.sharing, Sharing::own_origin);
}

TEST(Api, ShowsAndListsWhatWasPosted) {
  Rig rig;
  EXPECT_EQ(rig.list().body, "[]");
  rig.post(kOffer);
  EXPECT_EQ(rig.show("provider123").body, kStored);
  EXPECT_EQ(rig.list().body, "[" + std::string(kStored) + "]");
  for (const Answered& answer : {rig.show("provider123"), rig.list()}) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.caching, Caching::no_cache);
    EXPECT_EQ(answer.sharing, Sharing::any_origin);
  }
}

TEST(Api, AnswersAPostOnlyOnceItIsDurable) {
  Rig rig;
  const auto exchange = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s"), *exchange);
  EXPECT_EQ(exchange->answers.size(), 0U);
  EXPECT_EQ(rig.show("p").status, 404);
  rig.board.step(rig.clock.now());
  EXPECT_EQ(exchange->answers.size(), 1U);
  EXPECT_EQ(rig.show("p").status, 200);
  rig.board.step(rig.clock.now());
  EXPECT_EQ(exchange->answers.size(), 1U);
}

TEST(Api, RefreshesAfterAThirdOfTheLeaseButNeverAtOnce) {
  const auto refresh_after = [](Duration lease) {
    Rig rig({.board = {.lease = lease, .providers_max = 10}});
    const std::string body = rig.post(kOffer).body;
    return body.substr(body.rfind(':') + 1);
  };
  EXPECT_EQ(refresh_after(minutes{5}), "100}");
  EXPECT_EQ(refresh_after(seconds{11}), "3}");
  EXPECT_EQ(refresh_after(seconds{3}), "1}");
  EXPECT_EQ(refresh_after(milliseconds{2'999}), "1}");
}

TEST(Api, HidesAnAdvertisementFromTheMomentItExpires) {
  Rig rig;
  rig.post(kOffer);
  rig.clock.advance(minutes{5} - microseconds{1});
  EXPECT_EQ(rig.show("provider123").status, 200);
  EXPECT_NE(rig.list().body, "[]");
  rig.clock.advance(microseconds{1});
  EXPECT_EQ(rig.show("provider123").status, 404);
  EXPECT_EQ(rig.list().body, "[]");
}

TEST(Api, TakesJsonUnderAnyOfItsNames) {
  Rig rig;
  const auto status = [&](Field content_type) {
    Request request = rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s");
    request.content_type = content_type;
    return rig.settled(request).status;
  };
  EXPECT_EQ(status({}), 200);
  for (const std::string_view type :
       {"", "application/json", "Application/JSON", "application/json; charset=utf-8",
        "application/json;charset=utf-8", "application/json ;x=y", "application/vnd.api+json",
        "text/x+JSON; q=1"}) {
    EXPECT_EQ(status({type, 1}), 200) << type;
  }
  for (const std::string_view type :
       {"text/plain", "application/jsonp", "application/jso", "json", "+json", "a+json", "/+json",
        "application/+json", "text/html+json2", "application/x-www-form-urlencoded", ";", "*/*"}) {
    EXPECT_EQ(status({type, 1}), 415) << type;
  }
  EXPECT_EQ(status({"application/json", 2}), 415);
}

TEST(Api, TakesNoEncodedBody) {
  Rig rig;
  const auto posted = [&](Field encoding) {
    Request request = rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s");
    request.content_encoding = encoding;
    return rig.settled(request);
  };
  for (const Field& plain : {Field{}, Field{"", 1}, Field{"identity", 1}, Field{"Identity,", 2}}) {
    EXPECT_EQ(posted(plain).status, 200) << plain.value;
  }
  for (const Field& encoded :
       {Field{"gzip", 1}, Field{"br", 1}, Field{"x", 1}, Field{"identity,gzip", 2}}) {
    const Answered answer = posted(encoded);
    EXPECT_EQ(answer.status, 415) << encoded.value;
    EXPECT_EQ(answer.code(), "HTTP_415");
    EXPECT_EQ(answer.header("Accept-Encoding"), "identity");
  }
  EXPECT_THAT(posted({"gzip", 1}).body, HasSubstr("the Content-Encoding 'gzip' is not taken"));
  EXPECT_THAT(posted({"\xff", 1}).body, HasSubstr("the Content-Encoding is not taken"));
}

TEST(Api, AsksForMissingCredentials) {
  Rig rig;
  const auto refusal = [&](Method method, std::string_view path, Field id, Field signature) {
    Request request = rig.request(method, path);
    request.body = kOffer;
    request.provider_id = id;
    request.provider_signature = signature;
    const Answered answer = rig.settled(request);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.code(), "AUTH_003");
    return answer.body;
  };
  const std::string one = std::string(kBoardUrl) + "/p";
  for (const auto& [method, path] :
       {std::pair{Method::post, std::string(kBoardUrl)}, std::pair{Method::remove, one}}) {
    for (const Field none : {Field{}, Field{"", 1}, Field{"", 2}}) {
      EXPECT_THAT(refusal(method, path, none, {"s", 1}), HasSubstr("\"X-Provider-ID is missing"));
      EXPECT_THAT(refusal(method, path, {"p", 1}, none), HasSubstr("\"X-Provider-Signature is m"));
      EXPECT_THAT(refusal(method, path, none, none),
                  HasSubstr("\"X-Provider-ID and X-Provider-Signature are missing"));
    }
  }
}

TEST(Api, TakesProviderIdsUpToTheirLimits) {
  Rig rig;
  for (const std::string& id : {std::string("p"), std::string(128, 'p'), std::string("..."),
                                std::string("A-Za-z0-9._~:@+-")}) {
    EXPECT_EQ(rig.post(kOffer, id).status, 200) << id;
  }
  for (const std::string& id :
       {std::string(129, 'p'), std::string("."), std::string(".."), std::string("a/b"),
        std::string("a b"), std::string("a%20b"), std::string("é"), std::string("0x12"),
        std::string("0X") + std::string(40, '1'), std::string("ED25519:") + std::string(64, '1')}) {
    const Answered answer = rig.post(kOffer, id);
    EXPECT_EQ(answer.status, 422) << id;
    EXPECT_THAT(answer.body, HasSubstr(R"("loc":["header","X-Provider-ID"])"));
  }
}

TEST(Api, TakesSignaturesUpToTheirLimits) {
  Rig rig;
  for (const std::string& signature :
       {std::string("!"), std::string("~"), std::string(1024, 's')}) {
    EXPECT_EQ(rig.post(kOffer, "p", signature).status, 200) << signature;
  }
  for (const std::string& signature :
       {std::string(1025, 's'), std::string("a b"), std::string("a\tb"), std::string("a\x7f"),
        std::string("é"), std::string("a\0b", 3)}) {
    EXPECT_THAT(rig.post(kOffer, "p", signature).body,
                HasSubstr(R"([{"loc":["header","X-Provider-Signature"],"msg":"must be 1 to 1024)"));
    EXPECT_EQ(rig.withdraw("p", "p", signature).status, 422);
  }
}

TEST(Api, RefusesCredentialsSentTwice) {
  Rig rig;
  Request request = rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s");
  request.provider_id.count = 2;
  request.provider_signature.count = 2;
  const Answered answer = rig.settled(request);
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(
      answer.body,
      AllOf(HasSubstr(R"("loc":["header","X-Provider-ID"],"msg":"must be sent only once")"),
            HasSubstr(R"("header","X-Provider-Signature"],"msg":"must be sent only once")")));
}

TEST(Api, ReportsTheFaultsOfHeadersAndBodyTogether) {
  Rig rig;
  const Answered answer =
      rig.post(R"({"ip_address": "1.2.3", "resources": {"cpu": 0}})", "..", "a b");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.code(), "REQ_001");
  for (const std::string_view location :
       {R"(["header","X-Provider-ID"])", R"(["header","X-Provider-Signature"])",
        R"(["body","ip_address"])", R"(["body","country"])", R"(["body","resources","cpu"])",
        R"(["body","resources","memory"])", R"(["body","resources","storage"])"}) {
    EXPECT_THAT(answer.body, HasSubstr(location));
  }
  EXPECT_THAT(answer.body, AllOf(HasSubstr("(and 6 more)"), Not(HasSubstr("AUTH"))));
}

TEST(Api, ListsNothingOfAPostThatIsRefused) {
  Rig rig;
  EXPECT_EQ(rig.post("{}").status, 422);
  EXPECT_EQ(rig.post(kOffer, "").status, 401);
  rig.board.step(rig.clock.now());
  EXPECT_EQ(rig.list().body, "[]");
}

TEST(Api, StoresWhatTheBoardItselfContributes) {
  RigOptions options;
  options.api.validation = {.network = "mainnet",
                            .payments_network = "polygon",
                            .address_policy = AddressPolicy::public_only};
  Rig rig(options);
  EXPECT_THAT(rig.post(kOffer).body,
              HasSubstr(R"("network":"mainnet","payments_network":"polygon")"));
  EXPECT_EQ(rig.post(R"({"ip_address": "10.0.0.1", "country": "SE",
                         "resources": {"cpu": 4, "memory": 8, "storage": 100}})")
                .status,
            422);
}

TEST(Api, FindsAProviderUnderEverySpellingOfItsId) {
  Rig rig;
  const std::string checksummed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  const std::string lower = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
  EXPECT_THAT(rig.post(kOffer, lower).body, HasSubstr(checksummed));
  rig.post(kOffer, "a+b:c");
  for (const std::string& id :
       {checksummed, lower, std::string("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED"),
        "%30%78" + lower.substr(2), lower + "/"}) {
    EXPECT_EQ(rig.show(id).status, 200) << id;
  }
  EXPECT_EQ(rig.show("a+b:c").status, 200);
  EXPECT_EQ(rig.show("a%2Bb%3ac").status, 200);
  EXPECT_EQ(rig.show("a%20b:c").status, 422);
  EXPECT_EQ(rig.withdraw(lower, checksummed).status, 200);
  EXPECT_EQ(rig.withdraw("a%2bb%3Ac", "a+b:c").status, 200);
  EXPECT_EQ(rig.list().body, "[]");
}

TEST(Api, RefusesPathsThatNameNoProvider) {
  Rig rig;
  for (const std::string& id : {std::string("%zz"), std::string("%"), std::string("%FF"),
                                std::string("a%2Fb"), std::string("."), std::string("%2E%2E"),
                                std::string("0x12"), std::string(129, 'p'), std::string("%00")}) {
    const Answered answer = rig.show(id);
    EXPECT_EQ(answer.status, 422) << id;
    EXPECT_THAT(answer.body, HasSubstr(R"("detail":[{"loc":["path","provider_id"],)"));
    EXPECT_EQ(rig.withdraw(id, "p").status, 422) << id;
  }
  EXPECT_EQ(rig.show(std::string(128, 'p')).status, 404);
}

TEST(Api, NamesTheProviderThatHasNoAdvertisement) {
  Rig rig;
  const Answered answer = rig.show("nobody");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.caching, Caching::no_store);
  EXPECT_EQ(answer.body, error_body("ADV_004", "no live advertisement for provider 'nobody'",
                                    answer.request_id));
}

TEST(Api, WithdrawsOnlyForTheOwner) {
  Rig rig;
  rig.post(kOffer, "owner");
  EXPECT_EQ(rig.withdraw("owner", "another").code(), "AUTH_004");
  EXPECT_EQ(rig.withdraw("owner", "another").status, 401);
  EXPECT_EQ(rig.show("owner").status, 200);
  const Answered answer = rig.withdraw("owner", "owner");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"status": "success"})");
  EXPECT_EQ(rig.show("owner").status, 404);
  const Answered again = rig.withdraw("owner", "owner");
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(again.body,
            error_body("ADV_004", "no live advertisement for provider 'owner'", again.request_id));
}

TEST(Api, FiltersAndBoundsTheList) {
  Rig rig;
  for (const std::string_view id : {"c", "a", "b"}) rig.post(kOffer, id);
  EXPECT_THAT(rig.list("limit=2").body,
              AllOf(HasSubstr(R"("a")"), HasSubstr(R"("b")"), Not(HasSubstr(R"("c")"))));
  EXPECT_EQ(rig.list("cpu=5").body, "[]");
  EXPECT_EQ(rig.list("country=DE").body, "[]");
  EXPECT_EQ(rig.list("cpu=2147483648").body, "[]");
  EXPECT_THAT(rig.list("provider_id=b").body, StartsWith(R"([{"provider_id":"b",)"));
  EXPECT_THAT(rig.list("provider_id=b").body, Not(HasSubstr("},{")));
}

TEST(Api, RefusesAListBelowOneOnlyWhereNothingElseIsWrong) {
  Rig rig;
  const Answered small = rig.list("memory=0");
  EXPECT_EQ(small.status, 400);
  EXPECT_EQ(small.body, error_body("ADV_002", "memory must be at least 1", small.request_id));
  EXPECT_EQ(rig.list("memory=0&cpus=1").status, 422);
  EXPECT_THAT(rig.list("memory=0&cpus=1").body, HasSubstr(R"("loc":["query","cpus"])"));
}

// What the list answers when it is exactly `bytes` long.
std::string list_of(Rig& rig, size_t bytes) {
  const auto padded = [](size_t padding) {
    return std::string(kOffer.substr(0, kOffer.size() - 1)) + R"(, "pricing": {"x": ")" +
           std::string(padding, 'x') + R"("}})";
  };
  constexpr size_t kProviders = 20;
  rig.post(padded(0), "p-00");
  const size_t bare = rig.list().body.size() - 1;  // with a comma or a bracket
  const size_t padding = bytes - 1 - kProviders * bare;
  for (size_t i = 0; i < kProviders; ++i) {
    const size_t mine = padding / kProviders + (i < padding % kProviders ? 1 : 0);
    rig.post(padded(mine), "p-" + std::to_string(i / 10) + std::to_string(i % 10));
  }
  const Answered answer = rig.list();
  EXPECT_EQ(answer.body.size(), bytes);
  EXPECT_EQ(answer.streamed_bytes.value_or(bytes), bytes);
  return answer.body;
}

TEST(Api, KeepsARepeatedListUpTo64KibAndSendsALongerOneFromItsListings) {
  for (const size_t bytes : {65'536U, 65'537U}) {
    Rig rig;
    const std::string body = list_of(rig, bytes);
    const Answered again = rig.list();
    EXPECT_EQ(again.body, body);
    EXPECT_EQ(again.streamed, bytes > 64 * 1024);
    EXPECT_THAT(body, AllOf(StartsWith(R"([{"provider_id":"p-00",)"), EndsWith("}]")));
    for (size_t i = 10; i < 20; ++i) {
      EXPECT_THAT(body, HasSubstr(R"(},{"provider_id":"p-)" + std::to_string(i) + '"'));
    }
  }
}

TEST(Api, StreamsFromHandlesThatOutliveTheBoardsOwn) {
  Rig rig;
  const std::string body = list_of(rig, 65'537);
  const auto exchange = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.request(Method::get, kBoardUrl), *exchange);
  rig.clock.advance(minutes{10});
  rig.board.step(rig.clock.now());
  EXPECT_EQ(rig.list().body, "[]");
  exchange->take_rest();
  EXPECT_EQ(exchange->answers.at(0).body, body);
  EXPECT_GT(exchange->pieces, 1U);
}

}  // namespace
}  // namespace discovery

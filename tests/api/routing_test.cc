// What holds for every request: paths and methods, limits, the order of checks, and which handler
// answers when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const std::string kOne = std::string(kBoardUrl) + "/p";

TEST(Routing, TakesAPathWithOrWithoutASlashAtItsEnd) {
  Rig rig;
  rig.post(kOffer, "p");
  for (const std::string& path :
       {std::string(kBoardUrl), kOne, std::string("/health"), std::string("/ready"),
        std::string("/api/v1/whoami"), std::string("/openapi.json"),
        std::string("/api/v1/openapi.json")}) {
    EXPECT_EQ(rig.get(path).status, 200) << path;
    EXPECT_EQ(rig.get(path + "/").status, 200) << path;
    // The description's server is relative to the address asked.
    const bool is_one_body = !path.ends_with("openapi.json");
    EXPECT_EQ(rig.get(path).body == rig.get(path + "/").body, is_one_body) << path;
    EXPECT_EQ(rig.get(path + "//").status, 404) << path;
    EXPECT_EQ(rig.get(path + "x/y").status, 404) << path;
  }
}

TEST(Routing, FindsNothingAtOtherPaths) {
  Rig rig;
  for (const std::string_view path :
       {"///", "/api", "/api/v1", "/api/v1/", "/api/v1/advertisement", "/api/v1/advertisementsx",
        "/api/v1/advertisements//", "/api/v1/advertisements//p", "/api/v1/advertisements//proof",
        "/api/v1/advertisements/p/q/proof", "/api/v1/advertisements/p/proofs", "/api/v1/providers",
        "/api/v1/providers/", "/api/v1/providers/p/q", "/API/v1/advertisements", "/healthz",
        "/health/x", "/api/v1/whoami/x", "health"}) {
    const Answered answer = rig.get(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.code(), "HTTP_404") << path;
    EXPECT_EQ(answer.further_headers, "");
  }
}

TEST(Routing, LeadsFromAPageWithASlashAtItsEndToTheOneWithout) {
  Rig rig;
  for (const auto& [path, location] : {std::pair{"/docs/", "../docs"},
                                       {"/redoc", "docs"},
                                       {"/redoc/", "../docs"},
                                       {"//", "../"}}) {
    const Answered answer = rig.get(path);
    EXPECT_EQ(answer.status, 308) << path;
    EXPECT_EQ(answer.further_headers, "Location: " + std::string(location) + "\r\n");
  }
  const std::string page = rig.get("/").body;
  const size_t begin = page.find("./assets/") + 1;
  const std::string asset = page.substr(begin, page.find('"', begin) - begin);
  EXPECT_EQ(rig.get(asset).status, 200) << asset;
  EXPECT_EQ(rig.get(asset + "/").further_headers,
            "Location: .." + asset.substr(asset.rfind('/')) + "\r\n");
}

TEST(Routing, SaysWhichPathWasMeant) {
  Rig rig;
  rig.post(kOffer, "p");
  const auto answer = [&](Method method, std::string_view path) {
    const Answered answered = rig.now(rig.request(method, path));
    EXPECT_EQ(answered.status, 404);
    EXPECT_EQ(answered.code(), "HTTP_404");
    return answered.body;
  };
  for (const Method method : {Method::get, Method::post, Method::options}) {
    EXPECT_THAT(answer(method, "//api/v1/advertisements"),
                HasSubstr("there is nothing at this path; did you mean '/api/v1/advertisements'?"));
  }
  EXPECT_THAT(answer(Method::get, "/advertisements/p/proof"),
              HasSubstr("did you mean '/api/v1/advertisements/p/proof'?"));
  EXPECT_THAT(answer(Method::get, "/nowhere"), HasSubstr(R"("there is nothing at this path")"));
  EXPECT_THAT(answer(Method::get, "/api/v2/providers/\"<"),
              HasSubstr(R"(did you mean '/api/v1/providers/\"<'?)"));
}

TEST(Routing, SaysOfAnUnknownMethodThatItsCaseCounts) {
  Rig rig;
  const auto answer = [&](Method method) { return rig.now(rig.request(method, kBoardUrl)).body; };
  EXPECT_THAT(answer(Method::other), HasSubstr("written in capital letters"));
  EXPECT_THAT(answer(Method::remove), HasSubstr("this path does not take this method"));
}

TEST(Routing, NamesTheMethodsThatAPathTakes) {
  Rig rig;
  const auto allow = [&](Method method, std::string_view path) {
    const Answered answer = rig.now(rig.request(method, path));
    EXPECT_EQ(answer.status, 405) << path;
    EXPECT_EQ(answer.code(), "HTTP_405") << path;
    return answer.further_headers;
  };
  EXPECT_EQ(allow(Method::remove, kBoardUrl), "Allow: GET, HEAD, POST, OPTIONS\r\n");
  EXPECT_EQ(allow(Method::other, kBoardUrl), "Allow: GET, HEAD, POST, OPTIONS\r\n");
  EXPECT_EQ(allow(Method::post, kOne), "Allow: GET, HEAD, DELETE, OPTIONS\r\n");
  EXPECT_EQ(allow(Method::other, kOne), "Allow: GET, HEAD, DELETE, OPTIONS\r\n");
  for (const std::string_view path : {"/health", "/ready", "/api/v1/whoami", "/openapi.json",
                                      "/api/v1/advertisements/p/proof", "/api/v1/providers/p"}) {
    for (const Method method : {Method::post, Method::remove, Method::other}) {
      EXPECT_EQ(allow(method, path), "Allow: GET, HEAD, OPTIONS\r\n");
    }
  }
  EXPECT_EQ(rig.now(rig.request(Method::other, "/nothing")).status, 404);
}

TEST(Routing, AnswersHeadAsGet) {
  Rig rig;
  rig.post(kOffer, "p");
  for (const std::string& path : {std::string(kBoardUrl), kOne, std::string("/health")}) {
    const Answered head = rig.now(rig.request(Method::head, path));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, rig.get(path).body);
    EXPECT_EQ(head.caching, rig.get(path).caching);
  }
  EXPECT_EQ(rig.now(rig.request(Method::head, kBoardUrl, "cpu=0")).status, 400);
}

TEST(Routing, SaysWhatOptionsThereAre) {
  Rig rig;
  const Answered answer = rig.now(rig.request(Method::options, kBoardUrl));
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.content_type, ContentType::none);
  EXPECT_EQ(answer.body, "");
  EXPECT_THAT(answer.further_headers, EndsWith("Allow: GET, HEAD, POST, OPTIONS\r\n"));
  EXPECT_THAT(rig.now(rig.request(Method::options, kOne)).further_headers,
              EndsWith("Allow: GET, HEAD, DELETE, OPTIONS\r\n"));
  EXPECT_EQ(rig.now(rig.request(Method::options, "*")).status, 204);
  EXPECT_EQ(rig.now(rig.request(Method::options, "/nothing")).status, 404);
}

TEST(Routing, GivesEveryRequestAnIdOfItsOwn) {
  Rig rig;
  std::set<std::string> ids;
  const auto remember = [&](const Answered& answer) {
    EXPECT_THAT(answer.request_id, testing::MatchesRegex("[0-9a-f]{16}"));
    EXPECT_TRUE(ids.insert(answer.request_id).second);
    if (answer.status < 400) return;
    EXPECT_THAT(answer.body, testing::EndsWith(R"("request_id":")" + answer.request_id + R"("})"));
  };
  for (int i = 0; i < 2'000; ++i) remember(rig.get("/health"));
  remember(rig.post(kOffer));
  remember(rig.post("{}"));
  remember(rig.withdraw("nobody", "nobody"));
  remember(rig.show("nobody"));
  remember(rig.list("x=1"));
  remember(rig.fault(HttpFault::bad_request));
  remember(Rig().get("/health"));
}

TEST(Routing, CountsReadsAndWritesOfAnAddressApart) {
  Rig rig({.per_minute = 2});
  EXPECT_EQ(rig.list().rate_limit->remaining, 1U);
  EXPECT_EQ(rig.get("/nothing").rate_limit->remaining, 0U);
  const Answered refused = rig.list();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.code(), "RATE_001");
  EXPECT_EQ(refused.retry_after_seconds, 60U);
  EXPECT_EQ(refused.rate_limit->policy, "read");
  EXPECT_EQ(refused.rate_limit->reset_seconds, 60U);
  EXPECT_EQ(refused.caching, Caching::no_store);

  const Answered posted = rig.post(kOffer);
  EXPECT_EQ(posted.status, 200);
  EXPECT_EQ(posted.rate_limit->policy, "write");
  EXPECT_EQ(posted.rate_limit->remaining, 1U);
  EXPECT_EQ(rig.withdraw("p", "p").rate_limit->remaining, 0U);
  EXPECT_EQ(rig.post(kOffer).status, 429);
  rig.clock.advance(seconds{60});
  EXPECT_EQ(rig.post(kOffer).status, 200);
  EXPECT_EQ(rig.list().status, 200);
}

TEST(Routing, CountsNeitherHealthNorReady) {
  Rig rig({.per_minute = 1});
  rig.list();
  for (const std::string_view path : {"/health", "/health/", "/ready"}) {
    EXPECT_EQ(rig.get(path).status, 200);
    EXPECT_FALSE(rig.get(path).rate_limit);
  }
  EXPECT_EQ(rig.get("/api/v1/whoami").status, 429);
}

TEST(Routing, SaysNothingOfLimitsWhereThereAreNone) {
  Rig rig({.per_minute = 0});
  EXPECT_FALSE(rig.list().rate_limit);
  EXPECT_FALSE(rig.post(kOffer).rate_limit);
}

TEST(Routing, ChecksAPostInTheOrderOfTheContract) {
  RigOptions options{.per_minute = 5, .board = {.providers_max = 1}};
  Rig rig(options);
  ASSERT_EQ(rig.post(kOffer, "first").status, 200);
  Request request = rig.signed_request(Method::post, kBoardUrl, "{", "", "");
  request.content_type = {"text/plain", 1};
  EXPECT_EQ(rig.settled(request).status, 415);
  request.content_type = {};
  EXPECT_EQ(rig.settled(request).code(), "AUTH_003");
  request.provider_id = request.provider_signature = {"second", 1};
  EXPECT_EQ(rig.settled(request).status, 422);
  request.body = kOffer;
  EXPECT_EQ(rig.settled(request).status, 503);
  request.content_type = {"text/plain", 1};
  EXPECT_EQ(rig.settled(request).status, 429);
}

TEST(Routing, ChecksAWithdrawalInTheOrderOfTheContract) {
  Rig rig({.per_minute = 4});
  const std::string path = std::string(kBoardUrl) + "/%2F";
  EXPECT_EQ(rig.settled(rig.signed_request(Method::remove, path, {}, "..", "")).code(), "AUTH_003");
  const Answered faulty = rig.settled(rig.signed_request(Method::remove, path, {}, "..", "\x01"));
  EXPECT_EQ(faulty.status, 422);
  EXPECT_THAT(faulty.body, HasSubstr("(and 2 more)"));
  EXPECT_EQ(rig.withdraw("nobody", "p").code(), "AUTH_004");
  EXPECT_EQ(rig.withdraw("nobody", "nobody").code(), "ADV_004");
  EXPECT_EQ(rig.withdraw("%2F", "").status, 429);
}

TEST(Routing, AnswersTheFaultsOfTheEdge) {
  Rig rig;
  const std::vector<std::tuple<HttpFault, int, std::string>> faults{
      {HttpFault::bad_request, 400, "HTTP_400"},
      {HttpFault::timeout, 408, "HTTP_408"},
      {HttpFault::body_too_large, 413, "HTTP_413"},
      {HttpFault::target_too_long, 414, "HTTP_414"},
      {HttpFault::head_too_large, 431, "HTTP_431"},
      {HttpFault::too_many_connections, 503, "SRV_002"},
      {HttpFault::too_many_connections_per_address, 429, "RATE_001"}};
  for (const auto& [fault, status, code] : faults) {
    const Answered answer = rig.fault(fault);
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.code(), code);
    EXPECT_TRUE(answer.close);
    EXPECT_EQ(answer.retry_after_seconds > 0, status == 503 || status == 429);
    EXPECT_EQ(answer.request_id.size(), 16U);
  }
}

TEST(Routing, SaysOfEveryBadRequestWhatIsWrongWithIt) {
  std::set<std::string_view> messages;
  for (auto fault = HttpFault::bad_request; fault < HttpFault::timeout;
       fault = static_cast<HttpFault>(static_cast<int>(fault) + 1)) {
    Rig rig;
    const Answered answer = rig.fault(fault);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.code(), "HTTP_400");
    EXPECT_TRUE(messages.insert(answer_of(fault).message).second) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(std::string(answer_of(fault).message)));
  }
}

TEST(Routing, ChargesFaultsToWhomTheyComeFrom) {
  Rig rig({.per_minute = 1});
  EXPECT_EQ(rig.fault(HttpFault::body_too_large).status, 413);
  EXPECT_EQ(rig.post(kOffer).status, 429);
  EXPECT_EQ(rig.list().status, 200);
  const Answered refused = rig.fault(HttpFault::bad_request);
  EXPECT_EQ(refused.status, 429);
  EXPECT_TRUE(refused.close);
  EXPECT_EQ(rig.fault(HttpFault::too_many_connections).status, 503);
}

TEST(Routing, ChargesWhomATrustedProxySpeaksFor) {
  RigOptions options{.per_minute = 1};
  options.api.trusted_proxies = {IpNetwork::parse("198.51.100.7").value()};
  Rig rig(options);
  const auto status = [&](std::string_view forwarded_for) {
    Request request = rig.request(Method::get, kBoardUrl);
    request.forwarded_for = forwarded_for;
    return rig.now(request).status;
  };
  EXPECT_EQ(status("203.0.113.1"), 200);
  EXPECT_EQ(status("203.0.113.1"), 429);
  EXPECT_EQ(status("9.9.9.9, 203.0.113.2"), 200);
  EXPECT_EQ(status("8.8.8.8, 203.0.113.2"), 429);
  rig.peer = IpAddress::parse("198.51.100.8").value();
  EXPECT_EQ(status("203.0.113.3"), 200);
  EXPECT_EQ(status("203.0.113.4"), 429);
  EXPECT_TRUE(rig.lifecycle.warned_of_forwarding);
  EXPECT_FALSE(rig.lifecycle.warned_of_entry);
  rig.peer = IpAddress::parse("198.51.100.7").value();
  EXPECT_EQ(status("203.0.113.5:51008"), 200);
  EXPECT_EQ(status("203.0.113.5:51009"), 429);
  EXPECT_FALSE(rig.lifecycle.warned_of_entry);
  EXPECT_EQ(status("203.0.113.6, unknown"), 200);
  EXPECT_EQ(status("203.0.113.7, unknown"), 429);
  EXPECT_TRUE(rig.lifecycle.warned_of_entry);
}

/// Fails the first time, as if memory had run out.
class FailingExchange final : public RecordingExchange {
 public:
  void answer(const Reply& reply) override {
    if (std::exchange(fails_, false)) throw std::runtime_error("no memory");
    RecordingExchange::answer(reply);
  }

 private:
  bool fails_ = true;
};

TEST(Routing, AnswersAFaultOfOursAs500WithNothingOfTheFormerAnswer) {
  Rig rig({.per_minute = 10});
  for (const auto& [method, path] :
       {std::pair{Method::options, kBoardUrl}, std::pair{Method::other, kBoardUrl}}) {
    const auto exchange = std::make_shared<FailingExchange>();
    rig.api.handle(rig.request(method, path), *exchange);
    ASSERT_EQ(exchange->answers.size(), 1U);
    const Answered& answer = exchange->answers.front();
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.code(), "SRV_001");
    EXPECT_EQ(answer.content_type, ContentType::json);
    EXPECT_EQ(answer.further_headers, "");
    EXPECT_TRUE(answer.rate_limit);
    EXPECT_THAT(answer.body, Not(HasSubstr("no memory")));
  }
}

TEST(Routing, AFaultAtOneAnswerDoesNotCostTheOthersOfItsBatchTheirs) {
  Rig rig;
  const auto failing = std::make_shared<FailingExchange>();
  const auto other = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "a", "s"), *failing);
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "b", "s"), *other);
  rig.board.step(rig.clock.now());
  ASSERT_EQ(failing->answers.size(), 1U);
  EXPECT_EQ(failing->answers.front().status, 500);
  EXPECT_EQ(failing->answers.front().sharing, Sharing::own_origin);
  ASSERT_EQ(other->answers.size(), 1U);
  EXPECT_EQ(other->answers.front().status, 200);
}

TEST(Routing, KeepsAnExchangeForAsLongAsItsAnswerIsOwed) {
  Rig rig;
  auto exchange = std::make_shared<RecordingExchange>();
  rig.api.handle(rig.signed_request(Method::post, kBoardUrl, kOffer, "p", "s"), *exchange);
  const std::weak_ptr<RecordingExchange> remains = exchange;
  exchange.reset();
  EXPECT_FALSE(remains.expired());
  rig.board.step(rig.clock.now());
  EXPECT_TRUE(remains.expired());
  EXPECT_EQ(rig.show("p").status, 200);
}

}  // namespace
}  // namespace discovery

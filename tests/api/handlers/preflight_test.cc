// What pages of other origins may do (contract, section 2).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Answered preflight(std::string_view method, std::string_view names,
                   std::string_view path = kBoardUrl) {
  Rig rig;
  Request request = rig.request(Method::options, path);
  request.requested_method = method;
  request.requested_headers = names;
  const Answered answer = rig.now(request);
  EXPECT_EQ(answer.status, 204);
  EXPECT_THAT(answer.further_headers, AllOf(HasSubstr("Allow: GET, HEAD, "),
                                            HasSubstr("Vary: Access-Control-Request-Headers, "
                                                      "Access-Control-Request-Method\r\n"),
                                            Not(HasSubstr("Credentials"))));
  return answer;
}

std::string allowed(std::string_view names) {
  const std::string headers = preflight("GET", names).further_headers;
  constexpr std::string_view kName = "Access-Control-Allow-Headers: ";
  const size_t at = headers.find(kName);
  if (at == headers.npos) return {};
  return headers.substr(at + kName.size(), headers.find("\r\n", at) - at - kName.size());
}

TEST(Preflight, LetsEveryOriginReadWhateverItsRequestsCarry) {
  for (const std::string_view method : {"GET", "HEAD"}) {
    for (const std::string& path : {std::string(kBoardUrl), std::string("/api/v1/watch"),
                                    std::string("/health"), std::string(kBoardUrl) + "/p"}) {
      const Answered answer =
          preflight(method, "authorization,cache-control,content-type,x-requested-with", path);
      EXPECT_EQ(answer.sharing, Sharing::any_origin);
      EXPECT_THAT(answer.further_headers,
                  AllOf(HasSubstr("Access-Control-Allow-Methods: GET, HEAD\r\n"),
                        HasSubstr("Access-Control-Allow-Headers: authorization, cache-control, "
                                  "content-type, x-requested-with\r\n"),
                        HasSubstr("Access-Control-Max-Age: ")));
    }
  }
  EXPECT_THAT(preflight("GET", "").further_headers, Not(HasSubstr("Allow-Headers")));
}

TEST(Preflight, AllowsNamesAlone) {
  EXPECT_EQ(allowed("x-a"), "x-a");
  EXPECT_EQ(allowed(" X-A ,, \tx-b,"), "X-A, x-b");
  EXPECT_EQ(allowed("x a, x-b\r\nSet-Cookie: c, \"x\", x:y, (x), \xc3\xa4, x-c"), "x-c");
  EXPECT_EQ(allowed("*, !#$%&'*+-.^_`|~09azAZ"), "!#$%&'*+-.^_`|~09azAZ")
      << "a star alone would stand for all names, those of credentials too";
  EXPECT_EQ(allowed(",,"), "");
}

TEST(Preflight, AllowsSoManyBytesOfNamesAndNoMore) {
  const std::string half(2'047, 'x');
  EXPECT_EQ(allowed(half + "," + half), half + ", " + half);
  EXPECT_EQ(allowed(half + "," + half + "x"), half);
}

TEST(Preflight, LetsNoOriginWrite) {
  for (const std::string_view method : {"POST", "DELETE", "PUT", "PATCH", "get", "*"}) {
    const Answered answer = preflight(method, "content-type,x-provider-id,x-provider-signature");
    EXPECT_EQ(answer.sharing, Sharing::own_origin);
    EXPECT_THAT(answer.further_headers, Not(HasSubstr("Access-Control-Allow")));
    EXPECT_THAT(answer.further_headers, Not(HasSubstr("Max-Age")));
  }
  Rig rig;
  EXPECT_EQ(rig.post("{}").sharing, Sharing::own_origin);
  EXPECT_EQ(rig.post(kOffer).sharing, Sharing::own_origin);
  EXPECT_EQ(rig.withdraw("p", "p").sharing, Sharing::own_origin);
}

// A browser that was allowed a name for a GET sends it with a POST, too, without asking again.
TEST(Preflight, NeverAllowsTheNamesThatWritesNeed) {
  EXPECT_EQ(allowed("x-provider-id"), "");
  EXPECT_EQ(allowed("content-type,X-Provider-ID,x-provider-signature,X-PROVIDER-SIGNATURE"),
            "content-type");
}

TEST(Preflight, ErrorsMayBeReadToo) {
  Rig rig({.per_minute = 4});
  EXPECT_EQ(rig.get("/nothing").sharing, Sharing::any_origin);
  EXPECT_EQ(rig.show("nobody").sharing, Sharing::any_origin);
  EXPECT_EQ(rig.list("cpu=x").sharing, Sharing::any_origin);
  rig.lifecycle.phase = Lifecycle::Phase::loading;
  const Answered early = rig.list();
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.sharing, Sharing::any_origin);
  const Answered late = rig.list();
  EXPECT_EQ(late.status, 429);
  EXPECT_EQ(late.sharing, Sharing::any_origin);
}

TEST(Preflight, StandsInTheWayOfNoErrorThatCouldBeRead) {
  Rig rig({.per_minute = 1});
  Request request = rig.request(Method::options, "/nothing");
  request.requested_method = "GET";
  request.requested_headers = "authorization";
  for (int i = 0; i < 3; ++i) {
    const Answered answer = rig.now(request);
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.sharing, Sharing::any_origin);
    EXPECT_THAT(answer.further_headers,
                AllOf(HasSubstr("Access-Control-Allow-Headers: a"), Not(HasSubstr("\nAllow: "))));
    EXPECT_FALSE(answer.rate_limit);
  }
  EXPECT_EQ(rig.list().status, 200);
}

}  // namespace
}  // namespace discovery

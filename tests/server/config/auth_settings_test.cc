// The settings AUTH and PUBLIC_HOSTS, and what a start says of an open board.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/config_fixture.h"

namespace discovery::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(AuthSettings, ABoardIsOpenUnlessItIsSaidToBeSigned) {
  EXPECT_FALSE(config_of({}).signed_only);
  EXPECT_FALSE(config_of({"--auth", "Open"}).signed_only);
  EXPECT_TRUE(config_of({"--auth", "SIGNED"}).signed_only);
  EXPECT_EQ(error_of({"--auth", "yes"}), "--auth is 'yes': it may hold 'open' or 'signed'");
}

TEST(AuthSettings, AnOpenBoardThatOthersReachIsWarnedAbout) {
  for (const std::string host : {"0.0.0.0", "::", "192.0.2.1", "126.255.255.255", "128.0.0.1"}) {
    EXPECT_THAT(config_of({"--host", host}).warnings,
                ElementsAre(AllOf(HasSubstr("'" + host + "'"), HasSubstr("AUTH=signed"))));
    EXPECT_THAT(config_of({"--host", host, "--auth", "signed"}).warnings, IsEmpty());
  }
  for (const std::string host :
       {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "localhost"}) {
    EXPECT_THAT(config_of({"--host", host}).warnings, IsEmpty()) << host;
  }
}

TEST(AuthSettings, PublicHostsAreSeparatedByCommasOrSpaces) {
  EXPECT_THAT(config_of({}).public_hosts, IsEmpty());
  EXPECT_THAT(config_of({"--public-hosts", " , "}).public_hosts, IsEmpty());
  EXPECT_THAT(
      config_of({"--public-hosts", "Board.Example:9001,b  c, [2001:DB8::1]:80,"}).public_hosts,
      ElementsAre("board.example:9001", "b", "c", "[2001:db8::1]:80"));
  for (const std::string bad : {"http://board.example", "board.example/x", "a,b:", "a;b", "é"}) {
    EXPECT_THAT(
        error_of({"--public-hosts", bad}),
        AllOf(HasSubstr("--public-hosts is '"), HasSubstr("it may hold up to 64 host names")));
  }
}

TEST(AuthSettings, PublicHostsAreAtMost64) {
  std::string hosts = "h";
  for (int i = 1; i < 64; ++i) hosts += ",h" + std::to_string(i);
  EXPECT_EQ(config_of({"--public-hosts", hosts}).public_hosts.size(), 64U);
  EXPECT_THAT(error_of({"--public-hosts", hosts + " one-more"}), HasSubstr("up to 64"));
}

}  // namespace
}  // namespace discovery::test

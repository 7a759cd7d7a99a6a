#include "api/access/client_address.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

const std::vector<IpNetwork>& proxies() {
  static const std::vector<IpNetwork> networks{
      IpNetwork::parse("10.0.0.0/8").value(),
      IpNetwork::parse("127.0.0.1").value(),
      IpNetwork::parse("fd00::/8").value(),
  };
  return networks;
}

std::string client(std::string_view peer, std::string_view forwarded_for) {
  return client_address(address(peer), forwarded_for, proxies()).address.text();
}

std::string_view unreadable(std::string_view peer, std::string_view forwarded_for) {
  return client_address(address(peer), forwarded_for, proxies()).unreadable;
}

TEST(ClientAddress, IsThePeerWithoutTheHeader) {
  EXPECT_EQ(client("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(client("198.51.100.7", ""), "198.51.100.7");
}

TEST(ClientAddress, IgnoresTheHeaderOfAPeerThatIsNotTrusted) {
  EXPECT_EQ(client("198.51.100.7", "203.0.113.5"), "198.51.100.7");
  EXPECT_EQ(client("11.0.0.0", "203.0.113.5"), "11.0.0.0");
  EXPECT_EQ(client("9.255.255.255", "203.0.113.5"), "9.255.255.255");
  EXPECT_EQ(client("127.0.0.2", "203.0.113.5"), "127.0.0.2");
}

TEST(ClientAddress, IsTheRightMostThatIsNotTrusted) {
  EXPECT_EQ(client("10.0.0.1", "203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(client("10.255.255.255", "203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(client("127.0.0.1", "1.1.1.1, 203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(client("127.0.0.1", "1.1.1.1, 203.0.113.5, 10.1.2.3,fd00::9"), "203.0.113.5");
}

TEST(ClientAddress, IsTheFirstOfAChainThatIsTrustedThroughout) {
  EXPECT_EQ(client("10.0.0.1", "10.0.0.3,10.0.0.2"), "10.0.0.3");
  EXPECT_EQ(client("10.0.0.1", "10.0.0.1"), "10.0.0.1");
}

TEST(ClientAddress, TakesSpacesAndTabsAroundEntries) {
  EXPECT_EQ(client("10.0.0.1", " \t203.0.113.5\t ,  10.0.0.2 "), "203.0.113.5");
}

TEST(ClientAddress, IsReadInEverySpellingThatProxiesUse) {
  for (const std::string_view spelling :
       {"203.0.113.5:51008", "203.0.113.5:1", "203.0.113.5:", "[203.0.113.5]", "[203.0.113.5]:80",
        "\"203.0.113.5\"", "\"203.0.113.5:51008\"", "\" 203.0.113.5 \"", "::ffff:203.0.113.5",
        "[::ffff:203.0.113.5]", "[::FFFF:203.0.113.5]:443", "\"[::ffff:203.0.113.5]:443\""}) {
    EXPECT_EQ(client("10.0.0.1", spelling), "203.0.113.5") << spelling;
    EXPECT_EQ(client("10.0.0.1", "8.8.8.8, " + std::string(spelling) + ",10.0.0.2:99"),
              "203.0.113.5")
        << spelling;
  }
  for (const std::string_view spelling :
       {"2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443", "2001:DB8::1%eth0",
        "[2001:db8::1%25eth0]:443", "[2001:db8::1]:", "[2001:db8::1%1]", "\"[2001:db8::1]\"",
        "\"2001:db8::1\""}) {
    EXPECT_EQ(client("10.0.0.1", spelling), "2001:db8::1") << spelling;
  }
  EXPECT_EQ(client("10.0.0.1", "fe80::1%eth0"), "fe80::1");
  // Without brackets there is no telling a port from the last part: it is one.
  EXPECT_EQ(client("10.0.0.1", "2001:db8::1:443"), "2001:db8::1:443");
}

TEST(ClientAddress, EndsAtTheLastGoodAddressBeforeAMalformedEntry) {
  EXPECT_EQ(client("10.0.0.1", "203.0.113.5, unknown"), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", "203.0.113.5, unknown, 10.0.0.2"), "10.0.0.2");
  for (const std::string_view malformed : {"203.0.113.05",
                                           "203.0.113",
                                           "203.0.113.5 198.51.100.7",
                                           "for=203.0.113.5",
                                           "203.0.113.5\xff",
                                           "_hidden",
                                           "unknown",
                                           "-",
                                           "203.0.113.5:x",
                                           "203.0.113.5:123456",
                                           "[2001:db8::1",
                                           "2001:db8::1]",
                                           "[2001:db8::1]443",
                                           "[2001:db8::1]:x",
                                           "[]",
                                           "[]:80",
                                           "[",
                                           "\"",
                                           "\"\"",
                                           "\"203.0.113.5",
                                           "203.0.113.5%eth0",
                                           "2001:db8::1%",
                                           "%eth0",
                                           ":80",
                                           "localhost:80"}) {
    EXPECT_EQ(client("10.0.0.1", malformed), "10.0.0.1") << malformed;
    EXPECT_EQ(unreadable("10.0.0.1", malformed), malformed);
  }
}

TEST(ClientAddress, TellsTheEntryThatEndedTheWalk) {
  EXPECT_EQ(unreadable("10.0.0.1", "203.0.113.5, unknown , 10.0.0.2"), "unknown");
  EXPECT_EQ(unreadable("10.0.0.1", "unknown, 203.0.113.5"), "");
  EXPECT_EQ(unreadable("10.0.0.1", "10.0.0.3, 10.0.0.2"), "");
  EXPECT_EQ(unreadable("10.0.0.1", ""), "");
  EXPECT_EQ(unreadable("198.51.100.7", "unknown"), "");
}

TEST(ClientAddress, LeavesOutEmptyEntries) {
  EXPECT_EQ(client("10.0.0.1", ","), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", " "), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", "203.0.113.5,"), "203.0.113.5");
  EXPECT_EQ(client("10.0.0.1", "203.0.113.5, ,\t,10.0.0.2,"), "203.0.113.5");
  EXPECT_EQ(client("10.0.0.1", ",10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(client("10.0.0.1", ",203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(unreadable("10.0.0.1", ", ,"), "");
}

TEST(ClientAddress, IsOneForBothSpellingsOfAnIpv4Address) {
  EXPECT_EQ(client("::ffff:10.0.0.1", "::ffff:203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(client("10.0.0.1", "203.0.113.5, ::ffff:10.0.0.2"), "203.0.113.5");
}

TEST(ClientAddress, MayBeIpv6BehindAnIpv6Proxy) {
  EXPECT_EQ(client("fd00::1", "2001:DB8:0::1"), "2001:db8::1");
  EXPECT_EQ(client("fe00::1", "2001:db8::1"), "fe00::1");
}

TEST(ClientAddress, IsFoundAtTheEndOfAVeryLongHeader) {
  std::string chain = "203.0.113.5";
  while (chain.size() < 16'000) chain += ",10.0.0.2";
  EXPECT_EQ(client("10.0.0.1", chain), "203.0.113.5");
}

TEST(ClientAddress, IsAlwaysThePeerWhereNobodyIsTrusted) {
  EXPECT_EQ(client_address(address("127.0.0.1"), "203.0.113.5", {}).address.text(), "127.0.0.1");
  EXPECT_FALSE(any_contains({}, address("127.0.0.1")));
}

}  // namespace
}  // namespace discovery

#include "api/client_address.h"

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
  return client_address(address(peer), forwarded_for, proxies()).text();
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

TEST(ClientAddress, EndsAtTheLastGoodAddressBeforeAMalformedEntry) {
  EXPECT_EQ(client("10.0.0.1", "203.0.113.5, unknown"), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", "203.0.113.5, unknown, 10.0.0.2"), "10.0.0.2");
  for (const std::string_view malformed :
       {",", " ", "203.0.113.5,", "203.0.113.5, ,", "203.0.113.5:80", "[2001:db8::1]",
        "2001:db8::1%eth0", "203.0.113.05", "203.0.113", "203.0.113.5 198.51.100.7",
        "\"203.0.113.5\"", "for=203.0.113.5", "203.0.113.5\xff", "_hidden"}) {
    EXPECT_EQ(client("10.0.0.1", malformed), "10.0.0.1") << malformed;
  }
}

TEST(ClientAddress, EndsAtAnEmptyEntryOnTheLeft) {
  EXPECT_EQ(client("10.0.0.1", ",10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(client("10.0.0.1", ",203.0.113.5"), "203.0.113.5");
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
  EXPECT_EQ(client_address(address("127.0.0.1"), "203.0.113.5", {}).text(), "127.0.0.1");
  EXPECT_FALSE(is_trusted(address("127.0.0.1"), {}));
}

}  // namespace
}  // namespace discovery

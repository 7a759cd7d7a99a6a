#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

std::string canonical(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->text() : "refused";
}

bool is_public(std::string_view text) { return IpAddress::parse(text).value().is_public(); }

bool contains(std::string_view network, std::string_view address) {
  return IpNetwork::parse(network).value().contains(IpAddress::parse(address).value());
}

TEST(IpAddress, KeepsIpv4AsItIs) {
  for (const char* text : {"83.233.10.2", "0.0.0.0", "255.255.255.255", "1.2.3.4"}) {
    EXPECT_EQ(canonical(text), text);
  }
}

TEST(IpAddress, WritesIpv6AsRfc5952) {
  EXPECT_EQ(canonical("2001:0DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(canonical("::"), "::");
  EXPECT_EQ(canonical("::1"), "::1");
  EXPECT_EQ(canonical("1::"), "1::");
  EXPECT_EQ(canonical("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(canonical("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
  EXPECT_EQ(canonical("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  EXPECT_EQ(canonical("1:2:3:4:5:6:0:0"), "1:2:3:4:5:6::");
  EXPECT_EQ(canonical("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(IpAddress, TakesMappedIpv6AsIpv4) {
  EXPECT_EQ(canonical("::ffff:1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(canonical("::FFFF:102:304"), "1.2.3.4");
  EXPECT_EQ(IpAddress::parse("::ffff:1.2.3.4"), IpAddress::parse("1.2.3.4"));
  EXPECT_EQ(canonical("::1.2.3.4"), "::102:304") << "IPv4-compatible is not IPv4-mapped";
}

TEST(IpAddress, RefusesWhatIsNoLiteralAddress) {
  for (const std::string_view text : {"",
                                      " ",
                                      "999.1.1.1",
                                      "256.1.1.1",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "01.2.3.4",
                                      "1.2.3.04",
                                      "1.2.3.4 ",
                                      " 1.2.3.4",
                                      "1.2.3.4:80",
                                      "0x1.2.3.4",
                                      "1",
                                      "localhost",
                                      "fe80::1%eth0",
                                      "[::1]",
                                      "::1/64",
                                      ":::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "12345::",
                                      "::ffff:01.2.3.4",
                                      "::ffff:1.2.3",
                                      "1,2,3,4",
                                      "１.2.3.4",
                                      "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255:ffff:ffff"}) {
    EXPECT_EQ(canonical(text), "refused") << text;
  }
  EXPECT_EQ(canonical(std::string_view("1.2.3.4\0", 8)), "refused");
  EXPECT_EQ(canonical(std::string(100'000, '1')), "refused");
}

TEST(IpAddress, KnowsUnspecifiedAndMulticast) {
  const auto at = [](const char* text) { return IpAddress::parse(text).value(); };
  EXPECT_TRUE(at("0.0.0.0").is_unspecified());
  EXPECT_TRUE(at("::").is_unspecified());
  EXPECT_TRUE(at("::ffff:0.0.0.0").is_unspecified());
  EXPECT_FALSE(at("0.0.0.1").is_unspecified());
  EXPECT_FALSE(at("::1").is_unspecified());
  for (const char* text : {"224.0.0.0", "239.255.255.255", "ff02::1", "::ffff:224.0.0.1"}) {
    EXPECT_TRUE(at(text).is_multicast()) << text;
  }
  for (const char* text : {"223.255.255.255", "240.0.0.0", "feff::1"}) {
    EXPECT_FALSE(at(text).is_multicast()) << text;
  }
}

TEST(IpAddress, AHostIsWhatOneMachineCanHave) {
  const auto is_host = [](const char* text) { return IpAddress::parse(text).value().is_host(); };
  for (const char* text : {"0.0.0.0", "224.0.0.1", "239.255.255.255", "255.255.255.255"}) {
    EXPECT_FALSE(is_host(text)) << text;
    for (const char* prefix : {"::ffff:", "::", "64:ff9b::"}) {
      EXPECT_FALSE(is_host((std::string(prefix) + text).c_str())) << prefix << text;
    }
  }
  for (const char* text : {"::", "ff02::1", "::ffff:ffff:ffff", "64:ff9b::ffff:ffff"}) {
    EXPECT_FALSE(is_host(text)) << text;
  }
  for (const char* text : {"0.0.0.1", "10.0.0.1", "10.255.255.255", "127.0.0.1", "223.255.255.255",
                           "240.0.0.1", "255.255.255.254", "::1", "fe80::1", "64:ff9b::10.0.0.1",
                           "64:ff9c::255.255.255.255", "::1:255.255.255.255"}) {
    EXPECT_TRUE(is_host(text)) << text;
  }
}

TEST(IpAddress, PublicIsWhatTheInternetReaches) {
  for (const char* text :
       {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
        "100.128.0.0",     "126.255.255.255", "128.0.0.0",      "169.253.255.255",
        "169.255.0.0",     "172.15.255.255",  "172.32.0.0",     "192.0.0.9",
        "192.0.0.10",      "192.0.1.0",       "192.0.3.0",      "192.31.196.1",
        "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",
        "198.51.101.0",    "203.0.112.255",   "203.0.114.0",    "223.255.255.255",
        "2000::1",         "2001:200::1",     "2001:1::1",      "2001:20::1",
        "2001:4:112::1",   "2001:db7::1",     "2001:db9::1",    "2003::1",
        "2620:4f:8000::1", "2a00::1",         "3fff:1000::",    "64:ff9b::1.1.1.1",
        "::ffff:1.1.1.1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(IpAddress, PrivateAndReservedIsNotPublic) {
  for (const char* text : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "169.254.0.0",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.0",
                           "192.0.0.8",
                           "192.0.0.11",
                           "192.0.2.255",
                           "192.88.99.1",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.57",
                           "224.0.0.1",
                           "240.0.0.0",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::1.1.1.1",
                           "::ffff:10.0.0.1",
                           "64:ff9b::10.0.0.1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:2::1",
                           "2001:10::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2001:db8:ffff::1",
                           "2002::1",
                           "3fff::1",
                           "3fff:fff::1",
                           "5f00::1",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "4000::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

TEST(IpAddress, NetworkClearsTheHostBits) {
  const auto network = [](const char* text, unsigned bits) {
    return IpAddress::parse(text).value().network(bits).text();
  };
  EXPECT_EQ(network("1.2.3.255", 32), "1.2.3.255");
  EXPECT_EQ(network("1.2.3.255", 25), "1.2.3.128");
  EXPECT_EQ(network("1.2.3.255", 24), "1.2.3.0");
  EXPECT_EQ(network("1.2.3.255", 0), "0.0.0.0");
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6", 64), "2001:db8:1:2::");
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6", 48), "2001:db8:1::");
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6", 128), "2001:db8:1:2:3:4:5:6");
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6", 1000), "2001:db8:1:2:3:4:5:6");
}

TEST(IpNetwork, ContainsItsRangeAndNothingElse) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("192.168.1.7", "192.168.1.7"));
  EXPECT_FALSE(contains("192.168.1.7", "192.168.1.8"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_FALSE(contains("::/0", "8.8.8.8"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
  EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db8::/32", "2001:db9::"));
  EXPECT_TRUE(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(contains("::ffff:10.0.0.0/104", "11.1.2.3"));
}

TEST(IpNetwork, RefusesMalformedRangesAndSetHostBits) {
  for (const std::string_view text :
       {"", "/", "10.0.0.0/", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08",
        "10.0.0.0/8 ", "10.0.0.0/8/8", "10.0.0.1/8", "10.0.0/8", "2001:db8::/129", "2001:db8::1/64",
        "::ffff:10.0.0.0/8", "10.0.0.0/4294967304", "x/8"}) {
    EXPECT_FALSE(IpNetwork::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace discovery

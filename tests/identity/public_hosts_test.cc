#include "identity/public_hosts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace discovery {
namespace {

using Hosts = std::vector<std::string>;

std::string normalised(std::string_view text) {
  const auto host = normalise_host(text);
  EXPECT_TRUE(host || host.error().code == Code::invalid);
  return host ? *host : "refused";
}

TEST(PublicHosts, AreWrittenAsTheyAreSigned) {
  EXPECT_EQ(normalised("Board.Example"), "board.example");
  EXPECT_EQ(normalised("BOARD:9001"), "board:9001");
  EXPECT_EQ(normalised("my_board-2"), "my_board-2");
  EXPECT_EQ(normalised("192.0.2.1:9001"), "192.0.2.1:9001");
  EXPECT_EQ(normalised("[2001:DB8::1]"), "[2001:db8::1]");
  EXPECT_EQ(normalised("[2001:DB8::1]:9001"), "[2001:db8::1]:9001");
  EXPECT_EQ(normalised("h:1"), "h:1");
  EXPECT_EQ(normalised("h:65535"), "h:65535");
  EXPECT_EQ(normalised(std::string(253, 'a')), std::string(253, 'a'));
}

TEST(PublicHosts, RefuseWhatIsNoAuthority) {
  for (const std::string& text : {std::string(),
                                  std::string(":"),
                                  std::string(":9001"),
                                  std::string("h:"),
                                  std::string("h:0"),
                                  std::string("h:080"),
                                  std::string("h:65536"),
                                  std::string("h:-1"),
                                  std::string("h:+1"),
                                  std::string("h:1 "),
                                  std::string("h:99999999999999999999"),
                                  std::string("h:1:2"),
                                  std::string("http://h"),
                                  std::string("https://h:443/"),
                                  std::string("h/"),
                                  std::string("h/path"),
                                  std::string("h?q"),
                                  std::string("user@h"),
                                  std::string(" h"),
                                  std::string("h "),
                                  std::string("a b"),
                                  std::string("h\n"),
                                  std::string("*"),
                                  std::string("[]"),
                                  std::string("[h]"),
                                  std::string("[1.2.3.4]"),
                                  std::string("[::1"),
                                  std::string("::1"),
                                  std::string("[::1]9001"),
                                  std::string("[::1]:"),
                                  std::string("[::1%25eth0]"),
                                  std::string("b\xc3\xa4r"),
                                  std::string("h\0", 2),
                                  std::string(254, 'a')}) {
    EXPECT_EQ(normalised(text), "refused") << text;
  }
  EXPECT_NE(normalise_host("http://h").error().message.find("without scheme"), std::string::npos);
}

TEST(PublicHosts, TakeAnyHostWhereNoneAreNamed) {
  const PublicHosts hosts({});
  EXPECT_TRUE(hosts.empty());
  EXPECT_EQ(hosts.expected("Board.Example:9001"), Hosts{"board.example:9001"});
  EXPECT_EQ(hosts.expected("[2001:DB8::443]"), Hosts{"[2001:db8::443]"});
  EXPECT_EQ(hosts.expected("h:8080"), Hosts{"h:8080"});
  EXPECT_EQ(hosts.expected(""), Hosts{""});
}

TEST(PublicHosts, TakeADefaultPortBothWays) {
  const PublicHosts hosts({});
  EXPECT_EQ(hosts.expected("H:80"), (Hosts{"h", "h:80"}));
  EXPECT_EQ(hosts.expected("h:443"), (Hosts{"h", "h:443"}));
  EXPECT_EQ(hosts.expected("[::1]:443"), (Hosts{"[::1]", "[::1]:443"}));
}

TEST(PublicHosts, TakeTheListedHostAndOtherwiseTheFirst) {
  const PublicHosts hosts({"board.example", "board.example:9001", "other.example"});
  EXPECT_FALSE(hosts.empty());
  EXPECT_EQ(hosts.expected("Board.Example"), Hosts{"board.example"});
  EXPECT_EQ(hosts.expected("board.example:9001"), Hosts{"board.example:9001"});
  EXPECT_EQ(hosts.expected("OTHER.example"), Hosts{"other.example"});
  EXPECT_EQ(hosts.expected("other.example:443"), Hosts{"other.example"});
  for (const char* const foreign :
       {"foreign.example", "foreign.example:443", "other.example:9001", "127.0.0.1:9001", ""}) {
    EXPECT_EQ(hosts.expected(foreign), Hosts{"board.example"}) << foreign;
  }
}

TEST(PublicHosts, UnderstandAListedDefaultPort) {
  const PublicHosts hosts({"first.example", "h:443"});
  EXPECT_EQ(hosts.expected("h"), (Hosts{"h", "h:443"}));
  EXPECT_EQ(hosts.expected("h:443"), (Hosts{"h", "h:443"}));
  const PublicHosts both({"h:80", "h:443", "h"});
  EXPECT_EQ(both.expected("h"), Hosts{"h"});
  EXPECT_EQ(both.expected("h:443"), (Hosts{"h", "h:443"}));
}

}  // namespace
}  // namespace discovery

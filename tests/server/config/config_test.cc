#include "server/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "server/config/setting_table.h"
#include "tests/support/config_fixture.h"

namespace discovery::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

TEST(Config, DefaultsAreThoseOfTheContract) {
  const Config config = config_of({});
  EXPECT_EQ(config.host, "0.0.0.0");
  EXPECT_EQ(config.port, 9001);
  EXPECT_FALSE(config.debug);
  EXPECT_EQ(config.database_path, "/home/board/.golem/discovery/discovery.db");
  EXPECT_EQ(config.rate_limit_per_minute, 100u);
  EXPECT_EQ(config.lease, std::chrono::minutes(5));
  EXPECT_EQ(config.clean_up_interval, std::chrono::seconds(60));
  EXPECT_EQ(config.network, "");
  EXPECT_EQ(config.payments_network, "");
  EXPECT_THAT(config.trusted_proxies, IsEmpty());
  EXPECT_EQ(config.page_size_max, 10'000u);
  EXPECT_EQ(config.providers_max, 2'000'000u);
  EXPECT_EQ(config.connections_max, 20'000u);
  EXPECT_EQ(config.connections_per_address_max, 256u);
  EXPECT_EQ(config.threads, std::max(1u, std::thread::hardware_concurrency()));
  EXPECT_FALSE(config.public_addresses_only);
  EXPECT_EQ(config.log_format, LogFormat::text);
  EXPECT_EQ(config.log_level, LogLevel::info);
  EXPECT_THAT(config.changed, IsEmpty());
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("AUTH is 'open'")));
}

TEST(Config, EveryDefaultTextIsAcceptedAsAFlag) {
  for (const Setting& setting : settings()) {
    EXPECT_THAT(config_of({setting.flag(), setting.default_text}).changed, IsEmpty())
        << setting.name;
  }
}

struct Bounds {
  const char* flag;
  const char* lowest;
  const char* highest;
  const char* too_low;
  const char* too_high;
};

TEST(Config, NumbersAreAcceptedUpToTheirBoundsAndNotBeyond) {
  const Bounds table[] = {
      {"--port", "0", "65535", "-1", "65536"},
      {"--rate-limit-per-minute", "0", "1000000000", "-1", "1000000001"},
      {"--advertisement-expiry-minutes", "0.001", "525600", "0.0009", "525600.1"},
      {"--cleanup-interval-seconds", "1", "86400", "0", "86401"},
      {"--max-page-size", "1", "1000000", "0", "1000001"},
      {"--max-providers", "1", "100000000", "0", "100000001"},
      {"--max-connections", "1", "1000000", "0", "1000001"},
      {"--max-connections-per-address", "1", "1000000", "0", "1000001"},
      {"--threads", "0", "256", "-1", "257"},
  };
  for (const Bounds& bounds : table) {
    EXPECT_TRUE(load({bounds.flag, bounds.lowest}, {})) << bounds.flag;
    EXPECT_TRUE(load({bounds.flag, bounds.highest}, {})) << bounds.flag;
    for (const char* text : {bounds.too_low, bounds.too_high, "x", "1x", "1 1", "0x10", "nan",
                             "99999999999999999999999"}) {
      EXPECT_THAT(error_of({bounds.flag, text}),
                  AllOf(HasSubstr(bounds.flag), HasSubstr("'" + std::string(text) + "'"),
                        HasSubstr(bounds.highest)));
    }
  }
}

TEST(Config, NumbersBecomeTheirValues) {
  const Config config = config_of({"--advertisement-expiry-minutes", "0.5", "--max-page-size=17",
                                   "--cleanup-interval-seconds", " 9 "});
  EXPECT_EQ(config.lease, std::chrono::seconds(30));
  EXPECT_EQ(config.page_size_max, 17u);
  EXPECT_EQ(config.clean_up_interval, std::chrono::seconds(9));
}

TEST(Config, BooleansAreReadAsPydanticReadsThem) {
  for (const char* yes : {"1", "true", "YES", "on", "T", "y"}) {
    EXPECT_TRUE(config_of({}, {std::string("GOLEM_DISCOVERY_DEBUG=") + yes}).debug) << yes;
  }
  for (const char* no : {"0", "False", "no", "OFF", "f", "n"}) {
    EXPECT_FALSE(config_of({"--debug", no}).debug) << no;
  }
  for (const char* neither : {"2", "maybe", "truee"}) {
    EXPECT_THAT(error_of({}, {std::string("GOLEM_DISCOVERY_DEBUG=") + neither}),
                HasSubstr("true/false"));
  }
}

TEST(Config, ALoneDebugFlagSwitchesDebuggingOn) {
  EXPECT_EQ(config_of({"--debug"}).log_level, LogLevel::debug);
  EXPECT_EQ(config_of({"--debug", "--port", "5"}).port, 5);
}

TEST(Config, DebugLowersTheLogLevelUnlessThatIsGiven) {
  EXPECT_EQ(config_of({"--debug", "--log-level", "info"}).log_level, LogLevel::info);
  EXPECT_EQ(config_of({}, {"GOLEM_DISCOVERY_DEBUG=no"}).log_level, LogLevel::info);
}

TEST(Config, ChoicesAreOneOfAFewWords) {
  EXPECT_EQ(config_of({"--log-level", "Warning"}).log_level, LogLevel::warning);
  EXPECT_EQ(config_of({"--log-level", "error"}).log_level, LogLevel::error);
  EXPECT_EQ(config_of({"--log-format", "json"}).log_format, LogFormat::json);
  EXPECT_TRUE(config_of({"--address-policy", "PUBLIC"}).public_addresses_only);
  EXPECT_EQ(error_of({"--log-format", "xml"}),
            "--log-format is 'xml': it may hold 'text' or 'json'");
  EXPECT_EQ(error_of({"--log-level", "loud"}),
            "--log-level is 'loud': it may hold 'debug', 'info', 'warning' or 'error'");
  EXPECT_THAT(error_of({"--address-policy", "private"}), HasSubstr("'any' or 'public'"));
}

TEST(Config, LogLevelsHaveTheNamesOfOtherProgramsToo) {
  const std::pair<const char*, LogLevel> table[] = {
      {"trace", LogLevel::debug}, {"WARN", LogLevel::warning},   {"err", LogLevel::error},
      {"fatal", LogLevel::error}, {"Critical", LogLevel::error},
  };
  for (const auto& [word, level] : table) {
    EXPECT_EQ(config_of({"--log-level", word}).log_level, level) << word;
  }
}

TEST(Config, HostIsALiteralAddress) {
  EXPECT_EQ(config_of({"--host", "127.0.0.1"}).host, "127.0.0.1");
  EXPECT_EQ(config_of({"--host", "0:0::0"}).host, "::");
  EXPECT_EQ(config_of({"--host", "localhost"}).host, "127.0.0.1");
  EXPECT_EQ(config_of({"--host", "LOCALHOST"}).host, "127.0.0.1");
  EXPECT_EQ(config_of({"--host", " 127.0.0.2\t"}).host, "127.0.0.2");
  EXPECT_EQ(config_of({"--host", "[::1]"}).host, "::1");
  for (const char* text : {"example.org", "256.0.0.1", "[127.0.0.1]", "[::1", "::1]", "[]",
                           "[::1]:9001", "127.0.0.1 127.0.0.2", "fe80::1%eth0"}) {
    EXPECT_THAT(error_of({"--host", text}), HasSubstr("IPv6"));
  }
}

TEST(Config, NetworksAreNormalisedLikeAnAdvertisementsField) {
  EXPECT_EQ(config_of({"--network", "Polygon"}).network, "polygon");
  EXPECT_EQ(config_of({"--payments-network", std::string(64, 'x')}).payments_network,
            std::string(64, 'x'));
  EXPECT_THAT(error_of({"--payments-network", std::string(65, 'x')}), HasSubstr("1 to 64"));
  EXPECT_THAT(error_of({"--network", "main net"}), HasSubstr("1 to 64"));
}

TEST(Config, TrustedProxiesAreAddressesAndRanges) {
  const Config config = config_of({"--trusted-proxies", "10.0.0.0/8, ::1"});
  ASSERT_EQ(config.trusted_proxies.size(), 2u);
  EXPECT_TRUE(config.trusted_proxies[0].contains(*IpAddress::parse("10.1.2.3")));
  EXPECT_TRUE(config.trusted_proxies[1].contains(*IpAddress::parse("::1")));
  EXPECT_EQ(config_of({"--trusted-proxies", "10.0.0.0/8, ::1 ,\t"}).trusted_proxies.size(), 2u);
  for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.1,,", ",10.0.0.1", ",", "proxy"}) {
    EXPECT_THAT(error_of({"--trusted-proxies", text}), HasSubstr("10.0.0.0/8"));
  }
}

TEST(Config, TrustedProxiesAreAtMost256) {
  std::string list = "10.0.0.1";
  for (int i = 1; i < 256; ++i) list += ",10.0.0.1";
  EXPECT_EQ(config_of({"--trusted-proxies", list}).trusted_proxies.size(), 256u);
  EXPECT_THAT(error_of({"--trusted-proxies", list + ",10.0.0.1"}), HasSubstr("up to 256"));
}

std::string path_of_url(const std::string& url) {
  return config_of({"--database-url", url}).database_path;
}

TEST(Config, DatabaseUrlNamesAnSqliteFile) {
  EXPECT_EQ(path_of_url("sqlite:///relative/x.db"), "relative/x.db");
  EXPECT_EQ(path_of_url("sqlite:////absolute/x.db"), "/absolute/x.db");
  EXPECT_EQ(path_of_url("sqlite+aiosqlite:////absolute/x.db"), "/absolute/x.db");
  EXPECT_EQ(path_of_url("sqlite:///:memory:"), ":memory:");
  EXPECT_EQ(path_of_url("sqlite+aiosqlite:///:memory:"), ":memory:");
  EXPECT_EQ(path_of_url("sqlite://"), ":memory:");
  for (const char* url : {"postgresql://host/db", "sqlite", "sqlite:/x", "sqlite://host/x.db",
                          "sqlite+://x", "sqlitex:///x", "/x.db", "sqlite:///x.db?mode=ro"}) {
    EXPECT_THAT(error_of({"--database-url", url}),
                AllOf(HasSubstr(url), HasSubstr("sqlite:////ABSOLUTE/PATH")));
  }
}

TEST(Config, DatabaseUrlOutranksDirectoryAndNameAndSaysSo) {
  const Config config = config_of({"--database-dir", "/x", "--database-url", "sqlite:////y.db"});
  EXPECT_EQ(config.database_path, "/y.db");
  EXPECT_THAT(config.warnings,
              testing::Contains("--database-dir is not used, because DATABASE_URL is set"));
}

TEST(Config, DatabaseDirAndNameMakeThePath) {
  EXPECT_EQ(config_of({"--database-dir", "~/x", "--database-name", "y"}).database_path,
            "/home/board/x/y");
  EXPECT_EQ(config_of({"--database-dir", "~"}).database_path, "/home/board/discovery.db");
  EXPECT_EQ(config_of({"--database-dir", "x"}).database_path, "x/discovery.db");
  EXPECT_THAT(error_of({"--database-dir", "a\nb"}), HasSubstr("a path"));
  for (const char* name : {".", "..", "a/b", "a\nb"}) {
    EXPECT_THAT(error_of({"--database-name", name}), HasSubstr("the name of a file"));
  }
}

TEST(Config, WithoutHomeTheDefaultDirectoryIsAnError) {
  const char* argv[] = {"golem-discovery", nullptr};
  const char* environment[] = {nullptr};
  const auto invocation = load_config(1, argv, environment);
  ASSERT_FALSE(invocation);
  EXPECT_THAT(invocation.error().message, AllOf(HasSubstr("DATABASE_DIR"), HasSubstr("HOME")));
}

TEST(Config, ErrorsAreOneLineAndKeepPasswordsToThemselves) {
  EXPECT_THAT(error_of({"--port", "1\n2\x1b"}), HasSubstr("'1\\x0a2\\x1b'"));
  const std::string error = error_of({"--database-url", "postgresql://board:secret@host/db"});
  EXPECT_THAT(error, AllOf(Not(HasSubstr("secret")), HasSubstr("postgresql://board:...@host/db")));
  EXPECT_THAT(error_of({"--port", std::string(10'000, '1')}).size(), testing::Lt(400u));
}

TEST(Config, ChangedSettingsAreListedForTheLog) {
  const Config config =
      config_of({"--port", "5", "--threads", "0"}, {"GOLEM_DISCOVERY_NETWORK=Polygon"});
  EXPECT_THAT(config.changed, UnorderedElementsAre("PORT='5'", "NETWORK='Polygon'"));
}

TEST(Config, ThePublishQueueHoldsAPostForEachConnection) {
  const size_t usual = limits::kWriteQueue;
  const auto queue_with = [](size_t connections) {
    return config_of({"--max-connections", std::to_string(connections)}).write_queue_max;
  };
  EXPECT_EQ(queue_with(usual), usual);
  EXPECT_EQ(queue_with(usual + 1), usual + 1);
}

TEST(Config, HelpNamesEverySettingWithDefaultAndVariable) {
  const auto invocation = load({"--help", "--port", "1"}, {"GOLEM_DISCOVERY_THREADS=x"});
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->action, Invocation::Action::show_help);
  for (const Setting& setting : settings()) {
    EXPECT_THAT(invocation->text, AllOf(HasSubstr(setting.flag()), HasSubstr(setting.variable()),
                                        HasSubstr(setting.default_text)));
  }
}

TEST(Config, RecoverNeedsTheSettingsAndWarnsOfNoneThatConcernServing) {
  const auto invocation =
      load({"--recover", "--database-url", "sqlite:///a.db"}, {"GOLEM_DISCOVERY_PORT=5"});
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->action, Invocation::Action::recover);
  EXPECT_EQ(invocation->config.database_path, "a.db");
  EXPECT_EQ(invocation->config.port, 5);
  EXPECT_THAT(invocation->config.warnings, testing::IsEmpty());
  EXPECT_THAT(load({"--help"}, {})->text, HasSubstr("--recover"));
}

TEST(Config, RecoverGoesWithNothingThatItDoesNotTake) {
  EXPECT_EQ(error_of({"--recover", "a.db"}),
            "--recover takes no value, not 'a.db': settings name the database, such as "
            "--database-url");
  EXPECT_THAT(error_of({"--recover=false"}), HasSubstr("--recover takes no value"));
  EXPECT_THAT(error_of({"--recover", "--recover"}), HasSubstr("--recover"));
  EXPECT_EQ(error_of({"a.db", "--recover"}), "unexpected argument 'a.db'; see --help");
  EXPECT_THAT(error_of({"--recover", "--port", "x"}), HasSubstr("--port is 'x'"));
  EXPECT_EQ(load({"--recover", "--help"}, {})->action, Invocation::Action::show_help);
  EXPECT_EQ(load({"--recover", "--version"}, {})->action, Invocation::Action::show_version);
  EXPECT_THAT(error_of_file("recover = true\n"), HasSubstr("'recover'"));
}

TEST(Config, VersionIsOneLine) {
  const auto invocation = load({"--version"}, {});
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->action, Invocation::Action::show_version);
  EXPECT_THAT(invocation->text, testing::MatchesRegex("golem-discovery [0-9.]+\n"));
}

}  // namespace
}  // namespace discovery::test

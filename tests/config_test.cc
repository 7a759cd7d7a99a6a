#include "config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "settings.h"

namespace discovery {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

using Words = std::vector<std::string>;

std::vector<const char*> pointers(const Words& words) {
  std::vector<const char*> result;
  for (const std::string& word : words) result.push_back(word.c_str());
  result.push_back(nullptr);
  return result;
}

Result<Invocation> load(Words flags, Words environment) {
  flags.insert(flags.begin(), "golem-discovery");
  environment.push_back("HOME=/home/board");
  return load_config(static_cast<int>(flags.size()), pointers(flags).data(),
                     pointers(environment).data());
}

Config config_of(const Words& flags, const Words& environment = {}) {
  auto invocation = load(flags, environment);
  EXPECT_TRUE(invocation) << invocation.error().message;
  return invocation ? invocation->config : Config{};
}

std::string error_of(const Words& flags, const Words& environment = {}) {
  const auto invocation = load(flags, environment);
  EXPECT_FALSE(invocation) << "accepted";
  return invocation ? "" : invocation.error().message;
}

/// A file of settings that is gone when the test is.
class SettingsFile {
 public:
  explicit SettingsFile(const std::string& text)
      : path_(testing::TempDir() + "config_test_" + std::to_string(getpid()) + ".toml") {
    std::ofstream(path_) << text;
  }
  ~SettingsFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Config config_of_file(const std::string& text) {
  const SettingsFile file(text);
  return config_of({"--config", file.path()});
}

std::string error_of_file(const std::string& text) {
  const SettingsFile file(text);
  return error_of({"--config", file.path()});
}

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

TEST(Config, FlagsOutrankTheEnvironmentWhichOutranksTheFile) {
  const SettingsFile file("port = 1\nthreads = 1\nmax_providers = 1\n");
  const Config config = config_of({"--config", file.path(), "--port", "3"},
                                  {"GOLEM_DISCOVERY_PORT=2", "GOLEM_DISCOVERY_THREADS=2"});
  EXPECT_EQ(config.port, 3);
  EXPECT_EQ(config.threads, 2u);
  EXPECT_EQ(config.providers_max, 1u);
}

TEST(Config, VariablesAreReadInAnyCaseAndTheExactSpellingWins) {
  EXPECT_EQ(config_of({}, {"golem_discovery_port=8"}).port, 8);
  EXPECT_EQ(config_of({}, {"GOLEM_DISCOVERY_PORT=9", "golem_discovery_port=8"}).port, 9);
  EXPECT_EQ(config_of({}, {"golem_discovery_port=8", "GOLEM_DISCOVERY_PORT=9"}).port, 9);
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
    for (const char* text : {bounds.too_low, bounds.too_high, "", "x", "1x", "1 1", "0x10", "nan",
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
  for (const char* neither : {"", "2", "maybe", "truee"}) {
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
  EXPECT_EQ(error_of({"--log-level", ""}),
            "--log-level is '': it may hold 'debug', 'info', 'warning' or 'error'");
  EXPECT_THAT(error_of({"--address-policy", "private"}), HasSubstr("'any' or 'public'"));
}

TEST(Config, HostIsALiteralAddress) {
  EXPECT_EQ(config_of({"--host", "127.0.0.1"}).host, "127.0.0.1");
  EXPECT_EQ(config_of({"--host", "0:0::0"}).host, "::");
  EXPECT_EQ(config_of({"--host", "localhost"}).host, "127.0.0.1");
  for (const char* text : {"", "example.org", "256.0.0.1", "[::1]", "fe80::1%eth0"}) {
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
  for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.1,", ",", "proxy"}) {
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

TEST(Config, AnEmptyDatabaseUrlCountsAsUnset) {
  EXPECT_EQ(config_of({}, {"GOLEM_DISCOVERY_DATABASE_URL="}).database_path,
            "/home/board/.golem/discovery/discovery.db");
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
  EXPECT_THAT(error_of({"--database-dir", ""}), HasSubstr("a path"));
  for (const char* name : {"", ".", "..", "a/b", "a\nb"}) {
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

TEST(Config, UnknownFlagsAreErrorsThatNameTheNearest) {
  EXPECT_EQ(error_of({"--prot", "1"}), "'--prot' is not a setting; the nearest is --port");
  EXPECT_THAT(error_of({"--max-page-sizes=1"}), HasSubstr("--max-page-size"));
  EXPECT_THAT(error_of({"--tls-cert", "x"}), HasSubstr("'--tls-cert' is not a setting"));
  EXPECT_EQ(error_of({"serve"}), "unexpected argument 'serve'; see --help");
  EXPECT_THAT(error_of({"-p", "1"}), HasSubstr("'-p'"));
  EXPECT_THAT(error_of({"--port", "1", "--port", "2"}), HasSubstr("--port"));
  EXPECT_THAT(error_of({"--port"}), HasSubstr("--port"));
}

TEST(Config, UnknownVariablesAreWarnedAboutWithTheNearestName) {
  const Config config =
      config_of({"--auth=signed"}, {"GOLEM_DISCOVERY_PROT=1", "GOLEM_DISCOVERYPORT=1", "X=1"});
  EXPECT_THAT(config.warnings,
              ElementsAre("'GOLEM_DISCOVERY_PROT' is not a setting; the nearest is "
                          "GOLEM_DISCOVERY_PORT; it is ignored"));
}

TEST(Config, ServiceLinksOfKubernetesAreIgnoredWithOneWarning) {
  const Config config =
      config_of({"--auth=signed"}, {
                                       "GOLEM_DISCOVERY_PORT=tcp://10.0.0.1:9001",
                                       "GOLEM_DISCOVERY_PORT_9001_TCP_ADDR=10.0.0.1",
                                       "GOLEM_DISCOVERY_SERVICE_HOST=10.0.0.1",
                                       "GOLEM_DISCOVERY_SERVICE_PORT_HTTP=9001",
                                   });
  EXPECT_EQ(config.port, 9001);
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_THAT(config.warnings[0],
              AllOf(HasSubstr("Kubernetes injects them beside a service named golem-discovery"),
                    HasSubstr("GOLEM_DISCOVERY_PORT='tcp://10.0.0.1:9001'"),
                    HasSubstr("GOLEM_DISCOVERY_SERVICE_HOST"),
                    HasSubstr("GOLEM_DISCOVERY_SERVICE_PORT_HTTP"),
                    HasSubstr("GOLEM_DISCOVERY_PORT_9001_TCP_ADDR")));
}

TEST(Config, AServiceLinkDoesNotHideThePortOfTheFileThatTheEnvironmentNames) {
  const SettingsFile file("port = 12\n");
  const Config config = config_of(
      {}, {"GOLEM_DISCOVERY_CONFIG=" + file.path(), "GOLEM_DISCOVERY_PORT=tcp://10.0.0.1:9001"});
  EXPECT_EQ(config.port, 12);
}

TEST(Config, FilesHoldEveryKindOfValue) {
  const Config config = config_of_file(
      "debug = true\nadvertisement_expiry_minutes = 0.25\nnetwork = \"Main\"\n"
      "trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nmax_page_size = \"12\"\n");
  EXPECT_TRUE(config.debug);
  EXPECT_EQ(config.lease, std::chrono::seconds(15));
  EXPECT_EQ(config.network, "main");
  EXPECT_EQ(config.trusted_proxies.size(), 2u);
  EXPECT_EQ(config.page_size_max, 12u);
}

TEST(Config, FaultsOfAFileNameTheFileAndTheKey) {
  EXPECT_THAT(error_of_file("prot = 1\n"),
              AllOf(HasSubstr("'prot' in '"), HasSubstr("the nearest is 'port'")));
  EXPECT_THAT(error_of_file("PORT = 1\n"), HasSubstr("the nearest is 'port'"));
  EXPECT_THAT(error_of_file("port = 65536\n"),
              AllOf(HasSubstr("'port' in '"), HasSubstr(" is '65536': it may hold an integer")));
  EXPECT_THAT(error_of_file("config = \"x\"\n"), HasSubstr("cannot name another"));
  EXPECT_THAT(error_of_file("[port]\nx = 1\n"), HasSubstr("'port' in '"));
  EXPECT_THAT(error_of_file("database_dir = \"a\\u0000b\"\n"), HasSubstr("'a\\x00b'"));
  EXPECT_THAT(error_of_file("port = 1\nport = \n"), HasSubstr(", line 2: "));
}

TEST(Config, FilesThatCannotBeReadAreErrors) {
  EXPECT_THAT(error_of({"--config", "/nonexistent/x.toml"}), HasSubstr("cannot read"));
  EXPECT_THAT(error_of({"--config", "/"}), HasSubstr("cannot read"));
}

TEST(Config, FilesAreAtMost64KiB) {
  const std::string setting = "port = 3\n";
  const std::string comment = "#" + std::string(64 * 1024 - setting.size() - 1, 'x');
  EXPECT_EQ(config_of_file(setting + comment).port, 3);
  EXPECT_THAT(error_of_file(setting + comment + "x"), HasSubstr("longer than 65536 bytes"));
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
  const size_t usual = Limits{}.publish_queue;
  const auto queue_with = [](size_t connections) {
    return config_of({"--max-connections", std::to_string(connections)}).limits.publish_queue;
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

TEST(Config, VersionIsOneLine) {
  const auto invocation = load({"--version"}, {});
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->action, Invocation::Action::show_version);
  EXPECT_THAT(invocation->text, testing::MatchesRegex("golem-discovery [0-9.]+\n"));
}

}  // namespace
}  // namespace discovery

#include "server/config/setting_sources.h"

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
using testing::SizeIs;

TEST(ConfigSources, FlagsOutrankTheEnvironmentWhichOutranksTheFile) {
  const SettingsFile file("port = 1\nthreads = 1\nmax_providers = 1\n");
  const Config config = config_of({"--config", file.path(), "--port", "3"},
                                  {"GOLEM_DISCOVERY_PORT=2", "GOLEM_DISCOVERY_THREADS=2"});
  EXPECT_EQ(config.port, 3);
  EXPECT_EQ(config.threads, 2u);
  EXPECT_EQ(config.providers_max, 1u);
}

TEST(ConfigSources, VariablesAreReadInAnyCaseAndTheExactSpellingWins) {
  EXPECT_EQ(config_of({}, {"golem_discovery_port=8"}).port, 8);
  EXPECT_EQ(config_of({}, {"GOLEM_DISCOVERY_PORT=9", "golem_discovery_port=8"}).port, 9);
  EXPECT_EQ(config_of({}, {"golem_discovery_port=8", "GOLEM_DISCOVERY_PORT=9"}).port, 9);
}

TEST(ConfigSources, WhatIsBlankIsNotGivenWhereverItStands) {
  for (const Setting& setting : settings()) {
    for (const std::string blank : {"", " ", "\t", "\r", " \n "}) {
      EXPECT_THAT(config_of({setting.flag(), blank}).changed, IsEmpty()) << setting.name;
      EXPECT_THAT(config_of({setting.flag() + "=" + blank}).changed, IsEmpty()) << setting.name;
      EXPECT_THAT(config_of({}, {setting.variable() + "=" + blank}).changed, IsEmpty())
          << setting.name;
    }
    if (setting.name == kConfigSetting) continue;
    EXPECT_THAT(config_of_file(setting.key() + " = \" \\t\"\n").changed, SizeIs(1))  // CONFIG
        << setting.name;
  }
  EXPECT_FALSE(config_of({"--debug", "", "--port", "5"}).debug);
  EXPECT_EQ(config_of({"--debug", "", "--port", "5"}).port, 5);
}

TEST(ConfigSources, WhatIsBlankHidesNothingOfLowerPrecedence) {
  const SettingsFile file("port = 1\nthreads = 3\nauth = \"signed\"\ntrusted_proxies = []\n");
  const Config config = config_of(
      {"--config", file.path(), "--port", "", "--threads="},
      {"GOLEM_DISCOVERY_PORT=2", "golem_discovery_auth=signed", "GOLEM_DISCOVERY_AUTH= "});
  EXPECT_EQ(config.port, 2);
  EXPECT_EQ(config.threads, 3u);
  EXPECT_TRUE(config.signed_only);
  EXPECT_THAT(config.trusted_proxies, IsEmpty());
}

TEST(ConfigSources, UnknownFlagsAreErrorsThatNameTheNearest) {
  EXPECT_EQ(error_of({"--prot", "1"}), "'--prot' is not a setting; the nearest is --port");
  EXPECT_THAT(error_of({"--max-page-sizes=1"}), HasSubstr("--max-page-size"));
  EXPECT_EQ(error_of({"--tls-cert", "x"}), "'--tls-cert' is not a setting; see --help");
  EXPECT_EQ(error_of({"serve"}), "unexpected argument 'serve'; see --help");
  EXPECT_THAT(error_of({"-p", "1"}), HasSubstr("'-p'"));
  EXPECT_THAT(error_of({"--port", "1", "--port", "2"}), HasSubstr("--port"));
  EXPECT_THAT(error_of({"--port"}), HasSubstr("--port"));
}

TEST(ConfigSources, UnknownVariablesAreWarnedAboutWithTheNearestName) {
  const Config config =
      config_of({"--auth=signed"}, {"GOLEM_DISCOVERY_PROT=1", "GOLEM_DISCOVERYPORT=1", "X=1"});
  EXPECT_THAT(config.warnings,
              ElementsAre("'GOLEM_DISCOVERY_PROT' is not a setting; the nearest is "
                          "GOLEM_DISCOVERY_PORT; it is ignored"));
}

TEST(ConfigSources, ServiceLinksOfKubernetesAreIgnoredWithOneWarning) {
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

TEST(ConfigSources, AServiceLinkDoesNotHideThePortOfTheFileThatTheEnvironmentNames) {
  const SettingsFile file("port = 12\n");
  const Config config = config_of(
      {}, {"GOLEM_DISCOVERY_CONFIG=" + file.path(), "GOLEM_DISCOVERY_PORT=tcp://10.0.0.1:9001"});
  EXPECT_EQ(config.port, 12);
}

TEST(ConfigSources, FilesHoldEveryKindOfValue) {
  const Config config = config_of_file(
      "debug = true\nadvertisement_expiry_minutes = 0.25\nnetwork = \"Main\"\n"
      "trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nmax_page_size = \"12\"\n");
  EXPECT_TRUE(config.debug);
  EXPECT_EQ(config.lease, std::chrono::seconds(15));
  EXPECT_EQ(config.network, "main");
  EXPECT_EQ(config.trusted_proxies.size(), 2u);
  EXPECT_EQ(config.page_size_max, 12u);
}

TEST(ConfigSources, FaultsOfAFileNameTheFileAndTheKey) {
  EXPECT_THAT(error_of_file("prot = 1\n"),
              AllOf(HasSubstr("'prot' in '"), HasSubstr("the nearest is port")));
  EXPECT_THAT(error_of_file("PORT = 1\n"), HasSubstr("the nearest is port"));
  EXPECT_THAT(error_of_file("port = 65536\n"),
              AllOf(HasSubstr("'port' in '"), HasSubstr(" is '65536': it may hold an integer")));
  EXPECT_THAT(error_of_file("config = \"x\"\n"), HasSubstr("cannot name another"));
  EXPECT_THAT(error_of_file("[port]\nx = 1\n"), HasSubstr("'port' in '"));
  EXPECT_THAT(error_of_file("database_dir = \"a\\u0000b\"\n"), HasSubstr("'a\\x00b'"));
  EXPECT_THAT(error_of_file("port = 1\nport = \n"), HasSubstr(", line 2: "));
}

TEST(ConfigSources, FilesThatCannotBeReadAreErrors) {
  EXPECT_THAT(error_of({"--config", "/nonexistent/x.toml"}), HasSubstr("cannot read"));
  EXPECT_THAT(error_of({"--config", "/"}), HasSubstr("cannot read"));
}

TEST(ConfigSources, FilesAreAtMost64KiB) {
  const std::string setting = "port = 3\n";
  const std::string comment = "#" + std::string(64 * 1024 - setting.size() - 1, 'x');
  EXPECT_EQ(config_of_file(setting + comment).port, 3);
  EXPECT_THAT(error_of_file(setting + comment + "x"), HasSubstr("longer than 65536 bytes"));
}

}  // namespace
}  // namespace discovery::test

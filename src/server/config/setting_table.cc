#include "server/config/setting_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "advertisement/validation.h"
#include "base/ascii.h"
#include "base/boolean.h"
#include "base/nearest_name.h"
#include "identity/public_hosts.h"

namespace discovery {
namespace {

constexpr size_t kTrustedProxiesMax = 256;
constexpr size_t kPublicHostsMax = 64;
constexpr double kLeaseMinutesMin = 0.001;
constexpr double kLeaseMinutesMax = 525'600;       // a year
constexpr double kOutageCreditMinutesMax = 1'440;  // a day
constexpr int64_t kCleanUpSecondsMax = 86'400;

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  text = trimmed(text);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class Number>
std::string number_text(Number number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

/// A comma may stand behind the last one.
std::optional<std::vector<IpNetwork>> parse_networks(std::string_view text) {
  std::vector<IpNetwork> networks;
  for (text = trimmed(text); networks.empty() || !text.empty();) {
    const size_t end = std::min(text.find(','), text.size());
    const auto network = IpNetwork::parse(trimmed(text.substr(0, end)));
    if (!network || networks.size() == kTrustedProxiesMax) return std::nullopt;
    networks.push_back(*network);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return networks;
}

std::optional<std::vector<std::string>> parse_hosts(std::string_view text) {
  constexpr std::string_view kBetween = ", \t";
  std::vector<std::string> hosts;
  for (size_t end = 0;;) {
    const size_t begin = text.find_first_not_of(kBetween, end);
    if (begin == text.npos) return hosts;
    end = std::min(text.find_first_of(kBetween, begin), text.size());
    auto host = normalise_host(text.substr(begin, end - begin));
    if (!host || hosts.size() == kPublicHostsMax) return std::nullopt;
    hosts.push_back(*std::move(host));
  }
}

/// The default is the one that config.h gives the member.
template <class Number>
Setting integer(std::string name, Number Config::*member, Number low, Number high,
                std::string meaning) {
  return {std::move(name), std::to_string(Config{}.*member),
          "an integer from " + std::to_string(low) + " to " + std::to_string(high),
          std::move(meaning), [=](std::string_view text, ConfigDraft& draft) {
            const auto number = parse_number<Number>(text);
            if (!number || *number < low || *number > high) return false;
            draft.config.*member = *number;
            return true;
          }};
}

template <class Value>
using Choices = std::vector<std::pair<std::string_view, Value>>;

/// One of a few words in any case; `synonyms` are taken too, but not documented.
template <class Value, class Store>
Setting choice(std::string name, std::string default_text, Choices<Value> choices,
               std::string meaning, Store store, const Choices<Value>& synonyms = {}) {
  std::string accepts;
  for (const auto& [word, value] : choices) {
    if (!accepts.empty()) accepts += word == choices.back().first ? " or " : ", ";
    accepts.append("'").append(word).append("'");
  }
  choices.insert(choices.end(), synonyms.begin(), synonyms.end());
  return {std::move(name), std::move(default_text), std::move(accepts), std::move(meaning),
          [choices = std::move(choices), store](std::string_view text, ConfigDraft& draft) {
            const std::string asked = lower_case(trimmed(text));
            for (const auto& [word, value] : choices) {
              if (asked != word) continue;
              store(draft, value);
              return true;
            }
            return false;
          }};
}

/// IPv6 also in brackets, as in a URL.
std::optional<IpAddress> parse_host(std::string_view text) {
  text = trimmed(text);
  if (lower_case(text) == "localhost") return IpAddress::parse("127.0.0.1");
  const bool is_bracketed =
      text.starts_with('[') && text.ends_with(']') && text.find(':') != text.npos;
  return IpAddress::parse(is_bracketed ? text.substr(1, text.size() - 2) : text);
}

Setting host() {
  return {"HOST", Config{}.host, "a literal IPv4 or IPv6 address, or 'localhost'",
          "the address to listen on", [](std::string_view text, ConfigDraft& draft) {
            const auto address = parse_host(text);
            if (address) draft.config.host = address->text();
            return address.has_value();
          }};
}

Setting debug() {
  return {"DEBUG", "false", std::string(kBooleanWords),
          "log at level debug, unless LOG_LEVEL says otherwise, and show signers what was expected",
          [](std::string_view text, ConfigDraft& draft) {
            const auto value = parse_boolean(trimmed(text));
            draft.config.debug = value.value_or(false);
            return value.has_value();
          }};
}

Setting database_dir() {
  return {"DATABASE_DIR", ConfigDraft{}.database_dir, "a path; '~' at its front stands for HOME",
          "the directory of the database", [](std::string_view text, ConfigDraft& draft) {
            draft.database_dir = text;
            return !has_control_characters(text);
          }};
}

Setting database_name() {
  return {"DATABASE_NAME", ConfigDraft{}.database_name, "the name of a file, without '/'",
          "the database's file in DATABASE_DIR", [](std::string_view text, ConfigDraft& draft) {
            draft.database_name = text;
            return text != "." && text != ".." && text.find('/') == std::string_view::npos &&
                   !has_control_characters(text);
          }};
}

Setting database_url() {
  return {
      "DATABASE_URL", "",
      "sqlite:///RELATIVE/PATH, sqlite:////ABSOLUTE/PATH or sqlite:///:memory:, each also with a "
      "driver (sqlite+aiosqlite:///...) and none with parameters",
      "the database, instead of DATABASE_DIR and DATABASE_NAME",
      [](std::string_view text, ConfigDraft& draft) {
        draft.database_url = text;
        return database_path_of_url(text).has_value();
      }};
}

Setting minutes(std::string name, std::chrono::microseconds Config::*member, double low,
                double high, std::string meaning) {
  constexpr double kMicrosecondsPerMinute = 60e6;
  const auto standard = static_cast<double>((Config{}.*member).count());
  return {std::move(name), number_text(standard / kMicrosecondsPerMinute),
          "a number from " + number_text(low) + " to " + number_text(high) + ", fractions allowed",
          std::move(meaning), [=](std::string_view text, ConfigDraft& draft) {
            const auto given = parse_number<double>(text);
            if (!given || !(*given >= low && *given <= high)) return false;
            draft.config.*member =
                std::chrono::microseconds(std::llround(*given * kMicrosecondsPerMinute));
            return true;
          }};
}

Setting clean_up_interval() {
  return {"CLEANUP_INTERVAL_SECONDS", std::to_string(Config{}.clean_up_interval.count()),
          "an integer from 1 to " + std::to_string(kCleanUpSecondsMax),
          "how long an expired row may stay in the database",
          [](std::string_view text, ConfigDraft& draft) {
            const auto seconds = parse_number<int64_t>(text);
            if (!seconds || *seconds < 1 || *seconds > kCleanUpSecondsMax) return false;
            draft.config.clean_up_interval = std::chrono::seconds(*seconds);
            return true;
          }};
}

/// What an advertisement that names none is stored with, so the rules are those of its field.
Setting network(std::string name, std::string Config::*member, std::string meaning) {
  return {std::move(name), "", "1 to 64 of a-z 0-9 _ . : -", std::move(meaning),
          [member](std::string_view text, ConfigDraft& draft) {
            return normalise_network(text, draft.config.*member);
          }};
}

Setting trusted_proxies() {
  return {
      "TRUSTED_PROXIES", "",
      "up to " + std::to_string(kTrustedProxiesMax) +
          " addresses and ranges such as 10.0.0.0/8, joined by commas; a range's host bits are 0",
      "proxies whose X-Forwarded-For is believed", [](std::string_view text, ConfigDraft& draft) {
        auto networks = parse_networks(text);
        if (!networks) return false;
        draft.config.trusted_proxies = std::move(*networks);
        return true;
      }};
}

Setting public_hosts() {
  return {"PUBLIC_HOSTS", "",
          "up to " + std::to_string(kPublicHostsMax) +
              " host names or addresses as in the board's URL, such as board.example:9001, joined "
              "by commas or spaces, without scheme and path",
          "the names of this board that signatures must hold; the first stands for all others",
          [](std::string_view text, ConfigDraft& draft) {
            auto hosts = parse_hosts(text);
            if (!hosts) return false;
            draft.config.public_hosts = std::move(*hosts);
            return true;
          }};
}

Setting log_level() {
  const Choices<LogLevel> levels{{"debug", LogLevel::debug},
                                 {"info", LogLevel::info},
                                 {"warning", LogLevel::warning},
                                 {"error", LogLevel::error}};
  // As other programs call these levels, or one beyond the last of ours.
  const Choices<LogLevel> synonyms{{"trace", LogLevel::debug},
                                   {"warn", LogLevel::warning},
                                   {"err", LogLevel::error},
                                   {"critical", LogLevel::error},
                                   {"fatal", LogLevel::error}};
  return choice(
      "LOG_LEVEL", "info", levels, "the least important lines that are logged",
      [](ConfigDraft& draft, LogLevel level) { draft.log_level = level; }, synonyms);
}

Setting config_file() {
  return {std::string(kConfigSetting), "", "the path of a TOML file",
          "a TOML file of settings, keys in lower case",
          [](std::string_view text, ConfigDraft&) { return !has_control_characters(text); }};
}

std::vector<Setting> build_settings() {
  const Choices<bool> auths{{"open", false}, {"signed", true}};
  const Choices<bool> policies{{"any", false}, {"public", true}};
  const Choices<LogFormat> formats{{"text", LogFormat::text}, {"json", LogFormat::json}};
  constexpr size_t kMillion = 1'000'000;
  return {
      host(),
      integer<uint16_t>("PORT", &Config::port, 0, 65'535, "the TCP port; 0 takes any free one"),
      debug(),
      database_dir(),
      database_name(),
      database_url(),
      integer<uint32_t>(
          "RATE_LIMIT_PER_MINUTE", &Config::rate_limit_per_minute, 0, 1'000'000'000,
          "requests per minute and client address, reads and writes apart; 0: no limit"),
      minutes("ADVERTISEMENT_EXPIRY_MINUTES", &Config::lease, kLeaseMinutesMin, kLeaseMinutesMax,
              "how long an advertisement is listed after its last post"),
      minutes(
          "OUTAGE_CREDIT", &Config::outage_credit, 0, kOutageCreditMinutesMax,
          "how many minutes leases stand still, at most, while the store takes no writes or the "
          "board is down; 0: not at all"),
      clean_up_interval(),
      choice("AUTH", "open", auths, "'signed' takes posts with a verified signature alone",
             [](ConfigDraft& draft, bool only) { draft.config.signed_only = only; }),
      public_hosts(),
      network("NETWORK", &Config::network, "the network of advertisements that name none"),
      network("PAYMENTS_NETWORK", &Config::payments_network,
              "the payments network of advertisements that name none"),
      choice("ADDRESS_POLICY", "any", policies,
             "'public' refuses advertisements of private, loopback and reserved addresses",
             [](ConfigDraft& draft, bool only) { draft.config.public_addresses_only = only; }),
      trusted_proxies(),
      integer<size_t>("MAX_PAGE_SIZE", &Config::page_size_max, 1, kMillion,
                      "the most advertisements that one may ask for with limit"),
      integer<size_t>("MAX_PROVIDERS", &Config::providers_max, 1, 100 * kMillion,
                      "the most providers on the board"),
      integer<size_t>("MAX_CONNECTIONS", &Config::connections_max, 1, kMillion,
                      "the most connections at a time"),
      integer<size_t>("MAX_CONNECTIONS_PER_ADDRESS", &Config::connections_per_address_max, 1,
                      kMillion, "the same for one address; trusted proxies are exempt"),
      integer<unsigned>("THREADS", &Config::threads, 0, 256,
                        "threads that serve connections; 0: one per processor"),
      choice("LOG_FORMAT", "text", formats, "how log lines look",
             [](ConfigDraft& draft, LogFormat format) { draft.config.log_format = format; }),
      log_level(),
      config_file(),
  };
}

std::string with_dashes(std::string text) {
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

}  // namespace

std::string Setting::flag() const { return "--" + with_dashes(key()); }
std::string Setting::variable() const { return std::string(kVariablePrefix) + name; }
std::string Setting::key() const { return lower_case(name); }

const std::vector<Setting>& settings() {
  static const std::vector<Setting> table = build_settings();
  return table;
}

const Setting* find_setting(std::string_view name) {
  const auto& table = settings();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Setting& setting) { return setting.name == name; });
  return found == table.end() ? nullptr : &*found;
}

const Setting* nearest_setting(std::string_view name) {
  NearestName candidate(name);
  for (const Setting& setting : settings()) candidate.consider(setting.name);
  return find_setting(candidate.nearest());
}

std::optional<std::string> database_path_of_url(std::string_view url) {
  constexpr std::string_view kScheme = "sqlite";
  const size_t colon = url.find("://");
  if (!url.starts_with(kScheme) || colon == std::string_view::npos) return std::nullopt;
  const std::string_view driver = url.substr(kScheme.size(), colon - kScheme.size());
  if (!driver.empty() && (driver.front() != '+' || driver.size() == 1)) return std::nullopt;
  std::string_view path = url.substr(colon + 3);
  if (path.find('?') != std::string_view::npos || has_control_characters(path)) return std::nullopt;
  if (path.empty()) return ":memory:";
  // What stands between the second and the third slash would be a host, which SQLite has none of.
  if (path.front() != '/') return std::nullopt;
  path.remove_prefix(1);
  return path.empty() ? ":memory:" : std::string(path);
}

std::string to_upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), ascii_upper);
  return result;
}

}  // namespace discovery

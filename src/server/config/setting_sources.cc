#include "server/config/setting_sources.h"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <utility>

namespace discovery {
namespace {

constexpr size_t kFileBytesMax = 64 * 1024;
constexpr std::string_view kRecoverMeaning =
    "Save what can be read of a damaged database into a new one, which\n"
    "takes its place, say what was saved, and exit; the damaged file is\n"
    "kept beside it. Settings name the database";

/// `written` says how names are written where `name` stood.
std::string unknown(const std::string& what, std::string_view name,
                    std::string (Setting::*written)() const) {
  const Setting* const nearest = nearest_setting(name);
  return what + " is not a setting; " +
         (nearest == nullptr ? "see --help" : "the nearest is " + (nearest->*written)());
}

std::string description(const Setting& setting) {
  const std::string standard = setting.default_text.empty() ? "unset" : setting.default_text;
  return setting.meaning + "\n" + setting.accepts + "\n[" + standard + "] " + setting.variable();
}

Error unexpected_argument(const std::string& argument) {
  if (!argument.starts_with("--") || argument == "--") {
    return fail(Code::invalid, "unexpected argument " + in_quotes(argument) + "; see --help");
  }
  std::string name = argument.substr(2, argument.find('=') - 2);
  std::replace(name.begin(), name.end(), '-', '_');
  return fail(Code::invalid, unknown(in_quotes(argument), name, &Setting::flag));
}

/// A setting left empty: in compose files as `PORT=`, in scripts as an unset "$PORT".
bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// The command line without flags that hold a blank, which count as not given.
std::vector<const char*> without_blanks(int argc, const char* const* argv) {
  std::vector<const char*> words;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    const size_t equals = word.find('=');
    const bool is_flag = std::any_of(
        settings().begin(), settings().end(),
        [&](const Setting& setting) { return setting.flag() == word.substr(0, equals); });
    if (is_flag && equals != word.npos && is_blank(word.substr(equals + 1))) continue;
    if (is_flag && equals == word.npos && i + 1 < argc && is_blank(argv[i + 1])) {
      ++i;
      continue;
    }
    words.push_back(argv[i]);
  }
  return words;
}

/// The part of a variable's name after the prefix, upper-case; empty for other variables.
std::string setting_name(std::string_view variable) {
  if (to_upper(variable.substr(0, kVariablePrefix.size())) != kVariablePrefix) return {};
  return to_upper(variable.substr(kVariablePrefix.size()));
}

/// Kubernetes describes a service named golem-discovery to every container beside it in variables
/// that only look like ours: GOLEM_DISCOVERY_PORT=tcp://10.0.0.1:9001, ..._PORT_9001_TCP_ADDR,
/// ..._SERVICE_HOST.
bool is_service_link(const std::string& name, std::string_view text) {
  if (name == "PORT") return text.find("://") != std::string_view::npos;
  return name.starts_with("PORT_") || name == "SERVICE_HOST" || name.starts_with("SERVICE_PORT");
}

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* number = node.as_floating_point()) {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.begin(), digits.end(), number->get());
    return std::string(digits.begin(), written.ptr);
  }
  return std::nullopt;
}

/// A list is joined by commas, which is how flags and variables write one.
std::optional<std::string> node_text(const toml::node& node) {
  const auto* list = node.as_array();
  if (list == nullptr) return scalar_text(node);
  std::string joined;
  for (const toml::node& item : *list) {
    const auto text = scalar_text(item);
    if (!text) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad() || (file.fail() && !file.eof())) {
    return fail(Code::invalid, "cannot read the file " + in_quotes(path) + " that CONFIG names");
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kFileBytesMax) {
    return fail(Code::invalid, "the file " + in_quotes(path) +
                                   " that CONFIG names is longer than " +
                                   std::to_string(kFileBytesMax) + " bytes");
  }
  return text;
}

Status take_table(const toml::table& table, const std::string& path, GivenSettings& given) {
  for (const auto& [key, node] : table) {
    const std::string name = to_upper(key.str());
    const Setting* setting = find_setting(name);
    const std::string origin = in_quotes(key.str()) + " in " + in_quotes(path);
    if (setting == nullptr || setting->key() != key.str()) {
      return fail(Code::invalid, unknown(origin, name, &Setting::key));
    }
    if (name == kConfigSetting) {
      return fail(Code::invalid, origin + ": a file of settings cannot name another");
    }
    auto text = node_text(node);
    if (!text) {
      return fail(Code::invalid, origin + " is a table or a time: it may hold " + setting->accepts);
    }
    if (!is_blank(*text)) given.try_emplace(setting, Given{*std::move(text), origin});
  }
  return {};
}

void append_escaped(std::string& line, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) {
    line += c;
  } else {
    line.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
}

}  // namespace

Result<CommandLine> read_command_line(int argc, const char* const* argv) {
  CLI::App app(
      "The advertisement board of VM on Golem. Flags outrank environment variables, which\n"
      "outrank the file that CONFIG names.",
      "golem-discovery");
  app.allow_extras();
  app.set_version_flag("--version", "golem-discovery " DISCOVERY_VERSION "\n");
  CLI::Option* const recover = app.add_option("--recover")->expected(0, 1);
  recover->description(std::string(kRecoverMeaning))->type_name("");
  app.get_formatter()->column_width(38);
  for (const Setting& setting : settings()) {
    CLI::Option* option = app.add_option(setting.flag())->description(description(setting));
    // A lone --debug means --debug=true.
    option->type_name("VALUE")->expected(setting.default_text == "false" ? 0 : 1, 1);
  }
  CommandLine line;
  try {
    const auto words = without_blanks(argc, argv);
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::CallForHelp&) {
    line.action = Invocation::Action::show_help;
    line.text = app.help();
    return line;
  } catch (const CLI::CallForVersion& version) {
    line.action = Invocation::Action::show_version;
    line.text = version.what();
    return line;
  } catch (const CLI::ParseError& error) {
    return fail(Code::invalid, error.what());
  }
  if (recover->count() > 0) {
    if (!recover->results().front().empty()) {
      return fail(Code::invalid, "--recover takes no value, not " +
                                     in_quotes(recover->results().front()) +
                                     ": settings name the database, such as --database-url");
    }
    line.action = Invocation::Action::recover;
  }
  const std::vector<std::string> extras = app.remaining();
  if (!extras.empty()) return unexpected_argument(extras.front());
  for (const Setting& setting : settings()) {
    const CLI::Option& option = *app.get_option(setting.flag());
    if (option.count() == 0) continue;
    const bool is_lone_switch = option.get_expected_min() == 0 && option.results().front().empty();
    line.given[&setting] = {is_lone_switch ? "true" : option.results().front(), setting.flag()};
  }
  return line;
}

void read_environment(const char* const* environment, GivenSettings& given,
                      std::vector<std::string>& warnings) {
  GivenSettings found;
  std::string service_links;
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const size_t equals = std::min(entry.find('='), entry.size());
    const std::string variable(entry.substr(0, equals));
    const std::string_view text = entry.substr(std::min(equals + 1, entry.size()));
    const std::string name = setting_name(variable);
    if (name.empty()) continue;
    const Setting* setting = find_setting(name);
    if (is_service_link(name, text)) {
      service_links += (service_links.empty() ? "" : ", ") + variable;
      if (setting != nullptr) service_links.append("=").append(in_quotes(text));
    } else if (setting == nullptr) {
      warnings.push_back(unknown(in_quotes(variable), name, &Setting::variable) +
                         "; it is ignored");
    } else if (is_blank(text)) {
      continue;
    } else if (variable == setting->variable()) {
      found[setting] = {std::string(text), variable};  // the exact spelling outranks the others
    } else {
      found.try_emplace(setting, Given{std::string(text), variable});
    }
  }
  if (!service_links.empty()) {
    warnings.push_back(
        "ignored, because Kubernetes injects them beside a service named "
        "golem-discovery: " +
        service_links + "; enableServiceLinks: false leaves them out");
  }
  given.merge(found);
}

Status read_file(const std::string& path, GivenSettings& given) {
  const auto text = read_text(path);
  if (!text) return text.error();
  try {
    return take_table(toml::parse(*text, path), path, given);
  } catch (const toml::parse_error& error) {
    return fail(Code::invalid, in_quotes(path) + ", line " +
                                   std::to_string(error.source().begin.line) + ": " +
                                   std::string(error.description()));
  }
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kLongest = 200;
  std::string shown(text);
  const size_t authority = shown.find("://");
  const size_t at = shown.rfind('@');
  const size_t colon = shown.find(':', authority == std::string::npos ? 0 : authority + 3);
  if (authority != std::string::npos && at != std::string::npos && colon < at) {
    shown.replace(colon + 1, at - colon - 1, "...");
  }
  std::string line = "'";
  for (const char c : shown.substr(0, kLongest)) append_escaped(line, c);
  if (shown.size() > kLongest) line += "...";
  return line + "'";
}

}  // namespace discovery

#include "server/config/config.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "server/config/setting_sources.h"
#include "server/config/setting_table.h"

namespace discovery {
namespace {

std::string home_directory(const char* const* environment) {
  constexpr std::string_view kHome = "HOME=";
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    if (entry.starts_with(kHome)) return std::string(entry.substr(kHome.size()));
  }
  return {};
}

Error misfit(const std::string& origin, std::string_view text, std::string_view accepts) {
  return fail(Code::invalid,
              origin + " is " + in_quotes(text) + ": it may hold " + std::string(accepts));
}

Status take(const GivenSettings& given, ConfigDraft& draft) {
  for (const Setting& setting : settings()) {
    const auto found = given.find(&setting);
    if (found == given.end()) continue;
    const auto& [text, origin] = found->second;
    if (!setting.apply(text, draft)) return misfit(origin, text, setting.accepts);
    if (text != setting.default_text) {
      draft.config.changed.push_back(setting.name + "=" + in_quotes(text));
    }
  }
  return {};
}

Result<std::string> database_path(const ConfigDraft& draft, const std::string& home) {
  // The text was checked when it was given.
  if (!draft.database_url.empty()) return *database_path_of_url(draft.database_url);
  std::string directory = draft.database_dir;
  if (directory == "~" || directory.starts_with("~/")) {
    if (home.empty()) {
      return misfit("DATABASE_DIR", directory, "a path without '~' while HOME is not set");
    }
    directory.replace(0, 1, home);
  }
  return directory + "/" + draft.database_name;
}

/// What several settings decide together.
Status combine(ConfigDraft& draft, const std::string& home) {
  Config& config = draft.config;
  auto path = database_path(draft, home);
  if (!path) return path.error();
  config.database_path = *std::move(path);
  config.log_level = draft.log_level.value_or(config.debug ? LogLevel::debug : LogLevel::info);
  if (config.threads == 0) config.threads = std::max(1u, std::thread::hardware_concurrency());
  // A shorter queue would refuse some of them for nothing.
  config.write_queue_max = std::max(limits::kWriteQueue, config.connections_max);
  return {};
}

void warn_of_unused(const GivenSettings& given, ConfigDraft& draft) {
  if (draft.database_url.empty()) return;
  for (const char* name : {"DATABASE_DIR", "DATABASE_NAME"}) {
    const auto found = given.find(find_setting(name));
    if (found == given.end()) continue;
    draft.config.warnings.push_back(found->second.origin +
                                    " is not used, because DATABASE_URL is set");
  }
}

void warn_of_openness(Config& config) {
  const auto address = IpAddress::parse(config.host);
  const bool loopback =
      address && (*address == IpAddress::parse("::1") ||
                  (address->is_v4() && address->network(8) == IpAddress::parse("127.0.0.0")));
  if (config.signed_only || loopback) return;
  config.warnings.push_back("AUTH is 'open' and HOST is " + in_quotes(config.host) +
                            ": any client can overwrite advertisements of "
                            "providers that do not sign; set AUTH=signed to take signed ones "
                            "alone, or HOST=127.0.0.1");
}

}  // namespace

Result<Invocation> load_config(int argc, const char* const* argv, const char* const* environment) {
  auto line = read_command_line(argc, argv);
  if (!line) return line.error();
  const bool serves = line->action == Invocation::Action::serve;
  if (!serves && line->action != Invocation::Action::recover) {
    return Invocation{line->action, std::move(line->text), {}};
  }
  ConfigDraft draft;
  GivenSettings given = std::move(line->given);
  read_environment(environment, given, draft.config.warnings);
  const auto file = given.find(find_setting(kConfigSetting));
  if (file != given.end()) {
    if (Status read = read_file(file->second.text, given); !read) return read.error();
  }
  if (Status taken = take(given, draft); !taken) return taken.error();
  if (Status combined = combine(draft, home_directory(environment)); !combined)
    return combined.error();
  warn_of_unused(given, draft);
  if (serves) warn_of_openness(draft.config);
  return Invocation{line->action, {}, std::move(draft.config)};
}

}  // namespace discovery

// The table of settings: each one's name, default, bounds and meaning, and how its text becomes a
// value.
//
// Flags, environment variables, file keys and --help are all derived from this one table.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace discovery {

/// A Config in the making: what several settings decide together is combined at the end.
struct ConfigDraft {
  Config config;
  std::string database_dir = "~/.golem/discovery";
  std::string database_name = "discovery.db";
  std::string database_url;
  std::optional<LogLevel> log_level;
};

struct Setting {
  std::string name;  // RATE_LIMIT_PER_MINUTE
  std::string default_text;
  std::string accepts;  // "an integer from 0 to 65535", completing "it may hold ..."
  std::string meaning;
  /// False: `text`, which is not blank, is nothing the setting may hold.
  std::function<bool(std::string_view text, ConfigDraft& draft)> apply;

  std::string flag() const;      // --rate-limit-per-minute
  std::string variable() const;  // GOLEM_DISCOVERY_RATE_LIMIT_PER_MINUTE
  std::string key() const;       // rate_limit_per_minute
};

inline constexpr std::string_view kVariablePrefix = "GOLEM_DISCOVERY_";

/// The setting that names the file others are read from; it cannot stand in that file.
inline constexpr std::string_view kConfigSetting = "CONFIG";

/// In the order of the documentation. Built once, never changed.
const std::vector<Setting>& settings();

/// The setting of that upper-case name; null where there is none.
const Setting* find_setting(std::string_view name);

/// The setting that was probably meant by `name` (any case); null where none is near.
const Setting* nearest_setting(std::string_view name);

/// What DATABASE_URL means as a path; ":memory:" for a board that dies with the process.
std::optional<std::string> database_path_of_url(std::string_view url);

std::string to_upper(std::string_view text);

}  // namespace discovery

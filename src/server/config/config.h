// Every setting of the service (docs/operating.md); its limits stand in
// base/limits.h.
//
// A plain value. main reads it once with load_config() and hands each part on.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/limits.h"
#include "base/result.h"

namespace discovery {

enum class LogFormat { text, json };
enum class LogLevel { debug, info, warning, error };

struct Config {
  std::string host = "0.0.0.0";
  uint16_t port = 9001;  // 0: any free one
  bool debug = false;
  std::string
      database_path;  // from DATABASE_URL, or DATABASE_DIR and DATABASE_NAME; ":memory:" possible
  uint32_t rate_limit_per_minute = 100;  // 0: off
  std::chrono::microseconds lease{std::chrono::minutes{5}};
  std::chrono::microseconds outage_credit{std::chrono::minutes{10}};  // 0: none
  std::chrono::seconds clean_up_interval{60};
  bool signed_only = false;
  std::vector<std::string> public_hosts;  // as normalise_host() writes them
  std::string network;
  std::string payments_network;
  std::vector<IpNetwork> trusted_proxies;
  size_t page_size_max = 10'000;
  size_t providers_max = 2'000'000;
  size_t connections_max = 20'000;
  size_t connections_per_address_max = 256;
  unsigned threads = 0;  // set by load_config(): as given, or the number of processors
  bool public_addresses_only = false;
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
  /// Set by load_config(): one post may wait for each connection.
  size_t write_queue_max = limits::kWriteQueue;

  /// Settings that differ from their default, as `NAME='value'`, for the log line of a start.
  std::vector<std::string> changed;
  /// Lines to warn about at start: unknown GOLEM_DISCOVERY_ variables, PORT=tcp://… of Kubernetes.
  std::vector<std::string> warnings;
};

/// What the command line asked for.
struct Invocation {
  enum class Action { serve, recover, show_help, show_version };
  Action action = Action::serve;
  std::string text;  // what to print for the latter two
  Config config;     // for the others
};

/// Flags over environment over TOML file over defaults. The error is one line that names the
/// setting, what it held and what it may hold. `environment` is a null-terminated array of
/// NAME=value.
Result<Invocation> load_config(int argc, const char* const* argv, const char* const* environment);

}  // namespace discovery

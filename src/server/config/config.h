// Every setting and every limit of the service, in one place (contract, section 5;
// docs/operating.md).
//
// A plain value. main reads it once with load_config() and hands each part to whoever needs it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace discovery {

enum class LogFormat { text, json };
enum class LogLevel { debug, info, warning, error };

/// Fixed limits: not settings, but gathered here so that they can be seen together.
struct Limits {
  size_t head_bytes = 16 * 1024;
  size_t target_bytes = 8 * 1024;
  size_t body_bytes = 16 * 1024;
  std::chrono::seconds idle_timeout{75};
  std::chrono::seconds head_timeout{10};
  std::chrono::seconds body_timeout{10};
  std::chrono::seconds write_timeout{30};
  // A stop takes 5 s at most: the last two are for closing the store and for the log.
  std::chrono::seconds drain_timeout{3};       // what is in flight at SIGTERM
  std::chrono::seconds unfinished_timeout{1};  // of that, what has not arrived whole
  std::chrono::seconds repeated_signal{1};     // SIGTERM again so soon is the same
  std::chrono::seconds post_hold{10};          // what waits for the store
  size_t publish_queue = 65'536;
  size_t batch = 1'024;
  size_t rate_limit_addresses = 1'000'000;
  size_t pins_per_provider = 4;      // keys that have ever posted, for each of MAX_PROVIDERS
  size_t walk_piece = 1'000;         // listings found at a time for a list of all that match
  uint64_t search_work = 4'000'000;  // of one question beyond codes: steps of about 50 ns
  size_t kept_page_bytes = 24 * 1024 * 1024;        // compressed, of each thread
  size_t gzip_bytes_per_second = 32 * 1024 * 1024;  // of answers, likewise
  size_t log_line_bytes = 4096;                     // what a pipe takes at once (PIPE_BUF)
  size_t log_queue_bytes = 1024 * 1024;            // of lines that standard error has not taken yet
  std::chrono::milliseconds log_flush{500};        // what is left of them at the end
  uint32_t failed_verifications_per_minute = 600;  // of an address
  uint32_t provider_posts_per_minute = 60;         // of a provider that signs
  std::chrono::seconds write_wait{10};             // of a post over RATE_LIMIT_PER_MINUTE
  uint32_t waiting_writes_per_address = 16;        // at once
  size_t waiting_writes = 4'096;                   // at once, of all addresses
  uint32_t introductions_per_request_limit = 6;    // new ids an hour, for each request a minute
};

struct Config {
  std::string host = "0.0.0.0";
  uint16_t port = 9001;  // 0: any free one
  bool debug = false;
  std::string
      database_path;  // from DATABASE_URL, or DATABASE_DIR and DATABASE_NAME; ":memory:" possible
  uint32_t rate_limit_per_minute = 100;  // 0: off
  std::chrono::microseconds lease{std::chrono::minutes{5}};
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
  Limits limits;

  /// Settings that differ from their default, as `NAME='value'`, for the log line of a start.
  std::vector<std::string> changed;
  /// Lines to warn about at start: unknown GOLEM_DISCOVERY_ variables, PORT=tcp://… of Kubernetes.
  std::vector<std::string> warnings;
};

/// What the command line asked for.
struct Invocation {
  enum class Action { serve, show_help, show_version };
  Action action = Action::serve;
  std::string text;  // what to print for the latter two
  Config config;
};

/// Flags over environment over TOML file over defaults. The error is one line that names the
/// setting, what it held and what it may hold. `environment` is a null-terminated array of
/// NAME=value.
Result<Invocation> load_config(int argc, const char* const* argv, const char* const* environment);

}  // namespace discovery

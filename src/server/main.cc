// golem-discovery: reads its settings, wires the parts together, serves until it is told to stop.
#include <malloc.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "api/api.h"
#include "base/catch_exceptions.h"
#include "base/limits.h"
#include "board/archive.h"
#include "board/board.h"
#include "board/writer_thread.h"
#include "net/server.h"
#include "server/config/config.h"
#include "server/logging/logging.h"
#include "server/process_setup.h"
#include "server/stop_signals.h"
#include "store/recovery.h"
#include "store/store.h"

namespace discovery {

namespace {

BoardOptions board_options(const Config& config, uint64_t seed) {
  BoardOptions options;
  options.lease = config.lease;
  options.outage_credit = config.outage_credit;
  options.clean_up_interval = config.clean_up_interval;
  options.providers_max = config.providers_max;
  options.pins_max = limits::kPinsPerProvider * config.providers_max;
  options.new_providers_per_hour = static_cast<uint32_t>(std::min<uint64_t>(
      uint64_t{config.rate_limit_per_minute} * limits::kNewProvidersPerRequestLimit,
      std::numeric_limits<uint32_t>::max()));
  options.queue_max = config.write_queue_max;
  options.seed = seed;
  return options;
}

ApiOptions api_options(const Config& config) {
  ApiOptions options;
  options.page_size_max = config.page_size_max;
  options.validation.network = config.network;
  options.validation.payments_network = config.payments_network;
  options.validation.address_policy =
      config.public_addresses_only ? AddressPolicy::public_only : AddressPolicy::any;
  options.trusted_proxies = config.trusted_proxies;
  options.auth.signed_only = config.signed_only;
  options.auth.public_hosts = PublicHosts(config.public_hosts);
  options.auth.shows_expected_text = config.debug;
  options.streams = std::make_shared<ConnectionCounts>(
      ConnectionLimits{.connections_max = config.connections_max / 2,
                       .per_address_max = config.connections_per_address_max / 2,
                       .trusted_proxies = config.trusted_proxies});
  return options;
}

RateLimiterOptions limiter_options(const Config& config, uint64_t seed) {
  RateLimiterOptions options;
  options.per_minute = config.rate_limit_per_minute;
  options.seed = seed;
  return options;
}

ServerOptions server_options(const Config& config) {
  ServerOptions options;
  options.host = config.host;
  options.port = config.port;
  options.threads = config.threads;
  options.connections_max = config.connections_max;
  options.connections_per_address_max = config.connections_per_address_max;
  options.trusted_proxies = config.trusted_proxies;
  return options;
}

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : " ") + item;
  return out.empty() ? "all at their defaults" : out;
}

void log_start(const Config& config, const Store& store, const LoadReport& report, uint16_t port) {
  spdlog::info(
      "golem-discovery {} listening on {}:{}; store {}; {} advertisements loaded ({} expired, {} "
      "refused, {} superseded); settings: {}",
      DISCOVERY_VERSION, config.host, port, store.description(), report.listed, report.expired,
      report.refused, report.superseded, joined(config.changed));
}

bool has_served = false;  // what ends the process from here on is no failed start

Status serve(Config config) {
  const auto stop_signals = StopSignals::start(limits::kRepeatedSignal);
  if (!stop_signals) return stop_signals.error();
  const Status provided = provide_descriptors(config);
  if (!provided) return provided.error();
  Result<std::unique_ptr<Store>> store = open_sqlite(config.database_path);
  if (!store) return store.error();

  const SystemClock clock;
  const uint64_t seed = random_seed();
  Lifecycle lifecycle;
  RateLimiter limiter(limiter_options(config, seed));
  Board board(board_options(config, seed), **store);

  const ApiOptions api = api_options(config);
  Result<std::unique_ptr<Server>> server =
      Server::open(server_options(config), [&](Executor& executor) {
        return std::make_unique<Api>(api, board, limiter, lifecycle, clock, executor);
      });
  if (!server) return server.error();
  const auto give_up = [&](const Error& error) {
    (*server)->drain(std::chrono::seconds{0});
    board.abandon();  // while the executors of what was posted meanwhile are still there
    return error;
  };
  if (const Status started = (*server)->start(); !started) return give_up(started.error());

  const Result<LoadReport> loaded = board.load(api.validation, clock.now());
  // Outlived by the server, as the writer below: their answers go through the executors of its
  // threads.
  const Result<std::unique_ptr<Archive>> archive =
      loaded ? Archive::start(**store, board, clock) : loaded.error();
  if (!archive) return give_up(archive.error());
  lifecycle.archive = archive->get();
  malloc_trim(0);  // what loading needed for sorting

  const Result<std::unique_ptr<WriterThread>> writer = WriterThread::start(board, clock);
  if (!writer) return give_up(writer.error());
  lifecycle.phase = Lifecycle::Phase::serving;
  has_served = true;
  log_start(config, **store, *loaded, (*server)->port());

  (*stop_signals)->wait();
  lifecycle.phase = Lifecycle::Phase::draining;
  // Early enough that even a post that the store never took is answered within the time.
  board.end_holding(clock.boot() + limits::kDrainTimeout - std::chrono::seconds{1});
  (*server)->drain(limits::kDrainTimeout);
  return {};
}

Status recover(const Config& config) {
  const Result<RecoveryReport> report = catch_exceptions(
      [&] { return recover_sqlite(config.database_path, SystemClock().now().wall); });
  if (!report) return report.error();
  std::fputs(to_text(*report).c_str(), stdout);
  return {};
}

int refuse(std::string_view why, int status) {
  spdlog::error("{}: {}", has_served ? "ended by a fault" : "not started", why);
  return status;
}

int run(int argc, char** argv) {
  const Status opened = open_standard_files();
  signal(SIGPIPE, SIG_IGN);  // the reader of the log may end first
  signal(SIGXFSZ, SIG_IGN);  // a file at its limit is a fault of the store, not the end
  set_up_heap();
  log_without_thread(LogFormat::text, LogLevel::info);
  if (!opened) return refuse(opened.error().message, 1);
  const Result<Invocation> invocation = load_config(argc, argv, environ);
  if (!invocation) return refuse(invocation.error().message, 2);
  using Action = Invocation::Action;
  if (invocation->action == Action::show_help || invocation->action == Action::show_version) {
    std::fputs(invocation->text.c_str(), stdout);
    return 0;
  }
  const Config& config = invocation->config;
  if (const Status logging = set_up_logging(config.log_format, config.log_level); !logging) {
    return refuse(logging.error().message, 1);
  }
  for (const std::string& warning : config.warnings) spdlog::warn("{}", warning);
  if (invocation->action == Action::recover) {
    const Status recovered = recover(config);
    if (!recovered) spdlog::error("not recovered: {}", recovered.error().message);
    return recovered ? 0 : 1;
  }
  if (const Status served = serve(config); !served) return refuse(served.error().message, 1);
  spdlog::info("stopped");
  return 0;
}

}  // namespace

}  // namespace discovery

int main(int argc, char** argv) {
  int status = 1;
  std::set_terminate(discovery::end_on_fault);
  try {
    status = discovery::run(argc, argv);
  } catch (const std::exception& error) {
    const char* const hint =
        "; is a limit of memory, threads (ulimit -u, TasksMax) or files "
        "(ulimit -n) too low?";
    discovery::refuse(std::string(error.what()) + (discovery::has_served ? "" : hint), status);
  }
  discovery::flush_log();
  return status;
}

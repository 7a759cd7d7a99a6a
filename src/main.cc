// golem-discovery: reads its settings, wires the parts together, serves until it is told to stop.
#include <malloc.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <limits>
#include <random>

#include "api/api.h"
#include "board/archive.h"
#include "board/board.h"
#include "board/writer.h"
#include "config.h"
#include "http/server.h"
#include "logging.h"
#include "process.h"
#include "store/store.h"

namespace discovery {

namespace {

// Descriptors beside the connections: database, log, acceptors, epoll.
constexpr rlim_t kOwnDescriptors = 128;

BoardOptions board_options(const Config& config, uint64_t seed) {
  BoardOptions options;
  options.lease = config.lease;
  options.clean_up_interval = config.clean_up_interval;
  options.hold = config.limits.post_hold;
  options.providers_max = config.providers_max;
  options.pins_max = config.limits.pins_per_provider * config.providers_max;
  options.introductions_per_hour = static_cast<uint32_t>(std::min<uint64_t>(
      uint64_t{config.rate_limit_per_minute} * config.limits.introductions_per_request_limit,
      std::numeric_limits<uint32_t>::max()));
  options.queue_max = config.limits.publish_queue;
  options.batch_max = config.limits.batch;
  options.seed = seed;
  return options;
}

ApiOptions api_options(const Config& config, uint64_t seed) {
  ApiOptions options;
  options.page_size_max = config.page_size_max;
  options.codec.network = config.network;
  options.codec.payments_network = config.payments_network;
  options.codec.address_policy =
      config.public_addresses_only ? AddressPolicy::public_only : AddressPolicy::any;
  options.trusted_proxies = config.trusted_proxies;
  options.search_work_max = config.limits.search_work;
  options.kept_page_bytes = config.limits.kept_page_bytes;
  options.gzip_bytes_per_second = config.limits.gzip_bytes_per_second;
  options.auth.signed_only = config.signed_only;
  options.auth.public_hosts = PublicHosts(config.public_hosts);
  options.auth.shows_expected_text = config.debug;
  options.watchers = std::make_shared<ConnectionCounts>(
      ConnectionLimits{.connections_max = config.connections_max / 2,
                       .per_address_max = config.connections_per_address_max / 2,
                       .trusted_proxies = config.trusted_proxies});
  options.seed = seed;
  return options;
}

LimiterOptions limiter_options(const Config& config, uint64_t seed) {
  LimiterOptions options;
  options.per_minute = config.rate_limit_per_minute;
  options.failures_per_minute = config.limits.failed_verifications_per_minute;
  options.provider_posts_per_minute = config.limits.provider_posts_per_minute;
  options.addresses_max = config.limits.rate_limit_addresses;
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
  options.head_bytes = config.limits.head_bytes;
  options.target_bytes = config.limits.target_bytes;
  options.body_bytes = config.limits.body_bytes;
  options.idle_timeout = config.limits.idle_timeout;
  options.head_timeout = config.limits.head_timeout;
  options.body_timeout = config.limits.body_timeout;
  options.write_timeout = config.limits.write_timeout;
  return options;
}

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

void raise_descriptor_limit(size_t connections_max) {
  const rlim_t wanted = connections_max + kOwnDescriptors;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return;
  const rlim_t allowed = limit.rlim_max;
  limit = {wanted, std::max(wanted, allowed)};
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return;  // above the hard limit: privileged only
  limit = {allowed, allowed};
  setrlimit(RLIMIT_NOFILE, &limit);
  spdlog::warn("only {} files may be open (ulimit -n): fewer than MAX_CONNECTIONS={} can be served",
               allowed, connections_max);
}

// Blocked in every thread from the start, so that only wait_for_stop() takes them.
sigset_t block_stop_signals() {
  signal(SIGPIPE, SIG_IGN);  // whoever reads the log may go before us
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// A second signal ends the process at once.
void wait_for_stop(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("{} received: finishing what is in flight", strsignal(signal));
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
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

Status serve(const Config& config) {
  const sigset_t stop_signals = block_stop_signals();
  Result<std::unique_ptr<Store>> store = open_sqlite(config.database_path);
  if (!store) return store.error();

  const SystemClock clock;
  const uint64_t seed = random_seed();
  Lifecycle lifecycle;
  Limiter limiter(limiter_options(config, seed));
  Board board(board_options(config, seed), **store);

  const ApiOptions api = api_options(config, seed);
  Result<std::unique_ptr<Server>> server =
      Server::open(server_options(config), [&](Outbox& outbox) {
        return std::make_unique<Api>(api, board, limiter, lifecycle, clock, outbox);
      });
  if (!server) return server.error();
  raise_descriptor_limit(config.connections_max);
  (*server)->start();

  const Result<LoadReport> loaded = board.load(api.codec, config.threads, clock.now());
  // Outlived by the server, as the writer below: their answers go through the outboxes of its
  // threads.
  const Result<std::unique_ptr<Archive>> archive =
      loaded ? Archive::start(**store, board, clock) : loaded.error();
  if (!archive) {
    (*server)->drain(std::chrono::seconds{0});
    board.abandon();  // while the outboxes of what was posted meanwhile are still there
    return archive.error();
  }
  lifecycle.archive = archive->get();
  malloc_trim(0);  // what loading needed for sorting

  const Writer writer(board, clock);
  lifecycle.phase = Lifecycle::Phase::serving;
  log_start(config, **store, *loaded, (*server)->port());

  wait_for_stop(stop_signals);
  lifecycle.phase = Lifecycle::Phase::draining;
  // Early enough that even a post that the store never took is answered within the time.
  board.end_holding(clock.boot() + config.limits.drain_timeout - std::chrono::seconds{1});
  (*server)->drain(config.limits.drain_timeout);
  return {};
}

int run(int argc, char** argv) {
  if (const Status opened = open_standard_files(); !opened) {
    set_up_logging(LogFormat::text, LogLevel::info);
    spdlog::error("not started: {}", opened.error().message);
    return 1;
  }
  set_up_heap();
  const Result<Invocation> invocation = load_config(argc, argv, environ);
  if (!invocation) {
    set_up_logging(LogFormat::text, LogLevel::info);
    spdlog::error("not started: {}", invocation.error().message);
    return 2;
  }
  if (invocation->action != Invocation::Action::serve) {
    std::fputs(invocation->text.c_str(), stdout);
    return 0;
  }
  const Config& config = invocation->config;
  set_up_logging(config.log_format, config.log_level);
  for (const std::string& warning : config.warnings) spdlog::warn("{}", warning);
  if (const Status served = serve(config); !served) {
    spdlog::error("not started: {}", served.error().message);
    return 1;
  }
  spdlog::info("stopped");
  return 0;
}

}  // namespace

}  // namespace discovery

int main(int argc, char** argv) {
  try {
    return discovery::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "golem-discovery: %s\n", error.what());
    return 1;
  }
}

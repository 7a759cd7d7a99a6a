// What the handlers of one I/O thread work with.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "advertisement/advertisement_parser.h"
#include "api/access/authenticator.h"
#include "api/access/rate_limiter.h"
#include "api/log_budget.h"
#include "api/reply/gzip.h"
#include "api/reply/page_cache.h"
#include "api/watch/stream_fanout.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/ip_address.h"
#include "base/limits.h"
#include "board/archive.h"
#include "board/board.h"
#include "net/connection_counts.h"
#include "query/query.h"

namespace discovery {

/// Where the process stands between its start and its end; shared by all threads.
struct Lifecycle {
  enum class Phase { loading, serving, draining };
  std::atomic<Phase> phase{Phase::loading};
  std::atomic<Archive*> archive{nullptr};         // there from `serving` on
  std::atomic<bool> warned_of_forwarding{false};  // X-Forwarded-For from a peer that is not trusted
  std::atomic<bool> warned_of_entry{false};       // an entry of it that names no address
  std::atomic<bool> warned_of_hosts{false};       // a verified post, but PUBLIC_HOSTS is unset
};

struct ApiOptions {
  size_t page_size_max = 10'000;
  size_t walk_piece = limits::kWalkPiece;
  ValidationOptions validation;
  std::vector<IpNetwork> trusted_proxies;
  AuthOptions auth;
  uint64_t search_work_max = limits::kSearchWork;  // of one question, as work_of() counts
  size_t kept_page_bytes = limits::kKeptPageBytes;
  size_t gzip_bytes_per_second = limits::kGzipBytesPerSecond;
  /// Streams, counted like connections; shared by all threads.
  std::shared_ptr<ConnectionCounts> streams =
      std::make_shared<ConnectionCounts>(ConnectionLimits{});
};

/// One per I/O thread and used by it alone; what it refers to is shared and outlives it.
struct Services {
  Services(const ApiOptions& api_options, Board& board, RateLimiter& limiter, Lifecycle& lifecycle,
           const Clock& clock, Executor& executor);

  const ApiOptions options;
  Board& board;
  RateLimiter& limiter;
  Lifecycle& lifecycle;
  const Clock& clock;
  Executor& executor;
  const Authenticator authenticator;
  StreamFanout streams;
  PageCache pages;
  Gzip gzip;
  LogBudget log_budget;
  const std::string refresh_after;  // `,"refresh_after":100}`

  /// Kept between requests for their memory. What a handler finds in them is an earlier request's.
  struct Buffers {
    AdvertisementParser parser;
    Advertisement advertisement;
    Query query;
    Page page;
    RenderedPage rendered;
    std::string body;
    std::string provider_id;
  } buffers;

  /// Reads that wait while the board is being loaded, and for how long at most; the first first.
  struct WaitingRead {
    std::weak_ptr<Exchange> exchange;
    BootTime until;
  };
  std::deque<WaitingRead> waiting_reads;
  bool looks_whether_loaded = false;

  /// The last answer of /stats, which is good for a second.
  struct {
    std::string body;
    std::string packed;  // its gzip form; empty until that is asked for
    BootTime good_until{};
  } stats;
};

}  // namespace discovery

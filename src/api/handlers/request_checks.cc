#include "api/handlers/request_checks.h"

#include <utility>

#include "api/errors.h"
#include "identity/provider_id.h"
#include "query/percent_encoding.h"

namespace discovery {

bool accepts(Services& services, Context& context, const QueryFaults& faults) {
  if (faults.none()) return true;
  if (!faults.faults.empty()) {
    refuse(services, context, faults.faults);
  } else if (faults.too_small) {
    refuse(services, context, 400, "ADV_002", *faults.too_small);
  } else {
    refuse(services, context, 410, "ADV_005", *faults.outdated_cursor);
  }
  return false;
}

namespace {

constexpr Duration kLoadPoll = std::chrono::milliseconds{50};

// Looks again and again whether the board is loaded, and goes on with the reads that wait: all of
// them once it is, or those whose time is up.
void look_whether_loaded(Services& services) {
  if (std::exchange(services.looks_whether_loaded, true)) return;
  services.executor.post_after(kLoadPoll, [&services] {
    services.looks_whether_loaded = false;
    auto& waiting = services.waiting_reads;
    if (waiting.empty()) return;
    look_whether_loaded(services);  // first: a fault of one must not leave the rest waiting
    const BootTime now = services.clock.boot();
    const bool is_loading = services.lifecycle.phase == Lifecycle::Phase::loading;
    while (!waiting.empty() && (!is_loading || waiting.front().until <= now)) {
      const auto exchange = waiting.front().exchange.lock();
      waiting.pop_front();
      if (exchange) exchange->resume();
    }
  });
}

}  // namespace

bool is_loaded(Services& services, Context& context) {
  if (services.lifecycle.phase != Lifecycle::Phase::loading) return true;
  if (!context.request.was_held) {
    services.waiting_reads.push_back(
        {context.exchange.weak_from_this(), context.now + limits::kLoadWait});
    look_whether_loaded(services);
    context.exchange.hold();
    return false;
  }
  context.reply.retry_after_seconds = 1;
  refuse(services, context, 503, "SRV_002", "the board is being loaded");
  return false;
}

bool affords(Services& services, Context& context, uint64_t work) {
  if (work <= services.options.search_work_max) return true;
  refuse(services, context,
         Faults{{{"query"},
                 "would have to read too many advertisements one by one; narrow it by country, "
                 "size or price"}});
  return false;
}

ScanLimit search_limit(Services& services) {
  return ScanLimit(services.clock, limits::kSearchTime);
}

bool is_whole(Services& services, Context& context, const ScanLimit& limit) {
  if (limit.was_over()) refuse_unfinished(services, context);
  return !limit.was_over();
}

void refuse_unfinished(Services& services, Context& context) {
  refuse_busy(services, context,
              "the search took too long; narrow it by country, size or price, or ask again later");
}

void check_path_id(std::string_view encoded, std::string& id, Faults& faults) {
  if (!percent_decode(encoded, Plus::literal, id)) {
    faults.push_back({{"path", "provider_id"}, "is not percent-encoded UTF-8"});
  } else if (Result<ProviderId> parsed = ProviderId::parse(id)) {
    id = parsed->text();
  } else {
    faults.push_back({{"path", "provider_id"}, parsed.error().message});
  }
}

bool names_provider(Services& services, Context& context, std::string_view encoded) {
  Faults faults = parse_empty_query(context.request.query).faults;
  check_path_id(encoded, services.buffers.provider_id, faults);
  if (faults.empty()) return is_loaded(services, context);
  refuse(services, context, faults);
  return false;
}

void refuse_unlisted(Services& services, Answer& answer, const std::string& id) {
  refuse(services, answer, 404, "ADV_004", "no live advertisement for provider '" + id + "'");
}

}  // namespace discovery

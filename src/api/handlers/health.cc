// Contract, section 2: health and readiness.
#include <optional>
#include <string>

#include "advertisement/json/json_members.h"
#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"
#include "query/query.h"

namespace discovery {

namespace {

// No more than that: the store's own message names files.
std::string_view reason(Code fault) {
  switch (fault) {
    case Code::busy:
      return "the store is busy";
    case Code::full:
      return "the disk is full";
    case Code::out_of_memory:
      return "out of memory";
    default:
      return "the store is at fault";
  }
}

}  // namespace

void show_health(Services& /*services*/, Context& context, std::string_view /*part*/) {
  send(context, R"({"status": "healthy"})");
}

void show_readiness(Services& services, Context& context, std::string_view /*part*/) {
  bool asks_for_writes = false;
  if (!accepts(services, context, parse_readiness_query(context.request.query, asks_for_writes)))
    return;
  const Lifecycle::Phase phase = services.lifecycle.phase;
  if (phase != Lifecycle::Phase::serving) {
    context.reply.retry_after_seconds = 1;
    return refuse(services, context, 503, "SRV_002",
                  phase == Lifecycle::Phase::loading ? "the board is being loaded"
                                                     : "this server is stopping");
  }
  const std::optional<Error> fault = services.board.write_fault();
  if (!fault) return send(context, R"({"status": "ready"})");
  const std::string_view why = reason(fault->code);
  if (asks_for_writes) {
    context.reply.retry_after_seconds = 10;
    return refuse(services, context, 503, "SRV_002",
                  std::string("the store cannot take writes now: ").append(why));
  }
  std::string& body = services.buffers.body;
  body = R"({"status": "degraded", "writes": )";
  append_json_string(body, why);
  body += '}';
  send(context, body);
}

}  // namespace discovery

// Contract, section 1: watching the board.
#include <memory>
#include <optional>
#include <utility>

#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"
#include "api/reply/metered_body.h"
#include "board/index/relaxations.h"

namespace discovery {

namespace {

void refuse_stream(Services& services, Context& context,
                   const std::optional<ConnectionTicket>& ticket) {
  context.reply.content_type = ContentType::json;
  if (ticket && *ticket->refusal() == HttpFault::too_many_connections_per_address) {
    context.reply.retry_after_seconds = 10;
    return refuse(services, context, 429, "RATE_001",
                  "too many streams are open from this address");
  }
  refuse_busy(services, context, "too many watch; use the list, or come back later");
}

}  // namespace

void watch_board(Services& services, Context& context, std::string_view /*part*/) {
  const Request& request = context.request;
  Query& query = services.buffers.query;
  if (!accepts(services, context, parse_watch_query(request.query, query))) return;
  if (!is_loaded(services, context)) return;
  const uint64_t work =
      services.board.read([&](const Index& index) { return work_of(index, query.filter); });
  if (!affords(services, context, work)) return;
  context.reply.content_type = ContentType::event_stream;
  if (request.method == Method::head) return send(context, {});

  // A trusted proxy speaks for many, of which each has its share.
  auto ticket = services.options.streams->admit(context.client);
  if (!ticket || ticket->refusal()) return refuse_stream(services, context, ticket);
  const bool has_header = !request.last_event_id.value.empty();
  const std::string_view last_event_id =
      has_header ? request.last_event_id.value : std::string_view(query.last_event_id);
  context.reply.source = std::make_shared<MeteredBody>(
      services.streams.open(context.exchange, context.client, query.filter, query.refreshes,
                            last_event_id, *std::move(ticket)),
      services, context);
  send(context, {});
}

}  // namespace discovery

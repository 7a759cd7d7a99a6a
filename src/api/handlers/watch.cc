// Contract, section 1: watching the board.
#include "api/api.h"
#include "board/index/explain.h"

namespace discovery {

void Api::watch(Call& call, std::string_view /*id*/) {
  const Request& request = call.request;
  if (!accepts(call, parse_watch_query(request.query, query_)) || !is_loaded(call)) return;
  const uint64_t work =
      board_.read([&](const Index& index) { return work_of(index, query_.filter); });
  if (!affords(call, work)) return;
  call.reply.content_type = ContentType::event_stream;
  if (request.method == Method::head) return send(call, {});

  // The address that is connected, as for connections: a trusted proxy speaks for many.
  auto ticket = options_.watchers->admit(request.peer);
  if (!ticket || ticket->refusal()) return refuse_watcher(call, ticket);
  const bool has_header = !request.last_event_id.value.empty();
  const std::string_view mark =
      has_header ? request.last_event_id.value : std::string_view(query_.last_event_id);
  call.reply.source =
      desk_.open(call.exchange, query_.filter, query_.refreshes, mark, *std::move(ticket));
  send(call, {});
}

void Api::refuse_watcher(Call& call, const std::optional<ConnectionTicket>& ticket) {
  call.reply.content_type = ContentType::json;
  if (ticket && *ticket->refusal() == HttpFault::too_many_connections_per_address) {
    call.reply.retry_after_seconds = 10;
    return refuse(call, 429, "RATE_001", "too many streams are open from this address");
  }
  refuse_busy(call, "too many watch; use the list, or come back later");
}

}  // namespace discovery

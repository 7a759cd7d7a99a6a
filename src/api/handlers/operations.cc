// Contract, section 1, "Others": health, readiness, whoami and the API's own description.
#include <algorithm>
#include <cassert>
#include <string>

#include "api/api.h"
#include "api/openapi.h"
#include "query/query.h"

namespace discovery {

namespace {

// Clients are told no more: the store's own message names files.
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

void Api::health(Call& call, std::string_view /*id*/) { send(call, R"({"status": "healthy"})"); }

void Api::ready(Call& call, std::string_view /*id*/) {
  bool asks_for_writes = false;
  if (!accepts(call, parse_readiness_query(call.request.query, asks_for_writes))) return;
  const Lifecycle::Phase phase = lifecycle_.phase;
  if (phase != Lifecycle::Phase::serving) {
    call.reply.retry_after_seconds = 1;
    return refuse(call, 503, "SRV_002",
                  phase == Lifecycle::Phase::loading ? "the board is being loaded"
                                                     : "this server is stopping");
  }
  const std::optional<Error> fault = board_.write_fault();
  if (!fault) return send(call, R"({"status": "ready"})");
  const std::string_view why = reason(fault->code);
  if (asks_for_writes) {
    call.reply.retry_after_seconds = 10;
    return refuse(call, 503, "SRV_002",
                  std::string("the store cannot take writes now: ").append(why));
  }
  body_ = R"({"status": "degraded", "writes": )";
  append_json_string(body_, why);
  body_ += '}';
  send(call, body_);
}

void Api::whoami(Call& call, std::string_view /*id*/) {
  body_ = R"({"ip_address": ")" + call.client.text() + R"("})";
  send(call, body_);
}

// Its server is relative to the address it comes from, of which there are several.
void Api::openapi(Call& call, std::string_view /*id*/) {
  constexpr std::string_view kServer = R"("servers": [{"url": ".)";
  const auto folders = std::ranges::count(call.request.path, '/') - 1;
  if (folders == 0) return send(call, openapi_document());
  body_ = openapi_document();
  const size_t at = body_.find(kServer);
  assert(at != body_.npos);
  std::string up = "..";
  for (auto i = folders; i > 1; --i) up += "/..";
  body_.replace(at + kServer.size() - 1, 1, up);
  send(call, body_);
}

}  // namespace discovery

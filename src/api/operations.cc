// Contract, section 1, "Others": health, readiness, whoami and the API's own description.
#include <algorithm>
#include <cassert>
#include <string>

#include "api/api.h"
#include "api/openapi.h"

namespace discovery {

namespace {

bool asks_for_writes(std::string_view query) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair == "writes=1") return true;
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return false;
}

}  // namespace

void Api::health(Call& call, std::string_view /*id*/) { send(call, R"({"status": "healthy"})"); }

void Api::ready(Call& call, std::string_view /*id*/) {
  const Lifecycle::Phase phase = lifecycle_.phase;
  if (phase != Lifecycle::Phase::serving) {
    call.reply.retry_after_seconds = 1;
    return refuse(call, 503, "SRV_002",
                  phase == Lifecycle::Phase::loading ? "the board is being loaded"
                                                     : "this server is stopping");
  }
  const std::string fault = board_.write_fault();
  if (fault.empty()) return send(call, R"({"status": "ready"})");
  if (asks_for_writes(call.request.query)) {
    call.reply.retry_after_seconds = 10;
    return refuse(call, 503, "SRV_002", "the store cannot take writes now: " + fault);
  }
  body_ = R"({"status": "degraded", "writes": )";
  append_json_string(body_, fault);
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

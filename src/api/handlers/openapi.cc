// Contract, section 2: the API's own description.
#include "api/openapi.h"

#include <cassert>
#include <string>

#include "api/errors.h"
#include "api/handlers/handlers.h"

namespace discovery {

namespace {

// Its server is relative to the address it comes from.
std::string document_with_server(std::string_view url) {
  constexpr std::string_view kServer = R"("servers": [{"url": ".)";
  std::string document(openapi_document());
  const size_t at = document.find(kServer);
  assert(at != document.npos);
  document.replace(at + kServer.size() - 1, 1, url);
  return document;
}

}  // namespace

void show_openapi(Services& /*services*/, Context& context, std::string_view /*part*/) {
  static const std::string below_api_v1 = document_with_server("../..");
  const bool is_at_root = context.request.path.rfind('/') == 0;
  const std::string_view body = is_at_root ? openapi_document() : below_api_v1;
  context.reply.body_owner = process_owned(body.data());
  send(context, body);
}

}  // namespace discovery

// Contract, section 2: the API's own description.
#include "api/openapi.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "api/errors.h"
#include "api/handlers/handlers.h"

namespace discovery {

// Its server is relative to the address it comes from, of which there are several.
void show_openapi(Services& services, Context& context, std::string_view /*part*/) {
  constexpr std::string_view kServer = R"("servers": [{"url": ".)";
  const auto folders = std::ranges::count(context.request.path, '/') - 1;
  if (folders == 0) return send(context, openapi_document());
  std::string& body = services.buffers.body;
  body = openapi_document();
  const size_t at = body.find(kServer);
  assert(at != body.npos);
  std::string up = "..";
  for (auto i = folders; i > 1; --i) up += "/..";
  body.replace(at + kServer.size() - 1, 1, up);
  send(context, body);
}

}  // namespace discovery

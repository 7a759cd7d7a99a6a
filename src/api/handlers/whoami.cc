// Contract, section 2: the caller's address as this server sees it.
#include <string>

#include "api/errors.h"
#include "api/handlers/handlers.h"

namespace discovery {

void show_caller(Services& services, Context& context, std::string_view /*part*/) {
  services.buffers.body = R"({"ip_address": ")" + context.client.text() + R"("})";
  send(context, services.buffers.body);
}

}  // namespace discovery

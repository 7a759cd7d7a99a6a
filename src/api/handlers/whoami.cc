// Contract, section 2: the caller's address as this server sees it, and the board's own names.
#include <string>

#include "api/errors.h"
#include "api/handlers/handlers.h"

namespace discovery {

void show_caller(Services& services, Context& context, std::string_view /*part*/) {
  std::string& body = services.buffers.body;
  body = R"({"ip_address": ")" + context.client.text() + '"';
  // Host names hold nothing that needs an escape.
  const char* separator = R"(, "hosts": [)";
  for (const std::string& name : services.options.auth.public_hosts.names()) {
    body.append(separator).append("\"").append(name).append("\"");
    separator = ", ";
  }
  body += services.options.auth.public_hosts.empty() ? "}" : "]}";
  send(context, body);
}

}  // namespace discovery

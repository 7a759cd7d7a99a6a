// What browsers ask before a page of another origin reads (contract, section 2; CORS).
#include <string>

#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "net/http1/field_list.h"

namespace discovery {

namespace {

constexpr size_t kNamesBytesMax = 4 * 1024;  // of the field names that one answer allows

// A browser keeps the names that it may send, not the methods they were asked for, and asks nothing
// more before a POST that has no others. So these, which every write needs, are never allowed.
bool is_credential(std::string_view name) {
  return is_called(name, "X-Provider-ID") || is_called(name, "X-Provider-Signature");
}

std::string allowed_names(std::string_view requested) {
  std::string names;
  while (!requested.empty()) {
    const std::string_view name = take_part(requested, ',');
    // A `*` would stand for all names.
    if (!is_token(name) || name == "*" || is_credential(name)) continue;
    if (names.size() + name.size() + 2 > kNamesBytesMax) break;
    names.append(names.empty() ? "" : ", ").append(name);
  }
  return names;
}

}  // namespace

// Any origin may read, whatever its requests carry; none may write. POST needs no permission of its
// own from a preflight, so that an answer to one for it must allow nothing at all.
void answer_preflight(Context& context, const Route& route) {
  const std::string_view method = context.request.requested_method;
  const bool reads = method == "GET" || method == "HEAD";
  std::string headers = "Vary: Access-Control-Request-Headers, Access-Control-Request-Method\r\n";
  if (!route.allow.empty()) headers += "Allow: " + std::string(route.allow) + "\r\n";
  if (reads) {
    headers += "Access-Control-Allow-Methods: GET, HEAD\r\nAccess-Control-Max-Age: 86400\r\n";
    const std::string names = allowed_names(context.request.requested_headers);
    if (!names.empty()) headers += "Access-Control-Allow-Headers: " + names + "\r\n";
  }
  if (!reads && !method.empty()) context.reply.sharing = Sharing::own_origin;
  context.reply.status = 204;
  context.reply.content_type = ContentType::none;
  context.reply.further_headers = headers;
  send(context, {});
}

}  // namespace discovery

#include "api/reply/conditional.h"

#include <string>

#include "api/errors.h"
#include "api/reply/negotiation.h"

namespace discovery {

bool is_known(const Request& request, uint64_t tag) {
  return !request.if_none_match.value.empty() &&
         names_tag(request.if_none_match.value, entity_tag(tag));
}

void send_unless_known(Context& context, const RenderedPage& page, std::string_view body) {
  context.reply.caching = Caching::no_cache;
  context.reply.further_headers = page.headers;
  if (!is_known(context.request, page.tag)) return send(context, body);
  const std::string tag_alone = "ETag: " + entity_tag(page.tag) + "\r\n";
  context.reply.status = 304;
  context.reply.content_type = ContentType::none;
  context.reply.further_headers = tag_alone;
  send(context, {});
}

}  // namespace discovery

// Contract, section 1: showing one advertisement.
#include <string>

#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"
#include "api/reply/conditional.h"
#include "api/reply/negotiation.h"
#include "api/reply/selection.h"

namespace discovery {

void show_advertisement(Services& services, Context& context, std::string_view part) {
  if (!names_provider(services, context, part)) return;
  const std::string& id = services.buffers.provider_id;
  const bool found = services.board.read([&](const Index& index) {
    const Listing* listing = index.find(id);
    if (listing == nullptr || listing->expires() <= context.now) return false;
    RenderedPage& page = services.buffers.rendered;
    page.tag = Selection().hash(*listing, 0);
    page.headers.assign("ETag: ").append(entity_tag(page.tag)).append("\r\n");
    send_unless_known(context, page, listing->json());  // copied, as a list's
    return true;
  });
  if (!found) refuse_unlisted(services, context, id);
}

}  // namespace discovery

// Contract, section 1: what a verified advertisement's provider has signed. Answered from the disk,
// so later.
#include <optional>
#include <string>

#include "advertisement/json/json_members.h"
#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"
#include "base/base64.h"

namespace discovery {

namespace {

void render(std::string& out, std::string_view id, const Proof& proof) {
  out.clear();
  out += '{';
  append_text(out, "provider_id", id);
  append_text(out, "text", proof.text);
  append_text(out, "signature", proof.signature);
  append_text(out, "body", to_base64(proof.body));
  out += '}';
}

void refuse_unproven(Services& services, Answer& answer, const std::string& id) {
  refuse(services, answer, 404, "ADV_004",
         "no live verified advertisement for provider '" + id + "'");
}

void tell(Services& services, Answer& answer, const std::string& id,
          const Result<std::optional<Proof>>& proof) {
  if (!proof) return refuse_unread(services, answer, proof.error());
  if (!*proof) return refuse_unproven(services, answer, id);
  render(services.buffers.body, id, **proof);
  send(answer, services.buffers.body);
}

}  // namespace

void show_proof(Services& services, Context& context, std::string_view part) {
  if (!names_provider(services, context, part)) return;
  const std::string& id = services.buffers.provider_id;
  const bool verified = services.board.read([&](const Index& index) {
    const Listing* listing = index.find(id);
    return listing != nullptr && listing->expires() > context.now && listing->verified();
  });
  if (!verified) return refuse_unproven(services, context, id);
  const Status queued = services.lifecycle.archive.load()->find_proof(
      id, services.executor,
      [&services, deferred = DeferredAnswer(context),
       named = id](const Result<std::optional<Proof>>& found) {
        answer_deferred(services, deferred,
                        [&](Answer& answer) { tell(services, answer, named, found); });
      });
  if (!queued) refuse_unread(services, context, queued.error());
}

}  // namespace discovery

// Contract, section 1: withdrawing an advertisement.
#include <optional>
#include <string>
#include <utility>

#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"
#include "api/handlers/write_request.h"

namespace discovery {

void withdraw_advertisement(Services& services, Context& context, std::string_view part) {
  if (!has_credentials(services, context)) return;
  Faults faults;
  check_credentials(context, faults);
  std::string& id = services.buffers.provider_id;
  check_path_id(part, id, faults);
  if (!faults.empty()) return refuse(services, context, faults);
  if (id != context.credentials.provider_id) {
    return refuse(services, context, 401, "AUTH_004",
                  "X-Provider-ID is not the owner of this advertisement");
  }
  const std::optional<ProofPtr> proof = authenticate(services, context);
  if (!proof) return;
  Withdrawal withdrawal{id, {}};
  if (*proof) withdrawal.time_ms = (*proof)->time_ms;
  const Status queued =
      services.board.withdraw(std::move(withdrawal), answer_later(services, context), context.now);
  if (!queued) refuse_busy(services, context, "the store cannot take writes now");
}

}  // namespace discovery

// What posts and withdrawals share: authentication, and the wait for the board's writer.
#pragma once

#include <memory>
#include <optional>

#include "api/context.h"
#include "api/services.h"
#include "board/post.h"

namespace discovery {

/// Whether both headers are there; 401 AUTH_003 otherwise.
bool has_credentials(Services& services, Context& context);

/// Appends what is wrong with either header.
void check_credentials(const Context& context, Faults& faults);

/// The proof of a signed request, null of one that need not be signed; empty where it was refused,
/// which is answered already.
std::optional<ProofPtr> authenticate(Services& services, Context& context);

/// Has the outcome answered, on this thread; a DeferredAnswer is kept of `context`.
ReplyTo answer_later(Services& services, const Context& context);

}  // namespace discovery

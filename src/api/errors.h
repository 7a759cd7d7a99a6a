// How requests are answered, above all those that are refused. Each function answers by itself.
#pragma once

#include <exception>
#include <string_view>

#include "api/access/authenticator.h"
#include "api/context.h"
#include "api/reply/error_body.h"
#include "api/services.h"

namespace discovery {

void send(Answer& answer, std::string_view body);

void refuse(Services& services, Answer& answer, int status, std::string_view code,
            std::string_view message, const ErrorFacts& facts = {});
/// 422 REQ_001.
void refuse(Services& services, Answer& answer, const Faults& faults);
/// 401.
void refuse(Services& services, Answer& answer, const AuthFault& fault);
/// 503 SRV_002, logged.
void refuse_busy(Services& services, Answer& answer, std::string_view message);
/// 503 SRV_002, logged: the store cannot be read.
void refuse_unread(Services& services, Answer& answer, const Error& error);
/// 500 SRV_001, logged: a fault of ours.
void refuse_fault(Services& services, Answer& answer, const std::exception& error);

/// Has `tell(Answer&)` give the deferred answer. Others delivered with it still get theirs where it
/// throws.
template <class Tell>
void answer_deferred(Services& services, const DeferredAnswer& deferred, Tell&& tell) {
  Answer answer = deferred.answer();
  try {
    tell(answer);
  } catch (const std::exception& error) {
    refuse_fault(services, answer, error);
  }
}

}  // namespace discovery

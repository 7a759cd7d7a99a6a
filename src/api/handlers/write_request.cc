#include "api/handlers/write_request.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "api/access/too_many_requests.h"
#include "api/errors.h"
#include "api/handlers/request_checks.h"
#include "base/limits.h"
#include "identity/provider_id.h"

namespace discovery {

namespace {

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

void tell(Services& services, Answer& answer, const Outcome& outcome, const Credentials& poster) {
  if (!outcome.refusal) {
    if (!outcome.listing) return send(answer, R"({"status": "success"})");
    const std::string_view json = outcome.listing->json();
    answer.reply.body_end = services.refresh_after;
    return send(answer, json.substr(0, json.size() - 1));
  }
  switch (*outcome.refusal) {
    case Refusal::not_found:
      return refuse_unlisted(services, answer, poster.provider_id);
    case Refusal::pinned:
      return refuse(services, answer, Authenticator::unsigned_fault());
    case Refusal::stale:
      return refuse(
          services, answer,
          Authenticator::stale_fault(unix_ms(services.clock.now().wall), outcome.last_time_ms));
    case Refusal::too_many_new:
      answer.reply.rate_limit.reset();  // speaks of another limit
      answer.reply.retry_after_seconds = static_cast<uint32_t>(
          std::chrono::ceil<std::chrono::seconds>(outcome.retry_after).count());
      return refuse(services, answer, 429, "RATE_001",
                    "this address has brought as many new providers in an hour as it may; wait as "
                    "long as Retry-After says");
    case Refusal::full:
      return refuse_busy(services, answer, "the board is full");
    case Refusal::pins_full:
      return refuse_busy(services, answer, "this board can remember no further keys that sign");
    case Refusal::busy:
      return refuse_busy(services, answer, "the store cannot take writes now");
    case Refusal::failed:
      return refuse(services, answer, 500, "SRV_001",
                    "the store does not take this provider's row, though it takes others");
  }
}

/// A post or withdrawal that waits for the writer.
class PendingWrite final : public Completion {
 public:
  PendingWrite(Services& services, const Context& context)
      : services_(services),
        deferred_(context),
        credentials_(context.credentials),
        is_post_(context.request.method == Method::post) {}

  void complete(const Outcome& outcome) override {
    answer_deferred(services_, deferred_, [&](Answer& answer) {
      if (is_post_) answer.poster = &credentials_;
      tell(services_, answer, outcome, credentials_);
    });
  }

 private:
  Services& services_;
  const DeferredAnswer deferred_;
  const Credentials credentials_;
  const bool is_post_;
};

}  // namespace

bool has_credentials(Services& services, Context& context) {
  const bool has_id = !context.request.provider_id.value.empty();
  const bool has_signature = !context.request.provider_signature.value.empty();
  if (has_id && has_signature) return true;
  refuse(services, context, 401, "AUTH_003",
         has_id          ? "X-Provider-Signature is missing"
         : has_signature ? "X-Provider-ID is missing"
                         : "X-Provider-ID and X-Provider-Signature are missing");
  return false;
}

void check_credentials(const Context& context, Faults& faults) {
  const Request& request = context.request;
  if (request.provider_id.count > 1) {
    faults.push_back({{"header", "X-Provider-ID"}, "must be sent only once"});
  } else if (context.credentials.provider_id.empty()) {
    const auto id = ProviderId::parse(request.provider_id.value);  // again, for what is wrong
    if (!id) faults.push_back({{"header", "X-Provider-ID"}, id.error().message});
  }
  const std::string_view signature = request.provider_signature.value;
  if (request.provider_signature.count > 1) {
    faults.push_back({{"header", "X-Provider-Signature"}, "must be sent only once"});
  } else if (signature.size() > limits::kSignatureBytes || !is_visible_ascii(signature)) {
    faults.push_back(
        {{"header", "X-Provider-Signature"}, "must be 1 to 1024 visible ASCII characters"});
  }
}

std::optional<ProofPtr> authenticate(Services& services, Context& context) {
  auto decision = services.authenticator.check(context.request, context.credentials,
                                               unix_ms(services.clock.now().wall));
  if (const auto* fault = std::get_if<AuthFault>(&decision)) {
    if (fault->examined) context.on_trust = true;
    refuse(services, context, *fault);
    return std::nullopt;
  }
  ProofPtr proof = std::get<ProofPtr>(std::move(decision));
  if (!proof) return proof;
  context.credentials.proven = true;
  const bool has_own_limit = std::exchange(context.on_trust, false);
  if (has_own_limit &&
      !allows(services, context,
              services.limiter.charge_provider(context.credentials.provider_id, context.now),
              "posts and withdrawals of this provider")) {
    return std::nullopt;
  }
  if (services.authenticator.takes_any_host() &&
      !services.lifecycle.warned_of_hosts.exchange(true)) {
    spdlog::warn(
        "PUBLIC_HOSTS is not set: signatures that were made for other boards are accepted too; "
        "set it to the host names, with port, under which this board is reached");
  }
  return proof;
}

ReplyTo answer_later(Services& services, const Context& context) {
  return {&services.executor, std::make_shared<PendingWrite>(services, context)};
}

}  // namespace discovery

#include "api/access/authenticator.h"

#include <utility>

#include "identity/hex.h"

namespace discovery {

namespace {

AuthFault unfit(std::string message) {
  AuthFault fault;
  fault.code = "AUTH_001";
  fault.message = "X-Provider-Signature: " + std::move(message);
  return fault;
}

/// With or without 0x: hex digits alone, as many as a signature of either kind has.
bool is_bare_signature(std::string_view header) {
  if (header.starts_with("0x")) header.remove_prefix(2);
  return (header.size() == 128 || header.size() == 130) && is_hex(header);
}

std::string form_asked_for(std::string_view header) {
  std::string text =
      "X-Provider-Signature must begin with t=, as in t=<unix time in milliseconds>,v1=<signature "
      "in hex>";
  if (is_bare_signature(header)) {
    text += "; this one is hex digits alone, which sign nothing without their time";
  }
  return text;
}

}  // namespace

AuthFault Authenticator::unsigned_fault(std::string_view header) {
  AuthFault fault;
  fault.code = "AUTH_005";
  fault.message =
      "this provider has signed before, so that only its key speaks for it: sign this request, or "
      "post under another id; ";
  fault.message += form_asked_for(header);
  return fault;
}

AuthFault Authenticator::stale_fault(int64_t server_time_ms, int64_t last_time_ms) {
  AuthFault fault;
  fault.code = "AUTH_002";
  fault.message =
      "X-Provider-Signature: t is not newer than the last accepted one of this provider; sign anew "
      "with a later time";
  fault.server_time_ms = server_time_ms;
  fault.last_time_ms = last_time_ms;
  return fault;
}

std::variant<ProofPtr, AuthFault> Authenticator::check(const Request& request,
                                                       const Credentials& credentials,
                                                       int64_t server_time_ms) const {
  if (!credentials.claims_signature) {
    return check_unsigned(credentials, request.provider_signature.value);
  }
  if (!credentials.key) {
    return unfit(
        "X-Provider-ID names no key that could have signed this; it must be 0x and 40 hex digits, "
        "or ed25519: and 64");
  }
  const std::string_view header = request.provider_signature.value;
  const Result<Signature> signature = parse_signature(header, credentials.key->kind);
  if (!signature) return unfit(signature.error().message);
  if (request.host.value.empty())
    return unfit("a signed request must have a Host, which is signed");
  if (auto fault = check_time(request, credentials, *signature, server_time_ms)) {
    return *std::move(fault);
  }
  auto text = verify(request, *credentials.key, *signature);
  if (auto* fault = std::get_if<AuthFault>(&text)) return std::move(*fault);
  constexpr std::string_view kHexName = "v1=";
  return std::make_shared<const Proof>(
      Proof{signature->time_ms, std::get<std::string>(std::move(text)),
            std::string(header.substr(header.find(kHexName) + kHexName.size())),
            std::string(request.body)});
}

std::variant<ProofPtr, AuthFault> Authenticator::check_unsigned(const Credentials& credentials,
                                                                std::string_view header) const {
  if (credentials.pinned()) return unsigned_fault(header);
  if (!options_.signed_only) return ProofPtr{};
  AuthFault fault;
  fault.code = "AUTH_005";
  fault.message = "this board takes signed requests alone: X-Provider-ID must name a key, and " +
                  form_asked_for(header);
  return fault;
}

// The last accepted time is shown only to a holder of the key, and only where it counts: a provider
// goes by it, so that one of a clock that was ahead would keep it from signing.
std::optional<AuthFault> Authenticator::check_time(const Request& request,
                                                   const Credentials& credentials,
                                                   const Signature& signature,
                                                   int64_t server_time_ms) const {
  const std::optional<int64_t>& last = credentials.last_time_ms;
  const Status within = discovery::check_time(signature.time_ms, server_time_ms, options_.window);
  const bool binds = last && is_binding(*last, server_time_ms, options_.window);
  if (within && (!binds || signature.time_ms > *last)) return std::nullopt;
  AuthFault fault = stale_fault(server_time_ms, last.value_or(0));
  if (!within) fault.message = "X-Provider-Signature: " + within.error().message;
  fault.examined = credentials.pinned();
  if (!binds || std::holds_alternative<AuthFault>(verify(request, *credentials.key, signature))) {
    fault.last_time_ms.reset();
  }
  return fault;
}

std::variant<std::string, AuthFault> Authenticator::verify(const Request& request,
                                                           const ProviderKey& key,
                                                           const Signature& signature) const {
  using Action = SignedRequest::Action;
  const Action action = request.method == Method::post ? Action::post : Action::withdraw;
  AuthFault fault;
  for (const std::string& host : options_.public_hosts.expected(request.host.value)) {
    std::string text =
        signed_text({action, host, request.provider_id.value, signature.time, request.body});
    const Status verified = verifier_.verify(key, text, signature);
    if (verified) return text;
    if (fault.examined) continue;  // the likeliest host says it best
    fault =
        unfit(verified.error().message + "; the host that must be signed here is '" + host + "'");
    if (options_.shows_expected_text) fault.expected_text = std::move(text);
    fault.examined = true;
  }
  return fault;
}

}  // namespace discovery

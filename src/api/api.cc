#include "api/api.h"

#include <spdlog/spdlog.h>

#include <array>
#include <exception>
#include <random>
#include <string>

#include "api/access/client_address.h"
#include "api/access/too_many_requests.h"
#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/nearest_path.h"

namespace discovery {

namespace {

constexpr size_t kShownEntryBytesMax = 64;  // of an unreadable X-Forwarded-For entry in the log

// The address that a request counts for: the peer's, or the one that a trusted proxy names.
IpAddress client_of(Services& services, const IpAddress& peer, std::string_view forwarded_for) {
  if (forwarded_for.empty()) return peer;
  if (!any_contains(services.options.trusted_proxies, peer)) {
    if (!services.lifecycle.warned_of_forwarding.exchange(true)) {
      spdlog::warn(
          "X-Forwarded-For from {} is not used: add the proxy to TRUSTED_PROXIES if it is yours",
          peer.text());
    }
    return peer;
  }
  const ClientAddress client =
      client_address(peer, forwarded_for, services.options.trusted_proxies);
  if (!client.unreadable.empty() && !services.lifecycle.warned_of_entry.exchange(true)) {
    spdlog::warn(
        "X-Forwarded-For from {} has the entry '{}', which names no address: the request counts as "
        "one of {}, and so do others that come this way",
        peer.text(), client.unreadable.substr(0, kShownEntryBytesMax), client.address.text());
  }
  return client.address;
}

uint64_t random_key() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

bool writes(Method method) { return method == Method::post || method == Method::remove; }

std::string_view method_name(Method method) {
  constexpr std::array<std::string_view, 6> kNames{"GET",    "HEAD",    "POST",
                                                   "DELETE", "OPTIONS", "another method"};
  return kNames[static_cast<size_t>(method)];
}

}  // namespace

Api::Api(const ApiOptions& options, Board& board, RateLimiter& limiter, Lifecycle& lifecycle,
         const Clock& clock, Executor& executor)
    : services_(options, board, limiter, lifecycle, clock, executor), id_key_(random_key()) {}

void Api::handle(const Request& request, Exchange& exchange) {
  Context context{{exchange, next_request_id(), {}},
                  request,
                  client_of(services_, request.peer, request.forwarded_for),
                  services_.clock.boot(),
                  {}};
  if (spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug("{} {} {} from {}", std::string_view(context.id.data(), context.id.size()),
                  method_name(request.method), request.path, context.client.text());
  }
  try {
    dispatch(context);
  } catch (const std::exception& error) {
    refuse_fault(services_, context, error);
  }
  constexpr int kTooMany = 429;
  if (writes(request.method) || context.reply.status == kTooMany) return;
  const BootTime end = services_.clock.boot();
  services_.limiter.charge_work(context.client, end - context.now, end);
}

void Api::dispatch(Context& context) {
  const Method method = context.request.method;
  const Route route = route_of(context.request.path);
  const bool is_write = writes(method);
  context.reply.sharing = is_write ? Sharing::own_origin : Sharing::any_origin;
  if (is_write) context.credentials = read_credentials(context.request, services_.board);
  // A page is to read what it asks for next, be it an error or that it asks too often.
  const bool is_preflight = method == Method::options && !context.request.requested_method.empty();
  if (is_preflight) return answer_preflight(context, route);
  const bool admitted = route.counted
                            ? admit(services_, context, is_write ? Traffic::write : Traffic::read)
                            : route.is_probe || admit_work(services_, context);
  if (!admitted) return;
  run_handler(context, route);
  if (context.on_trust && context.reply.status >= 400) {
    services_.limiter.charge(Traffic::failure, context.client, context.now);
  }
}

void Api::run_handler(Context& context, const Route& route) {
  if (route.allow.empty()) return refuse_path(context);
  const Method method = context.request.method;
  if (method == Method::options) return answer_preflight(context, route);
  const HandlerFunction run = method == Method::get || method == Method::head ? route.get
                              : method == Method::post                        ? route.post
                              : method == Method::remove                      ? route.remove
                                                                              : nullptr;
  if (run != nullptr) return run(services_, context, route.part);
  const std::string allow = "Allow: " + std::string(route.allow) + "\r\n";
  context.reply.further_headers = allow;
  refuse(services_, context, 405, "HTTP_405",
         method == Method::other
             ? "no path takes this method; the names of methods are written in capital letters"
             : "this path does not take this method");
}

void Api::refuse_path(Context& context) {
  std::string message = "there is nothing at this path";
  const std::string meant = nearest_path(context.request.path);
  if (!route_of(meant).allow.empty()) message += "; did you mean '" + meant + "'?";
  refuse(services_, context, 404, "HTTP_404", message);
}

void Api::fault(HttpFault fault, const IpAddress& peer, std::string_view forwarded_for,
                Exchange& exchange) {
  Answer answer{exchange, next_request_id(), {}};
  answer.reply.close = true;
  const HttpFaultAnswer text = answer_of(fault);
  const bool refused_connection = fault == HttpFault::too_many_connections ||
                                  fault == HttpFault::too_many_connections_per_address;
  if (refused_connection) {
    answer.reply.retry_after_seconds = 10;
  } else {
    const Traffic traffic = fault == HttpFault::body_too_large ? Traffic::write : Traffic::read;
    const IpAddress client = client_of(services_, peer, forwarded_for);
    if (!charge(services_, answer, traffic, client, services_.clock.boot())) return;
  }
  refuse(services_, answer, text.status, text.code, text.message);
}

// Sixteen hex digits, never twice from one process; a name, not a secret.
RequestId Api::next_request_id() {
  uint64_t mixed = id_key_ + ++requests_ * 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  RequestId id;
  for (char& digit : id) {
    digit = "0123456789abcdef"[mixed >> 60];
    mixed <<= 4;
  }
  return id;
}

}  // namespace discovery

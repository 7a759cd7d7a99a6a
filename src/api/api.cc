#include "api/api.h"

#include <spdlog/spdlog.h>

#include <random>

#include "api/access/client_address.h"
#include "api/path_guess.h"
#include "api/reply/static_files.h"

namespace discovery {

namespace {

constexpr std::string_view kBoardPath = "/api/v1/advertisements";
constexpr std::string_view kProvidersPath = "/api/v1/providers/";
constexpr std::string_view kExplainPath = "/api/v1/explain";
constexpr std::string_view kStatsPath = "/api/v1/stats";
constexpr std::string_view kWatchPath = "/api/v1/watch";
constexpr std::string_view kProofPart = "/proof";
constexpr size_t kNoteBytesMax = 512;
constexpr size_t kShownEntryBytesMax = 64;  // of an unreadable X-Forwarded-For entry in the log
constexpr std::string_view kReadOnly = "GET, HEAD, OPTIONS";

uint64_t random_key() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

std::string refresh_after(Duration lease) {
  const auto third = std::chrono::duration_cast<std::chrono::seconds>(lease / 3);
  return R"(,"refresh_after":)" + std::to_string(std::max<int64_t>(1, third.count())) + "}";
}

std::string_view method_name(Method method) {
  constexpr std::array<std::string_view, 6> kNames{"GET",    "HEAD",    "POST",
                                                   "DELETE", "OPTIONS", "another method"};
  return kNames[static_cast<size_t>(method)];
}

// Of a path.
bool is_one_part(std::string_view text) {
  return !text.empty() && text.find('/') == std::string_view::npos;
}

std::string_view describe(Traffic traffic) {
  constexpr std::array<std::string_view, 3> kTexts{
      "requests from this address", "posts and withdrawals from this address",
      "refused requests with a signature from this address"};
  return kTexts[static_cast<size_t>(traffic)];
}

// The front of `text`, cut between two of its characters.
std::string excerpt(std::string_view text) {
  if (text.size() <= kNoteBytesMax) return std::string(text);
  size_t end = kNoteBytesMax;
  while ((text[end] & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

}  // namespace

Api::Api(const ApiOptions& options, Board& board, Limiter& limiter, Lifecycle& lifecycle,
         const Clock& clock, Outbox& outbox)
    : options_(options),
      board_(board),
      limiter_(limiter),
      lifecycle_(lifecycle),
      clock_(clock),
      outbox_(outbox),
      authenticator_(options.auth),
      id_key_(random_key()),
      codec_(options.codec),
      desk_(board, outbox, clock),
      pages_(options.kept_page_bytes, random_key()),
      gzip_(options.gzip_bytes_per_second),
      refresh_after_(refresh_after(board.lease())) {}

void Api::handle(const Request& request, Exchange& exchange) {
  Call call{{exchange, next_request_id(), {}},
            request,
            client_of(request.peer, request.forwarded_for),
            clock_.boot(),
            {}};
  if (spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug("{} {} {} from {}", std::string_view(call.id.data(), call.id.size()),
                  method_name(request.method), request.path, call.client.text());
  }
  try {
    dispatch(call);
  } catch (const std::exception& error) {
    refuse_fault(call, error);
  }
}

void Api::dispatch(Call& call) {
  const Method method = call.request.method;
  const Route route = Api::route(call.request.path);
  const bool writes = method == Method::post || method == Method::remove;
  call.reply.sharing = writes ? Sharing::own_origin : Sharing::any_origin;
  if (writes) call.credentials = read_credentials(call.request, board_);
  // A page is to read what it asks for next, be it an error or that it asks too often.
  const bool is_preflight = method == Method::options && !call.request.requested_method.empty();
  if (is_preflight) return preflight(call, route);
  if (route.counted && !admit(call, writes ? Traffic::write : Traffic::read)) return;
  follow(call, route);
  if (call.on_trust && call.reply.status >= 400) {
    limiter_.charge(Traffic::failure, call.client, call.now);
  }
}

void Api::follow(Call& call, const Route& route) {
  if (route.allow.empty()) return refuse_path(call);
  const Method method = call.request.method;
  if (method == Method::options) return preflight(call, route);
  const auto run = method == Method::get || method == Method::head ? route.get
                   : method == Method::post                        ? route.post
                   : method == Method::remove                      ? route.remove
                                                                   : nullptr;
  if (run != nullptr) return (this->*run)(call, route.id);
  const std::string allow = "Allow: " + std::string(route.allow) + "\r\n";
  call.reply.further_headers = allow;
  refuse(call, 405, "HTTP_405",
         method == Method::other
             ? "no path takes this method; the names of methods are written in capital letters"
             : "this path does not take this method");
}

void Api::refuse_path(Call& call) {
  std::string message = "there is nothing at this path";
  const std::string meant = guess_path(call.request.path);
  if (!route(meant).allow.empty()) message += "; did you mean '" + meant + "'?";
  refuse(call, 404, "HTTP_404", message);
}

Api::Route Api::route(std::string_view path) {
  const bool has_slash = path.size() > 1 && path.ends_with('/');
  if (has_slash) path.remove_suffix(1);
  if (path.starts_with(kBoardPath)) {
    const std::string_view rest = path.substr(kBoardPath.size());
    if (rest.empty()) {
      return {&Api::list, &Api::post, nullptr, "GET, HEAD, POST, OPTIONS", true, {}};
    }
    if (rest.front() != '/') return {};
    if (is_one_part(rest.substr(1))) {
      return {&Api::show, nullptr,       &Api::withdraw, "GET, HEAD, DELETE, OPTIONS",
              true,       rest.substr(1)};
    }
    if (!rest.ends_with(kProofPart)) return {};
    const std::string_view id = rest.substr(1, rest.size() - 1 - kProofPart.size());
    return is_one_part(id) ? Route{&Api::proof, nullptr, nullptr, kReadOnly, true, id} : Route{};
  }
  if (path.starts_with(kProvidersPath)) {
    const std::string_view id = path.substr(kProvidersPath.size());
    return is_one_part(id) ? Route{&Api::provider, nullptr, nullptr, kReadOnly, true, id} : Route{};
  }
  if (path == kExplainPath) return {&Api::explain, nullptr, nullptr, kReadOnly, true, {}};
  if (path == kStatsPath) return {&Api::stats, nullptr, nullptr, kReadOnly, true, {}};
  if (path == kWatchPath) return {&Api::watch, nullptr, nullptr, kReadOnly, true, {}};
  if (path == "/health") return {&Api::health, nullptr, nullptr, kReadOnly, false, {}};
  if (path == "/ready") return {&Api::ready, nullptr, nullptr, kReadOnly, false, {}};
  if (path == "/api/v1/whoami") return {&Api::whoami, nullptr, nullptr, kReadOnly, true, {}};
  if (path == "/openapi.json" || path == "/api/v1/openapi.json") {
    return {&Api::openapi, nullptr, nullptr, kReadOnly, true, {}};
  }
  if (path == "/redoc") return {&Api::redirect, nullptr, nullptr, kReadOnly, false, "/docs"};
  if (find_static_file(path)) {
    // What a page refers to is relative to its address: a slash at its end would lead elsewhere.
    return {has_slash ? &Api::redirect : &Api::page, nullptr, nullptr, kReadOnly, false, path};
  }
  if (path == "*") return {nullptr, nullptr, nullptr, "GET, HEAD, POST, DELETE, OPTIONS", true, {}};
  return {};
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
    if (!charge(answer, traffic, client_of(peer, forwarded_for), clock_.boot())) return;
  }
  refuse(answer, text.status, text.code, text.message);
}

IpAddress Api::client_of(const IpAddress& peer, std::string_view forwarded_for) {
  if (forwarded_for.empty()) return peer;
  if (!any_contains(options_.trusted_proxies, peer)) {
    if (!lifecycle_.warned_of_forwarding.exchange(true)) {
      spdlog::warn(
          "X-Forwarded-For from {} is not used: add the proxy to TRUSTED_PROXIES if it is yours",
          peer.text());
    }
    return peer;
  }
  const ClientAddress client = client_address(peer, forwarded_for, options_.trusted_proxies);
  if (!client.unreadable.empty() && !lifecycle_.warned_of_entry.exchange(true)) {
    spdlog::warn(
        "X-Forwarded-For from {} has the entry '{}', which names no address: the request counts as "
        "one of {}, and so do others that come this way",
        peer.text(), client.unreadable.substr(0, kShownEntryBytesMax), client.address.text());
  }
  return client.address;
}

// A signed request of a pinned provider is not charged to its address: others there cannot push the
// provider out. It goes on trust until its signature is verified, and addresses are trusted only so
// often; beyond that a signature is not even looked at.
bool Api::admit(Call& call, Traffic traffic) {
  if (traffic == Traffic::read) return charge(call, traffic, call.client, call.now);
  if (!call.credentials.claims_signature) return charge_write(call);
  const Limiter::Verdict trust = limiter_.look(Traffic::failure, call.client, call.now);
  call.reply.close = !trust.allowed;
  if (!allows(call, trust, describe(Traffic::failure))) return false;
  call.reply.rate_limit.reset();
  call.on_trust = call.credentials.pinned();
  return call.on_trust || charge_write(call);
}

// A write whose token is soon there is held until then, and charged already when it comes again.
bool Api::charge_write(Call& call) {
  if (call.request.was_held) {
    call.reply.rate_limit = limiter_.look(Traffic::write, call.client, call.now).state;
    return true;
  }
  const Limiter::Verdict verdict = limiter_.charge_write(call.client, call.now);
  if (!verdict.slot) return allows(call, verdict, describe(Traffic::write));
  call.reply.rate_limit = verdict.state;
  if (lifecycle_.phase == Lifecycle::Phase::draining) return true;
  outbox_.post_after(verdict.wait,
                     [slot = verdict.slot, exchange = call.exchange.shared_from_this()]() mutable {
                       slot.reset();
                       exchange->resume();
                     });
  call.exchange.hold();
  return false;
}

bool Api::charge(Answer& answer, Traffic traffic, const IpAddress& client, BootTime now) {
  return allows(answer, limiter_.charge(traffic, client, now), describe(traffic));
}

// Answers by itself where the limit is reached.
bool Api::allows(Answer& answer, const Limiter::Verdict& verdict, std::string_view what) {
  answer.reply.rate_limit = verdict.state;
  if (verdict.allowed) return true;
  answer.reply.retry_after_seconds =
      static_cast<uint32_t>(std::chrono::ceil<std::chrono::seconds>(verdict.wait).count());
  refuse(answer, 429, "RATE_001",
         "more than " + std::to_string(verdict.state->quota) + " " + std::string(what) +
             " in a minute; wait as long as Retry-After says");
  return false;
}

// Sixteen hex digits, never twice from one process; a name, not a secret.
Api::RequestId Api::next_request_id() {
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

void Api::send(Answer& answer, std::string_view body) {
  answer.reply.request_id = {answer.id.data(), answer.id.size()};
  answer.reply.body = body;
  if (spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug("{} {}", answer.reply.request_id, answer.reply.status);
  }
  answer.exchange.answer(answer.reply);
}

void Api::refuse(Answer& answer, int status, std::string_view code, std::string_view message,
                 const ErrorFacts& facts) {
  note_refusal(answer, code, message);
  answer.reply.status = status;
  answer.reply.caching = Caching::no_store;
  render_error(body_, code, message, {answer.id.data(), answer.id.size()}, facts);
  send(answer, body_);
}

void Api::refuse(Answer& answer, const Faults& faults) {
  note_refusal(answer, "REQ_001", summary(faults));
  answer.reply.status = 422;
  answer.reply.caching = Caching::no_store;
  render_faults(body_, faults, {answer.id.data(), answer.id.size()});
  send(answer, body_);
}

void Api::refuse(Answer& answer, const AuthFault& fault) {
  refuse(answer, 401, fault.code, fault.message,
         {fault.server_time_ms, fault.last_time_ms, fault.expected_text});
}

// Answers by itself where there are any.
bool Api::accepts(Call& call, const QueryFaults& faults) {
  if (faults.none()) return true;
  if (!faults.faults.empty()) {
    refuse(call, faults.faults);
  } else if (faults.too_small) {
    refuse(call, 400, "ADV_002", *faults.too_small);
  } else {
    refuse(call, 410, "ADV_005", *faults.outdated_cursor);
  }
  return false;
}

// For the provider to ask about. Of what is done in a pinned one's name without its signature only
// the number is kept, and that a signature was no good: strangers shall not choose what it reads.
void Api::note_refusal(const Answer& answer, std::string_view code, std::string_view message) {
  const Credentials* poster = answer.poster;
  if (poster == nullptr || poster->provider_id.empty()) return;
  RefusalNotes& notes = board_.refusal_notes();
  const bool pinned = poster->key && board_.last_time_ms(*poster->key);
  if (pinned && !poster->proven) {
    const bool is_about_signature = poster->claims_signature && code.starts_with("AUTH_00");
    if (!is_about_signature) return notes.count_unsigned(poster->provider_id);
    message = "X-Provider-Signature was no good; the answer said why";
  }
  const Now now = clock_.now();
  const bool known = pinned || (lifecycle_.phase != Lifecycle::Phase::loading &&
                                board_.read([&](const Index& index) {
                                  const Listing* listing = index.find(poster->provider_id);
                                  return listing != nullptr && listing->expires() > now.boot;
                                }));
  notes.note({poster->provider_id, now.wall, std::string(code), excerpt(message)},
             known ? RefusalNotes::Standing::known : RefusalNotes::Standing::stranger);
}

// Of the answer that was under way nothing is kept: it may name what is gone.
void Api::refuse_fault(Answer& answer, const std::exception& error) {
  spdlog::error("{} failed: {}", std::string_view(answer.id.data(), answer.id.size()),
                error.what());
  Reply reply;
  reply.sharing = answer.reply.sharing;
  reply.rate_limit = answer.reply.rate_limit;
  answer.reply = std::move(reply);
  refuse(answer, 500, "SRV_001", "a fault of this server; it has been logged");
}

Api::Parked Api::park(const Call& call) {
  return {call.exchange.shared_from_this(), call.id, call.reply.rate_limit, call.reply.sharing};
}

void Api::log_refusal(const Answer& answer, std::string_view message) {
  if (!log_budget_.take(clock_.boot())) return;
  spdlog::warn("{} refused: {}", std::string_view(answer.id.data(), answer.id.size()), message);
}

void Api::refuse_busy(Answer& answer, std::string_view message) {
  log_refusal(answer, message);
  answer.reply.retry_after_seconds = 10;
  refuse(answer, 503, "SRV_002", message);
}

}  // namespace discovery

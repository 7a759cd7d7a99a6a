// Contract, section 1: posting, showing and withdrawing one advertisement.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "api/api.h"
#include "api/reply/selection.h"
#include "identity/provider_id.h"
#include "net/http1/field_list.h"
#include "query/fields.h"
#include "query/percent.h"

namespace discovery {

namespace {

constexpr size_t kSignatureLengthMax = 1024;

// `application/json` or `*/*+json`, whatever its parameters; none at all counts as JSON.
bool is_json(const Field& content_type) {
  std::string_view parameters = content_type.value;
  const std::string_view type = take_part(parameters, ';');
  if (content_type.count > 1) return false;
  if (content_type.value.empty() || is_called(type, "application/json")) return true;
  constexpr std::string_view kSuffix = "+json";
  const size_t slash = type.find('/');
  return slash != 0 && slash != std::string_view::npos &&
         type.size() - slash - 1 > kSuffix.size() &&
         is_called(type.substr(type.size() - kSuffix.size()), kSuffix);
}

// Bodies are read as they come; `identity` says that they are not encoded.
bool is_plain(std::string_view content_encoding) {
  while (!content_encoding.empty()) {
    const std::string_view coding = take_part(content_encoding, ',');
    if (!coding.empty() && !is_called(coding, "identity")) return false;
  }
  return true;
}

int64_t unix_ms(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

/// A post or withdrawal that waits for the writer.
class Api::Pending final : public Waiter {
 public:
  Pending(Api& api, const Call& call)
      : credentials(call.credentials),
        posts(call.request.method == Method::post),
        api_(api),
        parked_(park(call)) {}

  void settle(const Outcome& outcome) override {
    api_.resume(parked_, [&](Answer& answer) { api_.tell(answer, *this, outcome); });
  }

  const Credentials credentials;
  const bool posts;

 private:
  Api& api_;
  const Parked parked_;
};

void Api::post(Call& call, std::string_view /*id*/) {
  call.poster = &call.credentials;
  if (!takes_media(call)) return;
  if (!has_credentials(call)) return;
  Faults faults;
  check_credentials(call, faults);
  codec_.parse(call.request.body, advertisement_, faults);
  if (!faults.empty()) return refuse(call, faults);
  std::optional<ProofPtr> proof = authenticate(call);
  if (!proof) return;
  advertisement_.provider_id = call.credentials.provider_id;
  advertisement_.verified = *proof != nullptr;
  Post post{Listing::draft(advertisement_), *std::move(proof), call.client};
  const Status queued =
      board_.publish(std::move(post), {&outbox_, std::make_shared<Pending>(*this, call)}, call.now);
  if (!queued) refuse_busy(call, "the store cannot take writes now");
}

// Answers by itself where the body is not plain JSON by its headers.
bool Api::takes_media(Call& call) {
  const std::string_view encoding = call.request.content_encoding.value;
  if (!is_plain(encoding)) {
    call.reply.further_headers = "Accept-Encoding: identity\r\n";
    const bool is_legible =
        std::ranges::all_of(encoding, [](char c) { return c >= ' ' && c <= '~'; });
    const std::string named = is_legible ? " '" + shortened(encoding) + "'" : "";
    refuse(call, 415, "HTTP_415",
           "the Content-Encoding" + named +
               " is not taken: send the body as it is, without that header");
    return false;
  }
  if (is_json(call.request.content_type)) return true;
  refuse(call, 415, "HTTP_415", "the body must be application/json");
  return false;
}

void Api::withdraw(Call& call, std::string_view id) {
  if (!has_credentials(call)) return;
  Faults faults;
  check_credentials(call, faults);
  check_path_id(id, provider_id_, faults);
  if (!faults.empty()) return refuse(call, faults);
  if (provider_id_ != call.credentials.provider_id) {
    return refuse(call, 401, "AUTH_004", "X-Provider-ID is not the owner of this advertisement");
  }
  const std::optional<ProofPtr> proof = authenticate(call);
  if (!proof) return;
  Withdrawal withdrawal{provider_id_, {}};
  if (*proof) withdrawal.time_ms = (*proof)->time_ms;
  const Status queued = board_.withdraw(
      std::move(withdrawal), {&outbox_, std::make_shared<Pending>(*this, call)}, call.now);
  if (!queued) refuse_busy(call, "the store cannot take writes now");
}

void Api::tell(Answer& answer, const Pending& pending, const Outcome& outcome) {
  if (!outcome.refusal) {
    if (!outcome.listing) return send(answer, R"({"status": "success"})");
    const std::string_view json = outcome.listing->json();
    answer.reply.body_end = refresh_after_;
    return send(answer, json.substr(0, json.size() - 1));
  }
  if (pending.posts) answer.poster = &pending.credentials;
  switch (*outcome.refusal) {
    case Refusal::not_found:
      return refuse_unlisted(answer, pending.credentials.provider_id);
    case Refusal::pinned:
      return refuse(answer, Authenticator::unsigned_fault());
    case Refusal::stale:
      return refuse(answer,
                    Authenticator::stale_fault(unix_ms(clock_.now().wall), outcome.last_time_ms));
    case Refusal::too_many_new:
      answer.reply.rate_limit.reset();  // speaks of another limit
      answer.reply.retry_after_seconds = static_cast<uint32_t>(
          std::chrono::ceil<std::chrono::seconds>(outcome.retry_after).count());
      return refuse(answer, 429, "RATE_001",
                    "this address has brought as many new providers in an hour as it may; wait as "
                    "long as Retry-After says");
    case Refusal::full:
      return refuse_busy(answer, "the board is full");
    case Refusal::pins_full:
      return refuse_busy(answer, "this board can remember no further keys that sign");
    case Refusal::busy:
      return refuse_busy(answer, "the store cannot take writes now");
  }
}

// Answers by itself where they are missing.
bool Api::has_credentials(Call& call) {
  const bool has_id = !call.request.provider_id.value.empty();
  const bool has_signature = !call.request.provider_signature.value.empty();
  if (has_id && has_signature) return true;
  refuse(call, 401, "AUTH_003",
         has_id          ? "X-Provider-Signature is missing"
         : has_signature ? "X-Provider-ID is missing"
                         : "X-Provider-ID and X-Provider-Signature are missing");
  return false;
}

void Api::check_credentials(const Call& call, Faults& faults) {
  const Request& request = call.request;
  if (request.provider_id.count > 1) {
    faults.push_back({{"header", "X-Provider-ID"}, "must be sent only once"});
  } else if (call.credentials.provider_id.empty()) {
    const auto id = ProviderId::parse(request.provider_id.value);  // again, for what is wrong
    if (!id) faults.push_back({{"header", "X-Provider-ID"}, id.error().message});
  }
  const std::string_view signature = request.provider_signature.value;
  if (request.provider_signature.count > 1) {
    faults.push_back({{"header", "X-Provider-Signature"}, "must be sent only once"});
  } else if (signature.size() > kSignatureLengthMax || !is_visible_ascii(signature)) {
    faults.push_back(
        {{"header", "X-Provider-Signature"}, "must be 1 to 1024 visible ASCII characters"});
  }
}

// The proof of a signed request, null of one that need not be signed; empty where it was refused,
// which is answered already.
std::optional<ProofPtr> Api::authenticate(Call& call) {
  auto verdict = authenticator_.check(call.request, call.credentials, unix_ms(clock_.now().wall));
  if (const auto* fault = std::get_if<AuthFault>(&verdict)) {
    if (fault->examined) call.on_trust = true;
    refuse(call, *fault);
    return std::nullopt;
  }
  ProofPtr proof = std::get<ProofPtr>(std::move(verdict));
  if (!proof) return proof;
  call.credentials.proven = true;
  const bool has_own_limit = std::exchange(call.on_trust, false);
  if (has_own_limit &&
      !allows(call, limiter_.charge_provider(call.credentials.provider_id, call.now),
              "posts and withdrawals of this provider")) {
    return std::nullopt;
  }
  if (authenticator_.takes_any_host() && !lifecycle_.warned_of_hosts.exchange(true)) {
    spdlog::warn(
        "PUBLIC_HOSTS is not set: signatures that were made for other boards are accepted too; "
        "set it to the host names, with port, under which this board is reached");
  }
  return proof;
}

void Api::check_path_id(std::string_view encoded, std::string& id, Faults& faults) {
  if (!percent_decode(encoded, Plus::literal, id)) {
    faults.push_back({{"path", "provider_id"}, "is not percent-encoded UTF-8"});
  } else if (Result<ProviderId> parsed = ProviderId::parse(id)) {
    id = parsed->text();
  } else {
    faults.push_back({{"path", "provider_id"}, parsed.error().message});
  }
}

// Leaves the id in provider_id_; answers by itself where there is none, or nothing can be read yet.
bool Api::names_provider(Call& call, std::string_view encoded) {
  Faults faults = parse_empty_query(call.request.query).faults;
  check_path_id(encoded, provider_id_, faults);
  if (faults.empty()) return is_loaded(call);
  refuse(call, faults);
  return false;
}

bool Api::is_loaded(Call& call) {
  if (lifecycle_.phase != Lifecycle::Phase::loading) return true;
  call.reply.retry_after_seconds = 1;
  refuse(call, 503, "SRV_002", "the board is being loaded");
  return false;
}

void Api::show(Call& call, std::string_view id) {
  if (!names_provider(call, id)) return;
  const bool found = board_.read([&](const Index& index) {
    const Listing* listing = index.find(provider_id_);
    if (listing == nullptr || listing->expires() <= call.now) return false;
    fresh_.tag = Selection().hash(*listing, 0);
    fresh_.headers.assign("ETag: ").append(entity_tag(fresh_.tag)).append("\r\n");
    send_page(call, fresh_, listing->json());  // copied, as a list's
    return true;
  });
  if (!found) refuse_unlisted(call, provider_id_);
}

void Api::refuse_unlisted(Answer& answer, const std::string& id) {
  refuse(answer, 404, "ADV_004", "no live advertisement for provider '" + id + "'");
}

}  // namespace discovery

// Contract, section 1: the board.
#include <algorithm>
#include <array>

#include "api/api.h"
#include "base/ascii.h"
#include "identity/provider_id.h"

namespace discovery {

namespace {

constexpr size_t kSignatureLengthMax = 1024;
constexpr size_t kPrefetchDistance = 4;
constexpr size_t kWholeAnswerMax = 64 * 1024;  // longer lists are streamed from counted handles

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

// `application/json` or `*/*+json`, whatever its parameters; none at all counts as JSON.
bool is_json(const Field& content_type) {
  std::string_view type = content_type.value.substr(0, content_type.value.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  if (content_type.count > 1) return false;
  if (content_type.value.empty() || equals_ignoring_case(type, "application/json")) return true;
  constexpr std::string_view kSuffix = "+json";
  const size_t slash = type.find('/');
  return slash != 0 && slash != std::string_view::npos &&
         type.size() - slash - 1 > kSuffix.size() &&
         equals_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix);
}

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

/// A post or withdrawal that waits for the writer.
class Api::Pending final : public Waiter {
 public:
  Pending(Api& api, const Call& call, std::string withdrawn)
      : exchange(call.exchange.shared_from_this()),
        id(call.id),
        rate_limit(call.reply.rate_limit),
        provider_id(std::move(withdrawn)),
        api_(api) {}

  void settle(const Outcome& outcome) override { api_.settle(*this, outcome); }

  const std::shared_ptr<Exchange> exchange;
  const RequestId id;
  const std::optional<RateLimitState> rate_limit;
  const std::string provider_id;  // of a withdrawal

 private:
  Api& api_;
};

void Api::post(Call& call, std::string_view /*id*/) {
  if (!is_json(call.request.content_type)) {
    return refuse(call, 415, "HTTP_415", "the body must be application/json");
  }
  if (!has_credentials(call)) return;
  Faults faults;
  check_credentials(call.request, faults);
  codec_.parse(call.request.body, advertisement_, faults);
  if (!faults.empty()) return refuse(call, faults);
  advertisement_.provider_id = provider_id_;
  advertisement_.verified = false;
  const Status queued =
      board_.publish(Listing::draft(advertisement_),
                     {&outbox_, std::make_shared<Pending>(*this, call, "")}, call.now);
  if (!queued) refuse_busy(call, "the store cannot take writes now");
}

void Api::withdraw(Call& call, std::string_view id) {
  if (!has_credentials(call)) return;
  Faults faults;
  check_credentials(call.request, faults);
  std::string named;
  check_path_id(id, named, faults);
  if (!faults.empty()) return refuse(call, faults);
  if (named != provider_id_) {
    return refuse(call, 401, "AUTH_004", "X-Provider-ID is not the owner of this advertisement");
  }
  const Status queued =
      board_.withdraw(named, {&outbox_, std::make_shared<Pending>(*this, call, named)}, call.now);
  if (!queued) refuse_busy(call, "the store cannot take writes now");
}

void Api::settle(const Pending& pending, const Outcome& outcome) {
  Answer answer{*pending.exchange, pending.id, {}};
  answer.reply.sharing = Sharing::own_origin;
  answer.reply.rate_limit = pending.rate_limit;
  // The others of the batch must not go without their answers.
  try {
    tell(answer, pending, outcome);
  } catch (const std::exception& error) {
    refuse_fault(answer, error);
  }
}

void Api::tell(Answer& answer, const Pending& pending, const Outcome& outcome) {
  if (!outcome.refusal) {
    if (!outcome.listing) return send(answer, R"({"status": "success"})");
    const std::string_view json = outcome.listing->json();
    body_.assign(json.substr(0, json.size() - 1));
    body_ += refresh_after_;
    return send(answer, body_);
  }
  switch (*outcome.refusal) {
    case Refusal::not_found:
      return refuse(answer, 404, "ADV_004",
                    "no live advertisement for provider '" + pending.provider_id + "'");
    case Refusal::full:
      return refuse_busy(answer, "the board is full");
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

// Leaves the provider's id in provider_id_.
void Api::check_credentials(const Request& request, Faults& faults) {
  if (request.provider_id.count > 1) {
    faults.push_back({{"header", "X-Provider-ID"}, "must be sent only once"});
  } else if (Result<ProviderId> id = ProviderId::parse(request.provider_id.value)) {
    provider_id_ = id->text();
  } else {
    faults.push_back({{"header", "X-Provider-ID"}, id.error().message});
  }
  const std::string_view signature = request.provider_signature.value;
  if (request.provider_signature.count > 1) {
    faults.push_back({{"header", "X-Provider-Signature"}, "must be sent only once"});
  } else if (signature.size() > kSignatureLengthMax || !is_visible_ascii(signature)) {
    faults.push_back(
        {{"header", "X-Provider-Signature"}, "must be 1 to 1024 visible ASCII characters"});
  }
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

bool Api::is_loaded(Call& call) {
  if (lifecycle_.phase != Lifecycle::Phase::loading) return true;
  call.reply.retry_after_seconds = 1;
  refuse(call, 503, "SRV_002", "the board is being loaded");
  return false;
}

void Api::show(Call& call, std::string_view id) {
  Faults faults;
  check_path_id(id, provider_id_, faults);
  if (!faults.empty()) return refuse(call, faults);
  if (!is_loaded(call)) return;
  const bool found = board_.read([&](const Index& index) {
    const Listing* listing = index.find(provider_id_);
    if (listing == nullptr || listing->expires() <= call.now) return false;
    body_.assign(listing->json());
    return true;
  });
  if (!found) {
    return refuse(call, 404, "ADV_004",
                  "no live advertisement for provider '" + provider_id_ + "'");
  }
  call.reply.caching = Caching::no_cache;
  send(call, body_);
}

void Api::list(Call& call, std::string_view /*id*/) {
  const QueryFaults faults = parse_query(call.request.query, options_.page_size_max, query_);
  if (!faults.faults.empty()) return refuse(call, faults.faults);
  if (faults.too_small) return refuse(call, 400, "ADV_002", *faults.too_small);
  if (!is_loaded(call)) return;
  found_.clear();
  board_.read([&](const Index& index) {
    index.page(query_, call.now, found_);
    render_found(call.reply);
  });
  call.reply.caching = Caching::no_cache;
  send(call, body_);
}

// Under the pin: what leaves it is a copy, or counted handles.
void Api::render_found(Reply& reply) {
  size_t bytes = 2 + (found_.empty() ? 0 : found_.size() - 1);
  for (const Listing* listing : found_) bytes += listing->json().size();
  body_.clear();
  if (bytes > kWholeAnswerMax) {
    reply.pages.assign(found_.begin(), found_.end());
    reply.pages_bytes = bytes;
    return;
  }
  body_.reserve(bytes);
  for (size_t i = 0; i < found_.size(); ++i) {
    if (i + kPrefetchDistance < found_.size()) found_[i + kPrefetchDistance]->prefetch();
    body_ += i == 0 ? '[' : ',';
    body_ += found_[i]->json();
  }
  body_ += found_.empty() ? "[]" : "]";
}

}  // namespace discovery

#include "api/errors.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

namespace discovery {

namespace {

constexpr size_t kNoteBytesMax = 512;

std::string_view text_of(const RequestId& id) { return {id.data(), id.size()}; }

// The front of `text`, cut between two of its characters.
std::string excerpt(std::string_view text) {
  if (text.size() <= kNoteBytesMax) return std::string(text);
  size_t end = kNoteBytesMax;
  while ((text[end] & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

bool is_live(Services& services, const std::string& provider_id, BootTime now) {
  if (services.lifecycle.phase == Lifecycle::Phase::loading) return false;
  return services.board.read([&](const Index& index) {
    const Listing* listing = index.find(provider_id);
    return listing != nullptr && listing->expires() > now;
  });
}

// As far as the log's budget goes.
void log_refusal(Services& services, const Answer& answer, std::string_view message) {
  if (!services.log_budget.take(services.clock.boot())) return;
  spdlog::warn("{} refused: {}", text_of(answer.id), message);
}

// For the provider to ask about. Of requests in a pinned provider's name without its signature only
// the number is kept, and that a signature was no good: the provider reads no text of others
// there.
void note_refusal(Services& services, const Answer& answer, std::string_view code,
                  std::string_view message) {
  const Credentials* poster = answer.poster;
  if (poster == nullptr || poster->provider_id.empty()) return;
  RefusalNotes& notes = services.board.refusal_notes();
  const bool pinned = poster->key && services.board.last_time_ms(*poster->key);
  if (pinned && !poster->proven) {
    const bool is_about_signature = poster->claims_signature && code.starts_with("AUTH_00");
    if (!is_about_signature) return notes.count_unsigned(poster->provider_id);
    message = "X-Provider-Signature was no good; the answer said why";
  }
  const Now now = services.clock.now();
  const bool known = pinned || is_live(services, poster->provider_id, now.boot);
  notes.note({poster->provider_id, now.wall, std::string(code), excerpt(message)},
             known ? RefusalNotes::Standing::known : RefusalNotes::Standing::unknown);
}

}  // namespace

void send(Answer& answer, std::string_view body) {
  answer.reply.request_id = text_of(answer.id);
  answer.reply.body = body;
  if (spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug("{} {}", answer.reply.request_id, answer.reply.status);
  }
  answer.exchange.answer(answer.reply);
}

void refuse(Services& services, Answer& answer, int status, std::string_view code,
            std::string_view message, const ErrorFacts& facts) {
  note_refusal(services, answer, code, message);
  answer.reply.status = status;
  answer.reply.caching = Caching::no_store;
  render_error(services.buffers.body, code, message, text_of(answer.id), facts);
  send(answer, services.buffers.body);
}

void refuse(Services& services, Answer& answer, const Faults& faults) {
  note_refusal(services, answer, "REQ_001", summary(faults));
  answer.reply.status = 422;
  answer.reply.caching = Caching::no_store;
  render_faults(services.buffers.body, faults, text_of(answer.id));
  send(answer, services.buffers.body);
}

void refuse(Services& services, Answer& answer, const AuthFault& fault) {
  refuse(services, answer, 401, fault.code, fault.message,
         {fault.server_time_ms, fault.last_time_ms, fault.expected_text});
}

void refuse_busy(Services& services, Answer& answer, std::string_view message) {
  log_refusal(services, answer, message);
  answer.reply.retry_after_seconds = 10;
  refuse(services, answer, 503, "SRV_002", message);
}

void refuse_unread(Services& services, Answer& answer, const Error& error) {
  log_refusal(services, answer, error.message);
  answer.reply.retry_after_seconds = 10;
  refuse(services, answer, 503, "SRV_002", "the store cannot be read now");
}

// Of the answer that was under way nothing is kept: it may name what is gone.
void refuse_fault(Services& services, Answer& answer, const std::exception& error) {
  spdlog::error("{} failed: {}", text_of(answer.id), error.what());
  Reply reply;
  reply.sharing = answer.reply.sharing;
  reply.rate_limit = answer.reply.rate_limit;
  answer.reply = std::move(reply);
  refuse(services, answer, 500, "SRV_001", "a fault of this server; it has been logged");
}

}  // namespace discovery

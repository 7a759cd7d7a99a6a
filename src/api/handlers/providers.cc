// Contract, section 1: what is known of one provider beyond its advertisement. Answered from the
// disk, so later.
#include <array>
#include <charconv>

#include "advertisement/json/json_members.h"
#include "api/api.h"
#include "base/base64.h"

namespace discovery {

namespace {

void append_known_time(std::string& out, std::string_view name,
                       const std::optional<WallTime>& time) {
  if (time) return append_time(out, name, *time);
  append_name(out, name);
  out += "null";
}

void append_share(std::string& out, std::string_view name, const std::optional<double>& share) {
  append_name(out, name);
  if (!share) {
    out += "null";
    return;
  }
  constexpr int kDecimals = 4;  // of a day: 9 seconds
  std::array<char, 16> text;
  const auto end =
      std::to_chars(text.begin(), text.end(), *share, std::chars_format::fixed, kDecimals).ptr;
  out.append(text.data(), end);
}

void append_state(std::string& out, const std::optional<ProviderRecord::State>& state) {
  constexpr std::array<std::string_view, 3> kNames{R"("live")", R"("expired")", R"("withdrawn")"};
  append_name(out, "state");
  out += state ? kNames[static_cast<size_t>(*state)] : "null";
}

void append_refusal(std::string& out, const std::optional<RefusalNote>& note) {
  append_name(out, "last_refusal");
  if (!note) {
    out += "null";
    return;
  }
  out += '{';
  append_time(out, "time", note->time);
  append_text(out, "code", note->code);
  append_text(out, "message", note->message);
  out += '}';
}

void render(std::string& out, std::string_view id, const ProviderRecord& record) {
  out.assign("{");
  append_text(out, "provider_id", id);
  append_state(out, record.state);
  append_known_time(out, "first_seen", record.first_seen);
  append_known_time(out, "last_seen", record.last_seen);
  append_known_time(out, "expires_at", record.expires_at);
  append_name(out, "listed");
  out += '{';
  append_share(out, "1d", record.listed_1d);
  append_share(out, "7d", record.listed_7d);
  append_share(out, "30d", record.listed_30d);
  out += '}';
  append_refusal(out, record.last_refusal);
  append_name(out, "unsigned_refusals");
  out.append(std::to_string(record.unsigned_refusals)).append("}");
}

void render(std::string& out, std::string_view id, const Proof& proof) {
  out.assign("{");
  append_text(out, "provider_id", id);
  append_text(out, "text", proof.text);
  append_text(out, "signature", proof.signature);
  append_text(out, "body", to_base64(proof.body));
  out += '}';
}

}  // namespace

void Api::proof(Call& call, std::string_view id) {
  if (!names_provider(call, id)) return;
  const bool verified = board_.read([&](const Index& index) {
    const Listing* listing = index.find(provider_id_);
    return listing != nullptr && listing->expires() > call.now && listing->verified();
  });
  if (!verified) return refuse_unproven(call, provider_id_);
  const Status queued = lifecycle_.archive.load()->find_proof(
      provider_id_, outbox_,
      [this, parked = park(call), named = provider_id_](const Result<std::optional<Proof>>& found) {
        resume(parked, [&](Answer& answer) { tell(answer, named, found); });
      });
  if (!queued) refuse_unread(call, queued.error());
}

void Api::tell(Answer& answer, const std::string& id, const Result<std::optional<Proof>>& proof) {
  if (!proof) return refuse_unread(answer, proof.error());
  if (!*proof) return refuse_unproven(answer, id);
  render(body_, id, **proof);
  send(answer, body_);
}

void Api::provider(Call& call, std::string_view id) {
  if (!names_provider(call, id)) return;
  const Status queued = lifecycle_.archive.load()->find_provider(
      provider_id_, outbox_,
      [this, parked = park(call),
       named = provider_id_](const Result<std::optional<ProviderRecord>>& found) {
        resume(parked, [&](Answer& answer) { tell(answer, named, found); });
      });
  if (!queued) refuse_unread(call, queued.error());
}

void Api::tell(Answer& answer, const std::string& id,
               const Result<std::optional<ProviderRecord>>& record) {
  if (!record) return refuse_unread(answer, record.error());
  if (!*record) return refuse(answer, 404, "ADV_004", "nothing is known of provider '" + id + "'");
  render(body_, id, **record);
  send(answer, body_);
}

void Api::refuse_unproven(Answer& answer, const std::string& id) {
  refuse(answer, 404, "ADV_004", "no live verified advertisement for provider '" + id + "'");
}

void Api::refuse_unread(Answer& answer, const Error& error) {
  log_refusal(answer, error.message);
  answer.reply.retry_after_seconds = 10;
  refuse(answer, 503, "SRV_002", "the store cannot be read now");
}

}  // namespace discovery

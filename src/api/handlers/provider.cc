// Contract, section 1: what is known of one provider beyond its advertisement. Answered from the
// disk, so later.
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "advertisement/json/json_members.h"
#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"

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

void tell(Services& services, Answer& answer, const std::string& id,
          const Result<std::optional<ProviderRecord>>& record) {
  if (!record) return refuse_unread(services, answer, record.error());
  if (!*record) {
    return refuse(services, answer, 404, "ADV_004", "nothing is known of provider '" + id + "'");
  }
  render(services.buffers.body, id, **record);
  send(answer, services.buffers.body);
}

}  // namespace

void show_provider(Services& services, Context& context, std::string_view part) {
  if (!names_provider(services, context, part)) return;
  const std::string& id = services.buffers.provider_id;
  const Status queued = services.lifecycle.archive.load()->find_provider(
      id, services.executor,
      [&services, deferred = DeferredAnswer(context),
       named = id](const Result<std::optional<ProviderRecord>>& found) {
        answer_deferred(services, deferred,
                        [&](Answer& answer) { tell(services, answer, named, found); });
      });
  if (!queued) refuse_unread(services, context, queued.error());
}

}  // namespace discovery

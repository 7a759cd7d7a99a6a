#include "api/reply/error_body.h"

#include <algorithm>

#include "advertisement/json/json_members.h"
#include "base/limits.h"

namespace discovery {

namespace {

std::string dotted(const std::vector<std::string>& location) {
  std::string out;
  for (const std::string& part : location) {
    if (!out.empty()) out += '.';
    out += part;
  }
  return out;
}

void append_fault(std::string& out, const Fault& fault) {
  out += '{';
  append_name(out, "loc");
  out += '[';
  for (size_t i = 0; i < fault.location.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, fault.location[i]);
  }
  out += ']';
  append_text(out, "msg", fault.message);
  append_text(out, "type", fault.type);
  out += '}';
}

void append_error(std::string& out, std::string_view code, std::string_view message,
                  const ErrorFacts& facts) {
  const auto append_number = [&out](std::string_view name, const std::optional<int64_t>& number) {
    if (!number) return;
    append_name(out, name);
    out += std::to_string(*number);
  };
  append_text(out, "code", code);
  append_text(out, "message", message);
  append_number("server_time", facts.server_time_ms);
  append_number("last_time", facts.last_time_ms);
  if (!facts.expected_text.empty()) append_text(out, "expected_text", facts.expected_text);
}

}  // namespace

void render_error(std::string& out, std::string_view code, std::string_view message,
                  std::string_view request_id, const ErrorFacts& facts) {
  out.assign("{");
  append_error(out, code, message, facts);
  append_name(out, "detail");
  out += '{';
  append_error(out, code, message, facts);
  out += '}';
  append_text(out, "request_id", request_id);
  out += '}';
}

void render_faults(std::string& out, const Faults& faults, std::string_view request_id) {
  out.assign("{");
  append_error(out, "REQ_001", summary(faults), {});
  append_name(out, "detail");
  out += '[';
  for (size_t i = 0; i < std::min(faults.size(), limits::kBodyFaults); ++i) {
    if (i > 0) out += ',';
    append_fault(out, faults[i]);
  }
  out += ']';
  append_text(out, "request_id", request_id);
  out += '}';
}

std::string summary(const Faults& faults) {
  std::string text = dotted(faults.front().location) + ": " + faults.front().message;
  if (faults.size() > 1) text += " (and " + std::to_string(faults.size() - 1) + " more)";
  return text;
}

}  // namespace discovery

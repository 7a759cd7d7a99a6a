#include "api/error_body.h"

#include <algorithm>

namespace discovery {

namespace {

// Opens an object and leaves it open.
void open_error(std::string& out, std::string_view code, std::string_view message) {
  out += R"({"code":)";
  append_json_string(out, code);
  out += R"(,"message":)";
  append_json_string(out, message);
}

void close_error(std::string& out, std::string_view request_id) {
  out += R"(,"request_id":)";
  append_json_string(out, request_id);
  out += '}';
}

std::string dotted(const std::vector<std::string>& location) {
  std::string out;
  for (const std::string& part : location) {
    if (!out.empty()) out += '.';
    out += part;
  }
  return out;
}

void append_fault(std::string& out, const Fault& fault) {
  out += R"({"loc":[)";
  for (size_t i = 0; i < fault.location.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, fault.location[i]);
  }
  out += R"(],"msg":)";
  append_json_string(out, fault.message);
  out += R"(,"type":)";
  append_json_string(out, fault.type);
  out += '}';
}

// Behind a member, inside an object.
void append_facts(std::string& out, const ErrorFacts& facts) {
  const auto append_number = [&out](std::string_view name, const std::optional<int64_t>& number) {
    if (!number) return;
    out.append(",\"").append(name).append("\":").append(std::to_string(*number));
  };
  append_number("server_time", facts.server_time_ms);
  append_number("last_time", facts.last_time_ms);
  if (facts.expected_text.empty()) return;
  out += R"(,"expected_text":)";
  append_json_string(out, facts.expected_text);
}

}  // namespace

void render_error(std::string& out, std::string_view code, std::string_view message,
                  std::string_view request_id, const ErrorFacts& facts) {
  out.clear();
  open_error(out, code, message);
  append_facts(out, facts);
  out += R"(,"detail":)";
  open_error(out, code, message);
  append_facts(out, facts);
  out += '}';
  close_error(out, request_id);
}

void render_faults(std::string& out, const Faults& faults, std::string_view request_id) {
  out.clear();
  open_error(out, "REQ_001", summary(faults));
  out += R"(,"detail":[)";
  for (size_t i = 0; i < std::min(faults.size(), kFaultsShownMax); ++i) {
    if (i > 0) out += ',';
    append_fault(out, faults[i]);
  }
  out += ']';
  close_error(out, request_id);
}

std::string summary(const Faults& faults) {
  std::string text = dotted(faults.front().location) + ": " + faults.front().message;
  if (faults.size() > 1) text += " (and " + std::to_string(faults.size() - 1) + " more)";
  return text;
}

}  // namespace discovery

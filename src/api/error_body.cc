#include "api/error_body.h"

#include <algorithm>

namespace discovery {

namespace {

// Opens the object and leaves it open behind `"detail":`.
void open_error(std::string& out, std::string_view code, std::string_view message) {
  out.assign(R"({"code":)");
  append_json_string(out, code);
  out += R"(,"message":)";
  append_json_string(out, message);
  out += R"(,"detail":)";
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

}  // namespace

void render_error(std::string& out, std::string_view code, std::string_view message,
                  std::string_view request_id) {
  open_error(out, code, message);
  out += R"({"code":)";
  append_json_string(out, code);
  out += R"(,"message":)";
  append_json_string(out, message);
  out += '}';
  close_error(out, request_id);
}

void render_faults(std::string& out, const Faults& faults, std::string_view request_id) {
  std::string message = dotted(faults.front().location) + ": " + faults.front().message;
  if (faults.size() > 1) message += " (and " + std::to_string(faults.size() - 1) + " more)";
  open_error(out, "REQ_001", message);
  out += '[';
  for (size_t i = 0; i < std::min(faults.size(), kFaultsShownMax); ++i) {
    if (i > 0) out += ',';
    append_fault(out, faults[i]);
  }
  out += ']';
  close_error(out, request_id);
}

}  // namespace discovery

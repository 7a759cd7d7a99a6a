// Appends members to an object that is being written, with the commas between them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "advertisement/json/json_text.h"
#include "base/time_text.h"

namespace discovery {

inline void append_name(std::string& out, std::string_view name) {
  if (!out.ends_with('{')) out += ',';
  append_json_string(out, name);
  out += ':';
}

inline void append_text(std::string& out, std::string_view name, std::string_view text) {
  append_name(out, name);
  append_json_string(out, text);
}

inline void append_time(std::string& out, std::string_view name, WallTime time) {
  append_name(out, name);
  std::array<char, kRfc3339Length> text;
  write_rfc3339(time, text.data());
  out.append("\"").append(text.data(), text.size()).append("\"");
}

inline void append_count(std::string& out, std::string_view name, uint64_t count) {
  append_name(out, name);
  out += std::to_string(count);
}

}  // namespace discovery

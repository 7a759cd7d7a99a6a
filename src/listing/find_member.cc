#include "listing/find_member.h"

#include <algorithm>
#include <cstring>

namespace discovery {
namespace {

// Behind the text that begins at `at` with its quote.
size_t skip_text(std::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) at += json[at] == '\\' ? 1 : 0;
  return std::min(at + 1, json.size());
}

// Behind the value that begins at `at`: at the comma or bracket that ends it.
size_t skip_value(std::string_view json, size_t at) {
  for (size_t open = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      at = skip_text(json, at);
      continue;
    }
    if (open == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++open;
    if (c == '}' || c == ']') --open;
    ++at;
  }
  return at;
}

}  // namespace

std::string_view find_member(std::string_view object, std::string_view key) {
  // Most objects do not have the key, and this is the fast way to know.
  if (memmem(object.data(), object.size(), key.data(), key.size()) == nullptr) return {};
  for (size_t at = 1; at < object.size() && object[at] == '"';) {
    const size_t key_end = skip_text(object, at);
    if (key_end == object.size()) break;
    const std::string_view name = object.substr(at + 1, key_end - at - 2);
    const size_t value_end = skip_value(object, key_end + 1);
    if (name == key) return object.substr(key_end + 1, value_end - key_end - 1);
    at = value_end + 1;
  }
  return {};
}

}  // namespace discovery

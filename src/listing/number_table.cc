#include "listing/number_table.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/hash.h"

namespace discovery {
namespace {

uint32_t hash_of(std::string_view key) {
  constexpr uint64_t kSeed = 0x8e51a3c4d02b97f6;  // any
  return static_cast<uint32_t>(keyed_hash(key, kSeed));
}

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

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

NumberKey::NumberKey(std::string_view key) : text(key), hash(hash_of(key)) {}

NumberTable number_table(std::string_view text, size_t begin, size_t size,
                         std::span<const std::string_view> left_out) {
  NumberTable table;
  const std::string_view object = text.substr(begin, size);
  for (size_t at = 1; at < object.size() && object[at] == '"';) {
    const size_t key_end = skip_text(object, at);
    if (key_end == object.size()) break;
    const std::string_view key = object.substr(at + 1, key_end - at - 2);
    const size_t value_end = skip_value(object, key_end + 1);
    const auto number = parse_number(object.substr(key_end + 1, value_end - key_end - 1));
    const bool is_wanted =
        number && key.find('\\') == key.npos && std::ranges::find(left_out, key) == left_out.end();
    if (is_wanted) {
      table.push_back({*number, hash_of(key), static_cast<uint16_t>(begin + at + 1),
                       static_cast<uint16_t>(key.size())});
    }
    at = value_end + 1;
  }
  std::ranges::sort(table, {}, &KeyedNumber::hash);
  return table;
}

const double* find_number(std::span<const KeyedNumber> table, std::string_view text,
                          const NumberKey& key) {
  for (auto at = std::ranges::lower_bound(table, key.hash, {}, &KeyedNumber::hash);
       at != table.end() && at->hash == key.hash; ++at) {
    if (text.substr(at->key_begin, at->key_size) == key.text) return &at->value;
  }
  return nullptr;
}

}  // namespace discovery

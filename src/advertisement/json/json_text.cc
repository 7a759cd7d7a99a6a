#include "advertisement/json/json_text.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "advertisement/json/json_document.h"
#include "base/text_writer.h"

namespace discovery {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kNumberBytesMax = 32;

template <class Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, kNumberBytesMax> text;
  out.append(text.data(), TextWriter(text.data()).put_integer(number).at());
}

// Prices have few digits, and dividing finds those several times faster than the general search for
// the shortest text does: a decimal of up to 15 digits that reads back as `number` is the shortest.
bool append_short_decimal(std::string& out, double number) {
  constexpr double kWholeMax = 1e9;
  constexpr unsigned kScale = 1'000'000;
  constexpr size_t kDecimals = 6;
  if (!(number >= 0 && number < kWholeMax)) return false;
  const auto scaled = static_cast<uint64_t>(std::rint(number * kScale));
  if (static_cast<double>(scaled) / kScale != number) return false;

  std::array<char, kNumberBytesMax> text;
  char* const point =
      TextWriter(text.data()).put_integer(static_cast<unsigned>(scaled / kScale)).at();
  *point = '.';
  char* end = point + 1 + kDecimals;
  auto rest = static_cast<unsigned>(scaled % kScale);
  for (char* digit = end; --digit != point; rest /= 10) {
    *digit = static_cast<char>('0' + rest % 10);
  }
  while (end[-1] == '0' && end - 2 != point) --end;
  out.append(text.data(), end);
  return true;
}

bool append_double(std::string& out, double number) {
  if (std::abs(number) > JsonDocument::kNumberMax) return false;
  if (append_short_decimal(out, number)) return true;
  std::array<char, kNumberBytesMax> text;
  const auto end = std::to_chars(text.begin(), text.end(), number).ptr;
  const std::string_view shortest(text.data(), end);
  out += shortest;
  if (shortest.find_first_of(".e") == shortest.npos) out += ".0";
  return true;
}

bool append_object(std::string& out, const dom::object& object) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : object) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, key);
    out += ':';
    if (!append_json(out, value)) return false;
  }
  out += '}';
  return true;
}

bool append_array(std::string& out, const dom::array& array) {
  out += '[';
  bool first = true;
  for (const dom::element value : array) {
    if (!first) out += ',';
    first = false;
    if (!append_json(out, value)) return false;
  }
  out += ']';
  return true;
}

bool is_plain(char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; }

// The same of eight at once: of a byte from which `low` was taken the highest bit is set exactly if
// it was below, as long as none to its right was.
bool are_plain(const char* eight) {
  constexpr uint64_t kEach = 0x0101010101010101;
  uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const auto below = [](uint64_t bytes, uint64_t low) { return (bytes - kEach * low) & ~bytes; };
  const uint64_t odd =
      below(word, 0x20) | below(word ^ kEach * '"', 1) | below(word ^ kEach * '\\', 1);
  return (odd & kEach << 7) == 0;
}

size_t plain_length(std::string_view text) {
  size_t length = 0;
  while (length + 8 <= text.size() && are_plain(text.data() + length)) length += 8;
  while (length < text.size() && is_plain(text[length])) ++length;
  return length;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    default:
      out += "\\u00";
      out += kHexDigits[static_cast<unsigned char>(c) >> 4];
      out += kHexDigits[static_cast<unsigned char>(c) & 0xf];
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const size_t plain = plain_length(text);
    out.append(text, 0, plain);
    if (plain == text.size()) break;
    append_escape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

bool append_json(std::string& out, const dom::element& value) {
  switch (value.type()) {
    case dom::element_type::OBJECT:
      return append_object(out, value);
    case dom::element_type::ARRAY:
      return append_array(out, value);
    case dom::element_type::STRING:
      append_json_string(out, value);
      return true;
    case dom::element_type::DOUBLE:
      return append_double(out, value);
    case dom::element_type::INT64:
      append_integer(out, int64_t(value));
      return true;
    case dom::element_type::UINT64:
      append_integer(out, uint64_t(value));
      return true;
    case dom::element_type::BOOL:
      out += bool(value) ? "true" : "false";
      return true;
    case dom::element_type::NULL_VALUE:
      out += "null";
      return true;
  }
  return true;
}

}  // namespace discovery

#include "advertisement/json/json_fault.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ascii.h"
#include "base/utf8.h"

namespace discovery {
namespace {

constexpr size_t kWordBytesMax = 16;  // of an unknown word that a message repeats

bool is_continuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

/// Lines end with a line feed; columns are counted from 1, in code points.
std::string line_and_column(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::string_view in_line = before.substr(before.rfind('\n') + 1);
  const auto column =
      std::ranges::count_if(in_line, [](char c) { return !is_continuation(c); }) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// What the first bytes tell; empty where they are nothing special.
std::string_view foreign_kind(std::string_view text) {
  using namespace std::string_view_literals;
  const auto has_nul_at = [text](size_t at) { return at < text.size() && text[at] == '\0'; };
  const bool is_utf16 = text.starts_with("\xfe\xff"sv) || text.starts_with("\xff\xfe"sv) ||
                        (text.size() > 1 && has_nul_at(0) != has_nul_at(1));
  if (text.starts_with("\0\0\xfe\xff"sv) || text.starts_with("\xff\xfe\0\0"sv)) {
    return "is UTF-32; it must be UTF-8";
  }
  if (is_utf16) return "is UTF-16; it must be UTF-8";
  if (text.starts_with("\xef\xbb\xbf"sv)) {
    return "is not valid JSON: it begins with a byte order mark, which must be left away";
  }
  if (text.starts_with("\x1f\x8b"sv)) return "is gzip; it must be sent uncompressed";
  return {};
}

struct Found {
  size_t at;
  std::string what;
};

/// The grammar of RFC 8259 again, to the first byte that does not fit. Not recursive: the depth is
/// the sender's choice.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Nothing where all fits.
  std::optional<Found> scan() {
    while (!found_) {
      skip_blanks();
      if (state_ == State::end) {
        if (at_ < text_.size()) fail("there is more behind the JSON value");
        break;
      }
      if (at_ == text_.size()) {
        fail(open_.empty() ? "a value is expected" : "the text ends too early");
      } else {
        take(text_[at_]);
      }
    }
    return std::move(found_);
  }

 private:
  enum class State : uint8_t { value, first_value, key, first_key, colon, next, end };

  void take(char c) {
    switch (state_) {
      case State::value:
      case State::first_value:
        return take_value(c);
      case State::key:
      case State::first_key:
        return take_key(c);
      case State::colon:
        if (c != ':') return fail("':' is expected behind a key");
        ++at_;
        state_ = State::value;
        return;
      case State::next:
        return take_next(c);
      case State::end:
        return;
    }
  }

  void take_value(char c) {
    if (c == ']' && state_ == State::first_value) return close();
    if (fails_as_foreign_syntax(c)) return;
    if (c == '{' || c == '[') return open(c);
    if (c == '"') return take_text(open_.empty() ? State::end : State::next);
    if (c == '-' || is_ascii_digit(c)) return take_number();
    if (is_ascii_letter(c)) return take_word();
    if (c == '+' || c == '.') return fail("a number is malformed");
    if (c == ']' && last_was_comma_) return fail("a comma stands before ']' (trailing comma)");
    fail("a value is expected");
  }

  void take_key(char c) {
    if (c == '}' && state_ == State::first_key) return close();
    if (c == '}') return fail("a comma stands before '}' (trailing comma)");
    if (fails_as_foreign_syntax(c)) return;
    if (c != '"') return fail("a key in double quotes is expected");
    take_text(State::colon);
  }

  void take_next(char c) {
    const char closing = open_.back() == '{' ? '}' : ']';
    if (c == closing) return close();
    if (c == ',') {
      ++at_;
      last_was_comma_ = true;
      state_ = open_.back() == '{' ? State::key : State::value;
      return;
    }
    if (fails_as_foreign_syntax(c)) return;
    fail(std::string("',' or '") + closing + "' is expected");
  }

  /// Syntax of JavaScript, Python and the like, which has a message of its own.
  bool fails_as_foreign_syntax(char c) {
    if (c == '\'') fail("texts stand in double quotes, not in single ones");
    if (c == '/' || c == '#') fail("JSON has no comments");
    return found_.has_value();
  }

  void open(char c) {
    open_.push_back(c);
    ++at_;
    last_was_comma_ = false;
    state_ = c == '{' ? State::first_key : State::first_value;
  }

  void close() {
    open_.pop_back();
    ++at_;
    end_value();
  }

  void end_value() {
    last_was_comma_ = false;
    state_ = open_.empty() ? State::end : State::next;
  }

  void take_text(State behind) {
    const size_t begin = at_++;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (static_cast<uint8_t>(text_[at_]) < ' ') {
        return fail("a control character in a string is not escaped");
      }
      if (text_[at_] == '\\' && !take_escape()) return;
    }
    if (at_ == text_.size()) {
      at_ = begin;
      return fail("a string is not closed");
    }
    ++at_;
    last_was_comma_ = false;
    state_ = behind;
  }

  /// Leaves the place at its last character.
  bool take_escape() {
    const size_t begin = at_++;
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == 'u') {
      const auto unit = code_unit(at_ + 1);
      const bool is_high = unit && *unit >= 0xd800 && *unit < 0xdc00;
      const bool is_low = unit && *unit >= 0xdc00 && *unit < 0xe000;
      const bool has_second = text_.substr(std::min(at_ + 5, text_.size())).starts_with("\\u");
      const uint32_t second = has_second ? code_unit(at_ + 7).value_or(0) : 0;
      const bool is_pair = is_high && second >= 0xdc00 && second < 0xe000;
      if (unit && !is_low && (!is_high || is_pair)) {
        at_ += is_pair ? 10 : 4;
        return true;
      }
    } else if (c != '\0' && std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) {
      return true;
    }
    at_ = begin;
    fail("a string holds a broken escape");
    return false;
  }

  std::optional<unsigned> code_unit(size_t at) const {
    unsigned unit = 0;
    if (at + 4 > text_.size()) return std::nullopt;
    const auto read = std::from_chars(text_.data() + at, text_.data() + at + 4, unit, 16);
    if (read.ptr != text_.data() + at + 4) return std::nullopt;
    return unit;
  }

  void take_number() {
    const size_t begin = at_;
    if (text_[at_] == '-') ++at_;
    if (text_.substr(at_).starts_with("Infinity")) return fail_word(begin, "-Infinity");
    const size_t digits_begin = at_;
    const size_t digits = take_digits();
    const bool is_padded = digits > 1 && text_[digits_begin] == '0';
    bool is_good = digits > 0;
    if (take_one_of(".")) is_good = take_digits() > 0 && is_good;
    if (take_one_of("eE")) {
      take_one_of("+-");
      is_good = take_digits() > 0 && is_good;
    }
    const bool ends = at_ == text_.size() ||
                      std::string_view(" \t\r\n,]}").find(text_[at_]) != std::string_view::npos;
    if (is_good && !is_padded && ends) return end_value();
    at_ = begin;
    fail(is_padded ? "a number must not begin with 0" : "a number is malformed");
  }

  size_t take_digits() {
    const size_t begin = at_;
    while (at_ < text_.size() && is_ascii_digit(text_[at_])) ++at_;
    return at_ - begin;
  }

  bool take_one_of(std::string_view characters) {
    const bool is_there =
        at_ < text_.size() && characters.find(text_[at_]) != std::string_view::npos;
    if (is_there) ++at_;
    return is_there;
  }

  void take_word() {
    size_t end = at_;
    while (end < text_.size() && is_ascii_letter(text_[end])) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (word != "true" && word != "false" && word != "null") return fail_word(at_, word);
    at_ = end;
    end_value();
  }

  void fail_word(size_t at, std::string_view word) {
    at_ = at;
    fail("'" + std::string(word.substr(0, kWordBytesMax)) +
         (word.size() > kWordBytesMax ? "…" : "") + "' is no JSON value");
  }

  void skip_blanks() { at_ = std::min(text_.size(), text_.find_first_not_of(" \t\r\n", at_)); }

  void fail(std::string what) { found_ = Found{at_, std::move(what)}; }

  const std::string_view text_;
  size_t at_ = 0;
  State state_ = State::value;
  bool last_was_comma_ = false;
  std::vector<char> open_;  // brackets
  std::optional<Found> found_;
};

}  // namespace

std::string describe_json_fault(std::string_view text) {
  if (const std::string_view kind = foreign_kind(text); !kind.empty()) return std::string(kind);
  const size_t invalid = valid_utf8_bytes(text);
  if (invalid < text.size()) return "is not valid UTF-8 at byte " + std::to_string(invalid + 1);
  const std::optional<Found> found = Scanner(text).scan();
  if (!found) return "is not valid JSON";
  return "is not valid JSON at " + line_and_column(text, found->at) + ": " + found->what;
}

}  // namespace discovery

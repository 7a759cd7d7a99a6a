#include "advertisement/json/json_document.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "advertisement/json/json_fault.h"
#include "base/ascii.h"
#include "base/limits.h"

namespace discovery {
namespace {

namespace dom = simdjson::dom;

// The parser counts a value inside the innermost container as one more level, and lets an empty
// container pass uncounted; Inspector settles the latter.
constexpr size_t kParserDepth = limits::kNestingLevels + 1;

constexpr std::string_view kTooDeep = "nests deeper than 16 levels";

std::string describe(simdjson::error_code error, std::string_view text) {
  if (error == simdjson::DEPTH_ERROR) return std::string(kTooDeep);
  if (error == simdjson::EMPTY) return "is empty: a JSON object is required";
  return describe_json_fault(text);
}

size_t skip_digits(std::string_view text, size_t at) {
  while (at < text.size() && is_ascii_digit(text[at])) ++at;
  return at;
}

// The grammar of RFC 8259, section 6.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  size_t at = text.starts_with('0') ? 1 : skip_digits(text, 0);
  if (at == 0) return false;
  if (at < text.size() && text[at] == '.') {
    const size_t begin = at + 1;
    at = skip_digits(text, begin);
    if (at == begin) return false;
  }
  if (at < text.size() && ascii_lower(text[at]) == 'e') {
    const bool has_sign = at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-');
    const size_t begin = at + (has_sign ? 2 : 1);
    at = skip_digits(text, begin);
    if (at == begin) return false;
  }
  return at == text.size();
}

// The parser refuses a whole text for one number that it cannot hold. Such numbers are well-formed
// and may stand in fields that are not read, so they are overwritten by one that is certain to be
// out of any field's range.
void replace_unholdable_numbers(char* text, size_t size, dom::parser& parser) {
  constexpr std::string_view kReplacement = "9e307";
  static_assert(9e307 > JsonDocument::kNumberMax);
  const std::string_view all(text, size);
  for (size_t at = 0; at < size; ++at) {
    if (text[at] == '"') {
      for (++at; at < size && text[at] != '"'; ++at) at += text[at] == '\\' ? 1 : 0;
      continue;
    }
    if (text[at] != '-' && !is_ascii_digit(text[at])) continue;
    const size_t end = std::min(size, all.find_first_not_of("+-.0123456789eE", at));
    const std::string_view token = all.substr(at, end - at);
    // Nothing shorter is out of range; what is well-formed and still refused is.
    if (token.size() >= kReplacement.size() && is_number(token) &&
        parser.parse(token.data(), token.size()).error() != simdjson::SUCCESS) {
      std::memset(text + at, ' ', token.size());
      std::memcpy(text + at, kReplacement.data(), kReplacement.size());
    }
    at = end - 1;
  }
}

// Walks all values once. The recursion is bounded by kParserDepth.
class Inspector {
 public:
  enum class Nul { impossible, possible };

  Inspector(std::vector<std::string_view>& path, std::vector<std::string_view>& keys, Nul nul,
            FaultList& faults)
      : path_(path), keys_(keys), nul_(nul), faults_(faults) {}

  void inspect(const dom::element& value) {
    switch (value.type()) {
      case dom::element_type::OBJECT:
        return inspect(dom::object(value));
      case dom::element_type::ARRAY:
        return inspect(dom::array(value));
      case dom::element_type::STRING:
        return check_text(value);
      default:
        return;
    }
  }

 private:
  bool has_content(const dom::element& value) const {
    return value.is_object() || value.is_array() || nul_ == Nul::possible;
  }

  void inspect(const dom::object& object) {
    check_level();
    keys_.clear();
    bool has_contents = false;
    for (const auto& [key, value] : object) {
      keys_.push_back(key);
      has_contents = has_contents || has_content(value);
    }
    check_keys();
    if (!has_contents) return;
    for (const auto& [key, value] : object) {
      path_.push_back(key);
      check_text(key);
      inspect(value);
      path_.pop_back();
    }
  }

  void inspect(const dom::array& array) {
    check_level();
    unsigned index = 0;
    for (const dom::element value : array) {
      std::array<char, 10> digits;
      const auto end = std::to_chars(digits.begin(), digits.end(), index++).ptr;
      path_.emplace_back(digits.data(), end);
      inspect(value);
      path_.pop_back();
    }
  }

  void check_level() {
    if (path_.size() > limits::kNestingLevels) {
      faults_.add({path_.front()}, std::string(kTooDeep));
    }
  }

  void check_text(std::string_view text) {
    if (nul_ == Nul::possible && text.find('\0') != text.npos) {
      faults_.add(path_, "must not hold \\u0000");
    }
  }

  void check_keys() {
    constexpr size_t kPairwiseMax = 16;
    if (keys_.size() > kPairwiseMax) {
      std::sort(keys_.begin(), keys_.end());
      for (size_t i = 1; i < keys_.size(); ++i) {
        if (keys_[i] == keys_[i - 1]) add_repeated(keys_[i]);
      }
      return;
    }
    for (size_t i = 1; i < keys_.size(); ++i) {
      const auto end = keys_.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(keys_.begin(), end, *end) != end) add_repeated(*end);
    }
  }

  void add_repeated(std::string_view key) {
    path_.push_back(key);
    faults_.add(path_, "is given more than once");
    path_.pop_back();
  }

  std::vector<std::string_view>& path_;
  std::vector<std::string_view>& keys_;
  const Nul nul_;
  FaultList& faults_;
};

}  // namespace

struct JsonDocument::State {
  dom::parser parser;
  dom::element root;
  std::array<char, limits::kBodyBytes + simdjson::SIMDJSON_PADDING> text{};
  std::vector<std::string_view> path;  // of the value under inspection
  std::vector<std::string_view> keys;  // of the object under inspection
};

JsonDocument::JsonDocument() : state_(std::make_unique<State>()) {
  const simdjson::error_code error = state_->parser.allocate(limits::kBodyBytes, kParserDepth);
  if (error != simdjson::SUCCESS) throw std::bad_alloc();
}

JsonDocument::~JsonDocument() = default;

const dom::element* JsonDocument::parse(std::string_view text, FaultList::Location location,
                                        FaultList& faults) {
  assert(!location.empty());
  State& state = *state_;
  if (text.size() > limits::kBodyBytes) {
    faults.add(location, "must be at most 16384 bytes");
    return nullptr;
  }
  std::copy(text.begin(), text.end(), state.text.begin());
  const auto parse = [&] {
    return state.parser.parse(state.text.data(), text.size(), false).get(state.root);
  };
  simdjson::error_code error = parse();
  if (error == simdjson::NUMBER_ERROR) {
    replace_unholdable_numbers(state.text.data(), text.size(), state.parser);
    error = parse();
  }
  if (error != simdjson::SUCCESS) {
    faults.add(location, describe(error, text));
    return nullptr;
  }
  const bool escapes_nul = text.find("\\u0000") != text.npos;
  state.path.assign(location.begin(), location.end());
  Inspector(state.path, state.keys,
            escapes_nul ? Inspector::Nul::possible : Inspector::Nul::impossible, faults)
      .inspect(state.root);
  return &state.root;
}

}  // namespace discovery

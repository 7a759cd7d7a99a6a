#include "api/reply/negotiation.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "net/http1/field_list.h"

namespace discovery {

namespace {

// `q=0.75` in thousandths; 1000 where there is none, 0 for what is none.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = take_part(parameters, ';');
    if (!is_called(take_part(parameter, '='), "q")) continue;
    const std::string_view digits = parameter = trimmed(parameter);
    if (digits.empty() || digits.size() > 5 || (digits[0] != '0' && digits[0] != '1')) return 0;
    if (digits.size() > 1 && digits[1] != '.') return 0;
    int weight = (digits[0] - '0') * 1'000;
    int unit = 100;
    for (const char c : digits.substr(std::min<size_t>(2, digits.size()))) {
      if (!is_ascii_digit(c)) return 0;
      weight += (c - '0') * unit;
      unit /= 10;
    }
    return weight;
  }
  return 1'000;
}

// What a proxy that compresses puts behind a tag, if anything: `-gzip`, `--gzip`, `;br`.
bool is_coding_mark(std::string_view text) {
  constexpr size_t kNameMax = 8;
  if (text.empty()) return true;
  const size_t name = text.find_first_not_of("-;:");
  const bool is_marked = name == 1 || name == 2;
  return is_marked && text.size() - name <= kNameMax &&
         std::ranges::all_of(text.substr(name), is_ascii_letter);
}

}  // namespace

Coding preferred_coding(const Field& accept_encoding) {
  std::optional<int> gzip, any;
  int plain = 0;  // unnamed it is a last resort
  for (std::string_view rest = accept_encoding.value; !rest.empty();) {
    std::string_view item = take_part(rest, ',');
    const std::string_view name = take_part(item, ';');
    const int weight = weight_of(item);
    if (is_called(name, "gzip") || is_called(name, "x-gzip")) gzip = weight;
    if (is_called(name, "identity")) plain = weight;
    if (name == "*") any = weight;
  }
  const int wanted = gzip.value_or(any.value_or(0));
  return wanted > 0 && wanted >= plain ? Coding::gzip : Coding::identity;
}

std::string entity_tag(uint64_t hash) {
  std::string tag = R"(W/"----------------")";
  for (size_t at = tag.size() - 2; tag[at] == '-'; --at, hash >>= 4) {
    tag[at] = "0123456789abcdef"[hash & 15];
  }
  return tag;
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  for (std::string_view rest = if_none_match; !rest.empty();) {
    if (take_part(rest, ',') == "*") return true;
  }
  const std::string_view opaque = tag.substr(3, tag.size() - 4);  // without W/ and quotes
  for (std::string_view rest = if_none_match; !rest.empty();) {
    const size_t begin = rest.find('"');
    if (begin == rest.npos) return false;
    const size_t end = rest.find('"', begin + 1);
    if (end == rest.npos) return false;
    const std::string_view named = rest.substr(begin + 1, end - begin - 1);
    if (named.starts_with(opaque) && is_coding_mark(named.substr(opaque.size()))) return true;
    rest.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace discovery

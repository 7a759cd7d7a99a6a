// Contract, section 1: why so few match.
#include "board/index/explain.h"

#include <charconv>

#include "advertisement/json/json_members.h"
#include "api/api.h"

namespace discovery {

namespace {

// The shortest text of the very number: who asks for it finds what is nearest.
void append_nearest(std::string& out, double nearest) {
  std::array<char, 32> text;
  append_name(out, "nearest");
  out.append(text.data(), std::to_chars(text.begin(), text.end(), nearest).ptr);
}

void render(std::string& out, const Explanation& explanation) {
  out.assign("{");
  append_count(out, "matches", explanation.matches);
  append_name(out, "without");
  out += '[';
  for (const Explanation::Without& without : explanation.without) {
    out += out.ends_with('[') ? "{" : ",{";
    append_text(out, "criterion", without.criterion);
    append_count(out, "matches", without.matches);
    if (without.nearest) append_nearest(out, *without.nearest);
    out += '}';
  }
  out += "]}";
}

}  // namespace

void Api::explain(Call& call, std::string_view /*id*/) {
  if (!accepts(call, parse_explain_query(call.request.query, query_))) return;
  if (!is_loaded(call)) return;
  const uint64_t work =
      board_.read([&](const Index& index) { return explain_work(index, query_); });
  if (!affords(call, work)) return;
  const Explanation explanation =
      board_.read([&](const Index& index) { return discovery::explain(index, query_, call.now); });
  render(body_, explanation);
  send(call, body_);
}

}  // namespace discovery

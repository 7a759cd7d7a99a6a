// Contract, section 1: why so few match.
#include <array>
#include <charconv>

#include "advertisement/json/json_members.h"
#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"
#include "board/index/relaxations.h"

namespace discovery {

namespace {

// The shortest text of the very number: a query for it finds the nearest listing.
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

void explain_matches(Services& services, Context& context, std::string_view /*part*/) {
  Query& query = services.buffers.query;
  if (!accepts(services, context, parse_explain_query(context.request.query, query))) return;
  if (!is_loaded(services, context)) return;
  const uint64_t work =
      services.board.read([&](const Index& index) { return explain_work(index, query); });
  if (!affords(services, context, work)) return;
  ScanLimit limit = search_limit(services);
  const Explanation explanation = services.board.read(
      [&](const Index& index) { return explain(index, query, context.now, limit); });
  if (!is_whole(services, context, limit)) return;
  render(services.buffers.body, explanation);
  send(context, services.buffers.body);
}

}  // namespace discovery

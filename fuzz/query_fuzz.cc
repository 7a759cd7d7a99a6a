// Any bytes behind a `?`: what an accepted query asks, said in q, must be the same question; and a
// cursor given out for it must be taken again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "query/cursor.h"
#include "query/query.h"

namespace {

using namespace discovery;

constexpr size_t kPageMax = 10'000;

[[noreturn]] void give_up(const char* what, const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", what, text.c_str());
  std::abort();
}

std::string encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += '%';
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[c & 0xf];
  }
  return out;
}

// Parameters may ask for more than q has room for; then there is nothing to compare.
void expect_same_in_q(const Query& query) {
  const Expression& where = query.filter.where();
  const std::string text = to_text(where);
  if (!parse_expression(text)) return;
  Query again;
  const bool is_taken = parse_query("q=" + encoded(text), kPageMax, again).none();
  if (!is_taken || again.filter != query.filter) give_up("not the same question", text);
}

void expect_same_behind(const std::string& text, Query query) {
  const bool is_numbered =
      query.order.key != SortKey::board && query.order.key != SortKey::provider_id;
  Position position;
  position.provider_id = "p";
  if (is_numbered) position.value = 1;
  const std::string cursor = "&cursor=" + encode_cursor(position, query.fingerprint());
  if (query.after) return;  // a second one is one too many
  Query again;
  if (!parse_query(text + cursor, kPageMax, again).none()) give_up("not its own cursor", text);
  query.after = position;
  if (again != query) give_up("not the same query", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Query query;
  if (parse_explain_query(text, query).none()) {
    for (size_t i = 0; i < query.criteria.size(); ++i) filter_without(query, i);
  }
  parse_watch_query(text, query);
  if (!parse_query(text, kPageMax, query).none()) return 0;
  expect_same_in_q(query);
  expect_same_behind(text, query);
  return 0;
}

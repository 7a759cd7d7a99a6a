// Any bytes as q: what is understood must, written out again, mean the same, and what is not must
// be answered with a column.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/limits.h"
#include "query/filter.h"

namespace {

using namespace discovery;

size_t levels_of(const std::string& text) {
  size_t level = 0;
  size_t deepest = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      for (++at; text[at] != '"'; ++at) at += text[at] == '\\' ? 1 : 0;
    }
    if (text[at] == '(') deepest = std::max(deepest, ++level);
    if (text[at] == ')') --level;
  }
  return deepest;
}

[[noreturn]] void give_up(const char* what, const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", what, text.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Result<Expression> expression =
      parse_expression({reinterpret_cast<const char*>(data), size});
  if (!expression) {
    if (!expression.error().message.starts_with("column ")) give_up("no column", {});
    return 0;
  }
  // Normalised texts can be longer, and every negation gets its parentheses.
  const std::string text = to_text(*expression);
  if (text.size() > limits::kExpressionBytes) return 0;
  if (levels_of(text) > limits::kExpressionLevels) return 0;
  const Result<Expression> again = parse_expression(text);
  if (!again || *again != *expression) give_up("not the same expression", text);
  if (Filter(*again) != Filter(*expression)) give_up("not the same filter", text);
  return 0;
}

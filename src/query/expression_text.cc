#include <array>
#include <charconv>

#include "query/attributes.h"
#include "query/expression.h"

namespace discovery {
namespace {

void append_value(std::string& out, double number) {
  std::array<char, 32> text;
  out.append(text.data(), std::to_chars(text.begin(), text.end(), number).ptr);
}

void append_value(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

std::string_view operator_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return "=";
    case Comparison::not_equal:
      return "!=";
    case Comparison::less:
      return "<";
    case Comparison::at_most:
      return "<=";
    case Comparison::more:
      return ">";
    case Comparison::at_least:
      return ">=";
  }
  return {};
}

template <class Value>
void append_values(std::string& out, Comparison comparison, const std::vector<Value>& values) {
  if (values.size() == 1) {
    out += operator_of(comparison);
    return append_value(out, values.front());
  }
  std::string_view separator = " in [";
  for (const Value& value : values) {
    out += separator;
    append_value(out, value);
    separator = ", ";
  }
  out += ']';
}

void append_term(std::string& out, const Term& term) {
  out += name_of(term.attribute);
  out += term.key.text;
  switch (kind_of(term.attribute)) {
    case ValueKind::number:
      return append_values(out, term.comparison, term.numbers);
    case ValueKind::text:
      return append_values(out, term.comparison, term.texts);
    case ValueKind::truth:
      out += term.truth ? "=true" : "=false";
  }
}

void append(std::string& out, const Expression& expression);

// In parentheses, unless it is a term that needs none there.
void append_part(std::string& out, const Expression& part, Expression::Kind whole) {
  const bool is_bare = whole != Expression::Kind::negation &&
                       (part.kind == Expression::Kind::term ||
                        part.kind == Expression::Kind::negation || part.parts.empty());
  if (!is_bare) out += '(';
  append(out, part);
  if (!is_bare) out += ')';
}

void append(std::string& out, const Expression& expression) {
  if (expression.kind == Expression::Kind::term) return append_term(out, expression.term);
  const bool is_all = expression.kind == Expression::Kind::all;
  if (expression.kind == Expression::Kind::negation) {
    out += '!';
    return append_part(out, expression.parts.front(), expression.kind);
  }
  if (expression.parts.empty()) {
    out += is_all ? "golem_type=\"provider\"" : "golem_type!=\"provider\"";
    return;
  }
  std::string_view separator;
  for (const Expression& part : expression.parts) {
    out += separator;
    append_part(out, part, expression.kind);
    separator = is_all ? " && " : " || ";
  }
}

}  // namespace

std::string to_text(const Expression& expression) {
  std::string text;
  append(text, expression);
  return text;
}

}  // namespace discovery

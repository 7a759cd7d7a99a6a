#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "advertisement/validation.h"
#include "base/ascii.h"
#include "base/boolean.h"
#include "base/decimal.h"
#include "base/limits.h"
#include "query/attributes.h"
#include "query/expression.h"

namespace discovery {
namespace {

constexpr std::string_view kGolemType = "golem_type";
constexpr size_t kPricingKeyBytesMax = 64;

struct Field {
  Attribute attribute = Attribute::cpu;
  std::string_view key;  // of resources and pricing
  AttributeName::Style style = AttributeName::Style::own;
};

struct Operator {
  std::string_view text;
  Comparison comparison;
  enum class Takes : uint8_t { one, list } takes = Takes::one;
};

// None follows one that it begins with.
constexpr std::array<Operator, 7> kOperators{{
    {"=", Comparison::equal},
    {"!=", Comparison::not_equal},
    {"in", Comparison::equal, Operator::Takes::list},
    {"<=", Comparison::at_most},
    {"<", Comparison::less},
    {">=", Comparison::at_least},
    {">", Comparison::more},
}};

// The operators of a kind are the first so many; truths cannot be compared in any other way.
size_t operators_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::truth:
      return 1;
    case ValueKind::text:
      return 3;
    case ValueKind::number:
      break;
  }
  return kOperators.size();
}

bool is_name_character(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '_' || c == '.';
}

bool is_unit_price(Attribute attribute) {
  return attribute >= Attribute::usd_core && attribute <= Attribute::glm_storage;
}

// Splices what needs no level of its own.
void append(Expression& whole, Expression part) {
  if (part.kind != whole.kind) return whole.parts.push_back(std::move(part));
  std::ranges::move(part.parts, std::back_inserter(whole.parts));
}

Expression negated(Expression part) {
  if (part.kind == Expression::Kind::negation) return Expression(std::move(part.parts.front()));
  Expression whole{Expression::Kind::negation, {}, {}};
  whole.parts.push_back(std::move(part));
  return whole;
}

// Always or never true: a conjunction or disjunction of nothing.
Expression constant(bool truth) {
  return {truth ? Expression::Kind::all : Expression::Kind::any, {}, {}};
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Expression> parse();

 private:
  Result<Expression> parse_parts(Expression::Kind kind);
  Result<Expression> parse_part();
  Result<Expression> parse_group();
  Result<Expression> parse_comparison();
  Result<Expression> parse_type();
  Result<Field> parse_field(std::string_view name, size_t at) const;
  Result<Field> parse_resource(std::string_view key, size_t at) const;
  Result<Field> parse_pricing(std::string_view key, size_t at) const;
  Result<Operator> parse_operator(ValueKind kind);
  Status parse_values(Operator::Takes takes, const Field& field, Term& term);
  Status parse_value(const Field& field, Term& term);
  Status parse_number(AttributeName::Style style, Term& term);
  Status parse_text(Attribute attribute, Term& term);

  void skip_blanks();
  bool take(std::string_view token);
  std::string_view take_name();
  Error fault(size_t at, std::string_view message) const;

  const std::string_view text_;
  size_t at_ = 0;
  size_t terms_ = 0;
  size_t levels_ = 0;
};

Result<Expression> Parser::parse() {
  if (text_.size() > limits::kExpressionBytes) {
    return fault(limits::kExpressionBytes, "expected the end: at most 1024 bytes are read");
  }
  Result<Expression> whole = parse_parts(Expression::Kind::any);
  if (!whole) return whole;
  skip_blanks();
  if (at_ < text_.size()) return fault(at_, "expected '&&', '||' or the end");
  return whole;
}

// A disjunction of conjunctions of what parse_part() reads.
Result<Expression> Parser::parse_parts(Expression::Kind kind) {
  const bool is_any = kind == Expression::Kind::any;
  Expression whole{kind, {}, {}};
  do {
    Result<Expression> part = is_any ? parse_parts(Expression::Kind::all) : parse_part();
    if (!part) return part;
    append(whole, *std::move(part));
  } while (take(is_any ? "||" : "&&"));
  if (whole.parts.size() != 1) return whole;
  return Expression(std::move(whole.parts.front()));
}

Result<Expression> Parser::parse_part() {
  bool is_negated = false;
  while (take("!")) is_negated = !is_negated;
  Result<Expression> part = take("(") ? parse_group() : parse_comparison();
  if (!part || !is_negated) return part;
  return negated(*std::move(part));
}

// Behind its opening parenthesis. The recursion is bounded by limits::kExpressionLevels.
Result<Expression> Parser::parse_group() {
  if (levels_ == limits::kExpressionLevels)
    return fault(at_ - 1, "expected at most 16 levels of parentheses");
  ++levels_;
  Result<Expression> whole = parse_parts(Expression::Kind::any);
  if (!whole) return whole;
  if (!take(")")) return fault(at_, "expected '&&', '||' or ')'");
  --levels_;
  return whole;
}

Result<Expression> Parser::parse_comparison() {
  skip_blanks();
  const size_t at = at_;
  const std::string_view name = take_name();
  if (name.empty()) return fault(at, "expected a field, '!' or '('");
  if (++terms_ > limits::kExpressionTerms) return fault(at, "expected at most 32 comparisons");
  if (name == kGolemType) return parse_type();
  const Result<Field> field = parse_field(name, at);
  if (!field) return field.error();
  const Result<Operator> compare = parse_operator(kind_of(field->attribute));
  if (!compare) return compare.error();
  Expression whole{Expression::Kind::term, {}, {}};
  Term& term = whole.term;
  term.attribute = field->attribute;
  term.comparison = compare->comparison;
  term.key = field->key;
  const Status values = parse_values(compare->takes, *field, term);
  if (!values) return values.error();
  sort_unique(term.numbers);
  sort_unique(term.texts);
  return whole;
}

// Every advertisement here is a provider's.
Result<Expression> Parser::parse_type() {
  const Result<Operator> compare = parse_operator(ValueKind::text);
  if (!compare) return compare.error();
  Term term;  // of any text that is not normalised
  const Field field{Attribute::provider_name, {}, {}};
  const Status values = parse_values(compare->takes, field, term);
  if (!values) return values.error();
  const bool is_named = std::ranges::find(term.texts, "provider") != term.texts.end();
  return constant(is_named == (compare->comparison == Comparison::equal));
}

Result<Field> Parser::parse_field(std::string_view name, size_t at) const {
  constexpr std::string_view kResources = "resources.";
  constexpr std::string_view kPricing = "pricing.";
  if (name.starts_with(kResources)) return parse_resource(name.substr(kResources.size()), at);
  if (name.starts_with(kPricing)) return parse_pricing(name.substr(kPricing.size()), at);
  if (const AttributeName* known = find_attribute(name))
    return Field{known->attribute, {}, known->style};
  const std::string nearest = nearest_attribute(name);
  return fault(at, "expected a field; '" + shortened(name) + "' is none" +
                       (nearest.empty() ? "" : ", did you mean '" + nearest + "'?"));
}

Result<Field> Parser::parse_resource(std::string_view key, size_t at) const {
  const AttributeName* const known = find_attribute(key);
  if (known != nullptr && known->attribute <= Attribute::storage &&
      known->style == AttributeName::Style::own) {
    return Field{known->attribute, {}, {}};
  }
  if (is_resource_name(key)) return Field{Attribute::resource, key, {}};
  return fault(at, "expected resources.KEY, with a key of a letter and up to 31 of a-z 0-9 _");
}

Result<Field> Parser::parse_pricing(std::string_view key, size_t at) const {
  const AttributeName* const known = find_attribute(key);
  if (known != nullptr && is_unit_price(known->attribute) &&
      known->style == AttributeName::Style::own) {
    return Field{known->attribute, {}, {}};
  }
  const bool is_key =
      !key.empty() && key.size() <= kPricingKeyBytesMax && key.find('.') == key.npos;
  if (is_key) return Field{Attribute::pricing, key, {}};
  return fault(at, "expected pricing.KEY, with a key of 1 to 64 of A-Z a-z 0-9 _");
}

Result<Operator> Parser::parse_operator(ValueKind kind) {
  const std::span all(kOperators);
  for (const Operator& known : all.first(operators_of(kind))) {
    if (take(known.text)) return known;
  }
  switch (kind) {
    case ValueKind::number:
      return fault(at_, "expected one of = != < <= > >= in");
    case ValueKind::text:
      return fault(at_, "expected one of = != in");
    case ValueKind::truth:
      break;
  }
  return fault(at_, "expected =");
}

Status Parser::parse_values(Operator::Takes takes, const Field& field, Term& term) {
  if (takes == Operator::Takes::one) return parse_value(field, term);
  if (!take("[")) return fault(at_, "expected '['");
  do {
    Status value = parse_value(field, term);
    if (!value) return value;
  } while (take(","));
  if (!take("]")) return fault(at_, "expected ',' or ']'");
  return {};
}

Status Parser::parse_value(const Field& field, Term& term) {
  skip_blanks();
  switch (kind_of(field.attribute)) {
    case ValueKind::number:
      return parse_number(field.style, term);
    case ValueKind::text:
      return parse_text(field.attribute, term);
    case ValueKind::truth:
      break;
  }
  const size_t at = at_;
  const std::string_view word = take_name();
  const std::optional<bool> truth = parse_boolean(word);
  if (!truth) return fault(at, "expected true or false");
  term.truth = *truth;
  return {};
}

Status Parser::parse_number(AttributeName::Style style, Term& term) {
  const size_t at = at_;
  const bool is_quoted = style == AttributeName::Style::golem_base && take("\"");
  const size_t end = std::min(text_.size(), text_.find_first_not_of("+-.0123456789eE", at_));
  const std::optional<double> number = parse_decimal(text_.substr(at_, end - at_));
  if (!number) return fault(at, "expected a number");
  if (std::isinf(*number)) return fault(at, "expected a number between -1e308 and 1e308");
  at_ = end;
  if (is_quoted && !take("\"")) return fault(at_, "expected '\"' behind the number");
  term.numbers.push_back(*number);
  return {};
}

Status Parser::parse_text(Attribute attribute, Term& term) {
  const size_t at = at_;
  if (!take("\"")) return fault(at, "expected a text in double quotes");
  std::string text;
  for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
      if (!text_.substr(at_).starts_with('"') && !text_.substr(at_).starts_with('\\')) {
        return fault(at_, "expected '\"' or '\\' behind a backslash");
      }
    }
    text += text_[at_];
  }
  if (at_ == text_.size()) return fault(at, "expected '\"' to close the text that begins here");
  ++at_;
  Result<std::string> canonical = canonical_text(attribute, text);
  if (!canonical) return fault(at, canonical.error().message);
  term.texts.push_back(*std::move(canonical));
  return {};
}

void Parser::skip_blanks() {
  at_ = std::min(text_.size(), text_.find_first_not_of(" \t\r\n", at_));
}

// Skips blanks before the token, whether it is there or not.
bool Parser::take(std::string_view token) {
  skip_blanks();
  if (!text_.substr(at_).starts_with(token)) return false;
  at_ += token.size();
  return true;
}

std::string_view Parser::take_name() {
  const size_t begin = at_;
  while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

// Columns are counted from 1, in code points.
Error Parser::fault(size_t at, std::string_view message) const {
  const auto begins_point = [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; };
  const auto before = std::ranges::count_if(text_.substr(0, at), begins_point);
  return fail(Code::invalid, "column " + std::to_string(before + 1) + ": " + std::string(message));
}

}  // namespace

Result<Expression> parse_expression(std::string_view text) { return Parser(text).parse(); }

}  // namespace discovery

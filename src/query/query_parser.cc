#include "query/query_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include "base/ascii.h"
#include "base/boolean.h"
#include "base/decimal.h"
#include "base/limits.h"
#include "base/nearest_name.h"
#include "query/attributes.h"
#include "query/cursor.h"
#include "query/percent_encoding.h"
#include "query/synonyms.h"
#include "query/unknown_parameter.h"

namespace discovery {
namespace {

constexpr int64_t kBeyondAnySize = int64_t{INT32_MAX} + 1;

constexpr std::array<std::string_view, kMemberCount> kMemberNames{
    "provider_id", "provider_name",    "ip_address", "country", "platform",
    "network",     "payments_network", "resources",  "pricing", "verified",
    "created_at",  "updated_at",       "expires_at"};

struct SortName {
  std::string_view text;
  SortKey key;
};
constexpr std::array<SortName, 8> kSortNames{{
    {"price", SortKey::price},
    {"glm_price", SortKey::glm_price},
    {"cpu", SortKey::cpu},
    {"memory", SortKey::memory},
    {"storage", SortKey::storage},
    {"created_at", SortKey::created_at},
    {"updated_at", SortKey::updated_at},
    {"provider_id", SortKey::provider_id},
}};

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, is_ascii_digit);
}

// Only after is_integer(); what is out of range is clamped, which keeps its meaning for sizes.
int64_t clamped_integer(std::string_view text) {
  int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{}) return text.starts_with('-') ? -1 : kBeyondAnySize;
  return std::clamp(value, int64_t{-1}, kBeyondAnySize);
}

// Most parameters need no decoding: those are left where they are.
std::optional<std::string_view> decode(std::string_view raw, std::string& buffer) {
  const auto is_plain = [](char c) {
    return c != '%' && c != '+' && static_cast<uint8_t>(c) < 0x80;
  };
  if (std::ranges::all_of(raw, is_plain)) return raw;
  if (!percent_decode(raw, Plus::space, buffer)) return std::nullopt;
  return buffer;
}

// Empty where none is near.
std::string member_meant_by(std::string_view name) {
  const Synonym* const synonym = find_synonym(plain_name(name));
  if (synonym != nullptr && !synonym->member.empty()) return std::string(synonym->member);
  NearestName candidate(name);
  for (const std::string_view known : kMemberNames) candidate.consider(known);
  return candidate.nearest();
}

// Whether a position says by which value it stands where it stands.
bool suits(const Position& position, SortKey key) {
  const bool is_numbered = key != SortKey::board && key != SortKey::provider_id;
  const bool may_be_unknown = key == SortKey::price || key == SortKey::glm_price;
  return may_be_unknown || position.value.has_value() == is_numbered;
}

}  // namespace

QueryParser::QueryParser(Endpoint endpoint, size_t page_size_max, Query& query)
    : endpoint_(endpoint), page_size_max_(page_size_max), query_(query) {
  query_.criteria.clear();
  query_.order = {};
  query_.after.reset();
  query_.limit = page_size_max;
  query_.is_limited = false;
  query_.fields = 0;
  query_.count = false;
  query_.explain_always = false;
  query_.refreshes = false;
  query_.last_event_id.clear();
  query_.writes = false;
}

QueryFaults QueryParser::parse(std::string_view text) {
  while (!text.empty() && result_.faults.size() < limits::kBodyFaults) {
    const size_t end = std::min(text.find('&'), text.size());
    if (end > 0) parse_pair(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (result_.faults.empty()) {
    compile();
    resume();
  }
  return std::move(result_);
}

void QueryParser::parse_pair(std::string_view pair) {
  const size_t equals = std::min(pair.find('='), pair.size());
  const auto name = decode(pair.substr(0, equals), name_buffer_);
  if (!name) {
    result_.faults.push_back({{"query"}, "a parameter's name is not percent-encoded UTF-8"});
    return;
  }
  name_ = *name;
  if (name_.starts_with('_')) return;
  if (endpoint_ == Endpoint::watch && is_added_by_polyfills(name_)) return;
  const Parameter* const parameter = find_parameter(endpoint_, name_);
  if (parameter == nullptr) return fault(describe_unknown(endpoint_, name_));
  if (is_repeated(*parameter)) return fault("may be given only once");
  const auto value = decode(pair.substr(std::min(equals + 1, pair.size())), value_buffer_);
  if (!value) return fault("is not percent-encoded UTF-8");
  if (value->empty() && !parameter->may_be_empty()) return fault("must not be empty");
  parse_value(*parameter, *value);
}

bool QueryParser::is_repeated(const Parameter& parameter) {
  if (&parameter == &kMinimumResource) {
    return std::ranges::any_of(query_.criteria, [&](const Criterion& earlier) {
      return earlier.expression.term.key.text == name_.substr(kMinimum.size());
    });
  }
  const uint32_t bit = 1U << (&parameter - kParameters.data());
  const bool was_seen = (seen_ & bit) != 0;
  seen_ |= bit;
  return was_seen && parameter.arity == Parameter::Arity::once;
}

void QueryParser::parse_value(const Parameter& parameter, std::string_view value) {
  using enum Parameter::Syntax;
  switch (parameter.syntax) {
    case size:
      return parse_size(parameter.attribute, value);
    case resource:
      return parse_resource(value);
    case names:
      return parse_names(parameter.attribute, value);
    case truth:
      return parse_truth_term(parameter.attribute, value);
    case price:
      return parse_price(parameter.attribute, value);
    case expression:
      return parse_q(value);
    case fields:
      return parse_fields(value);
    case order:
      return parse_order(value);
    case limit:
      return parse_limit(value);
    case cursor:
      cursor_ = value;
      return;
    case event_id:  // polyfills repeat it, empty, behind the page's own
      if (!value.empty()) query_.last_event_id = value;
      return;
    case flag:
      query_.*parameter.flag = parse_truth(value).value_or(false);
  }
}

// Only an explanation shows the texts.
Term& QueryParser::add(Attribute attribute, Comparison comparison, std::string_view value) {
  Criterion& criterion = query_.criteria.emplace_back();
  if (endpoint_ == Endpoint::explanation) {
    criterion.text = shortened(std::string(name_) + '=' + std::string(value));
  }
  criterion.expression.kind = Expression::Kind::term;
  Term& term = criterion.expression.term;
  term.attribute = attribute;
  term.comparison = comparison;
  return term;
}

void QueryParser::parse_size(Attribute attribute, std::string_view value) {
  if (!is_integer(value)) return fault("must be an integer");
  const int64_t size = clamped_integer(value);
  if (size < 1 && !result_.too_small) {
    result_.too_small = std::string(name_) + " must be at least 1";
  }
  add(attribute, Comparison::at_least, value).numbers = {static_cast<double>(size)};
}

void QueryParser::parse_resource(std::string_view value) {
  const int64_t least = is_integer(value) ? clamped_integer(value) : -1;
  if (least < 0) return fault("must be an integer of at least 0");
  if (++resources_ > kFurtherResourcesMax) {
    return fault("is one resource too many: an advertisement has at most 16");
  }
  Term& term = add(Attribute::resource, Comparison::at_least, value);
  term.key = name_.substr(kMinimum.size());
  term.numbers = {static_cast<double>(least)};
}

template <class Take>
void QueryParser::each_item(std::string_view list, Take take) {
  for (size_t from = 0; from <= list.size() && result_.faults.size() < limits::kBodyFaults;) {
    const size_t end = std::min(list.find(',', from), list.size());
    const std::string_view item = trimmed(list.substr(from, end - from));
    if (!item.empty()) {
      take(item);
    } else {
      fault("has an empty item in its list");
    }
    from = end + 1;
  }
}

// Given several times, it is one choice.
void QueryParser::parse_names(Attribute attribute, std::string_view value) {
  auto& criteria = query_.criteria;
  auto criterion = std::ranges::find_if(criteria, [&](const Criterion& earlier) {
    return earlier.expression.term.attribute == attribute;
  });
  if (criterion == criteria.end()) {
    add(attribute, Comparison::equal, value);
    criterion = std::prev(criteria.end());
  } else if (endpoint_ == Endpoint::explanation) {
    criterion->text = shortened(criterion->text + ',' + std::string(value));
  }
  each_item(value, [&](std::string_view item) {
    Result<std::string> text = canonical_text(attribute, item);
    if (!text) return fault(std::move(text).error().message);
    criterion->expression.term.texts.push_back(*std::move(text));
  });
}

std::optional<bool> QueryParser::parse_truth(std::string_view value) {
  const std::optional<bool> truth = parse_boolean(trimmed(value));
  if (!truth) fault("must be " + std::string(kBooleanWords));
  return truth;
}

void QueryParser::parse_truth_term(Attribute attribute, std::string_view value) {
  const std::optional<bool> truth = parse_truth(value);
  if (truth) add(attribute, Comparison::equal, value).truth = *truth;
}

void QueryParser::parse_price(Attribute attribute, std::string_view value) {
  const std::optional<double> most = parse_decimal(value);
  if (!most || *most < 0) return fault("must be a number of at least 0");
  if (std::isinf(*most)) return fault("is too large a number: it must be at most 1e308");
  add(attribute, Comparison::at_most, value).numbers = {*most};
}

void QueryParser::parse_q(std::string_view value) {
  Result<Expression> expression = parse_expression(value);
  if (!expression) return fault(std::move(expression).error().message);
  q_ = *std::move(expression);
}

void QueryParser::parse_fields(std::string_view value) {
  each_item(value, [&](std::string_view item) {
    const auto found = std::ranges::find(kMemberNames, item);
    if (found != kMemberNames.end()) {
      query_.fields |= 1U << (found - kMemberNames.begin());
      return;
    }
    const std::string meant = member_meant_by(item);
    fault("'" + shortened(item) + "' is no field" +
          (meant.empty() ? "; /docs lists them" : "; did you mean '" + meant + "'?"));
  });
}

void QueryParser::parse_order(std::string_view value) {
  const bool is_descending = value.starts_with('-');
  if (is_descending) value.remove_prefix(1);
  const auto found = std::ranges::find(kSortNames, value, &SortName::text);
  if (found != kSortNames.end()) {
    query_.order = {found->key, is_descending};
  } else {
    fault(
        "must be one of price, glm_price, cpu, memory, storage, created_at, updated_at, "
        "provider_id, with or without '-' in front");
  }
}

void QueryParser::parse_limit(std::string_view value) {
  const int64_t limit = is_integer(value) ? clamped_integer(value) : 0;
  query_.is_limited = limit >= 1 && static_cast<uint64_t>(limit) <= page_size_max_;
  if (!query_.is_limited) {
    return fault("must be an integer from 1 to " + std::to_string(page_size_max_));
  }
  query_.limit = static_cast<size_t>(limit);
}

// What q joins by AND at its top is as good as a parameter each.
void QueryParser::add_parts_of_q() {
  if (!q_) return;
  std::vector<Expression> parts;
  if (q_->kind == Expression::Kind::all) {
    parts = std::move(q_->parts);
  } else {
    parts.push_back(*std::move(q_));
  }
  for (Expression& part : parts) {
    Criterion& criterion = query_.criteria.emplace_back();
    if (endpoint_ == Endpoint::explanation) criterion.text = shortened("q=" + to_text(part));
    criterion.expression = std::move(part);
  }
}

void QueryParser::compile() {
  for (Criterion& criterion : query_.criteria) sort_unique(criterion.expression.term.texts);
  add_parts_of_q();
  Expression where;
  where.parts.reserve(query_.criteria.size());
  for (Criterion& criterion : query_.criteria) {
    if (endpoint_ == Endpoint::explanation) {
      where.parts.push_back(criterion.expression);
    } else {
      where.parts.push_back(std::move(criterion.expression));
    }
  }
  if (endpoint_ != Endpoint::explanation) query_.criteria.clear();
  query_.filter = Filter(std::move(where));
}

// From behind the cursor's position, which only a whole query can be compared with.
void QueryParser::resume() {
  if (cursor_.empty()) return;
  name_ = "cursor";
  Result<Position> position = decode_cursor(cursor_, query_.fingerprint());
  if (!position && position.error().code == Code::not_found) {
    result_.outdated_cursor = position.error().message;
    return;
  }
  if (!position) return fault(std::move(position).error().message);
  if (!suits(*position, query_.order.key)) return fault("is not a cursor of this board");
  query_.after = *std::move(position);
}

void QueryParser::fault(std::string message) {
  result_.faults.push_back({{"query", shortened(name_)}, std::move(message)});
}

}  // namespace discovery

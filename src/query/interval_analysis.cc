#include "query/interval_analysis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace discovery {
namespace {

using Names = std::vector<std::string>;

constexpr double kSizeMax = INT32_MAX;
constexpr double kAnyPrice = std::numeric_limits<double>::infinity();

constexpr std::array kSizes{&Bounds::cpu, &Bounds::memory, &Bounds::storage};
constexpr std::array kPrices{&Bounds::usd_per_month, &Bounds::glm_per_month};
constexpr std::array kNames{&Bounds::provider_ids, &Bounds::platforms, &Bounds::networks,
                            &Bounds::payments_networks};

Analysis impossible() {
  Analysis none;
  none.bounds.possible = false;
  return none;
}

// What says nothing about any match.
Analysis unbounded() { return {.bounds = {}, .exact = false}; }

Analysis size_at_least(int64_t Bounds::*size, double least) {
  if (least > kSizeMax) return impossible();
  Analysis result;
  result.bounds.*size = std::max<int64_t>(1, static_cast<int64_t>(std::max(least, 1.0)));
  return result;
}

bool is_size(double number) {
  return number >= 1 && number <= kSizeMax && number == std::trunc(number);
}

Analysis analyse_size(int64_t Bounds::*size, const Term& term) {
  const double number = term.numbers.front();
  switch (term.comparison) {
    case Comparison::at_least:
      return size_at_least(size, std::ceil(number));
    case Comparison::more:
      return size_at_least(size, std::floor(number) + 1);
    case Comparison::equal: {
      const auto least = std::ranges::find_if(term.numbers, is_size);  // they are sorted
      if (least == term.numbers.end()) return impossible();
      Analysis result = size_at_least(size, *least);
      result.exact = false;
      return result;
    }
    case Comparison::at_most:
      return number < 1 ? impossible() : unbounded();
    case Comparison::less:
      return number <= 1 ? impossible() : unbounded();
    case Comparison::not_equal:
      break;
  }
  return unbounded();
}

Analysis price_at_most(std::optional<double> Bounds::*price, double most) {
  if (most < 0) return impossible();
  Analysis result;
  result.bounds.*price = most;
  return result;
}

Analysis analyse_price(std::optional<double> Bounds::*price, const Term& term) {
  switch (term.comparison) {
    case Comparison::at_most:
      return price_at_most(price, term.numbers.front());
    case Comparison::less:
      return price_at_most(price, std::nextafter(term.numbers.front(), -kAnyPrice));
    case Comparison::equal: {
      Analysis result = price_at_most(price, term.numbers.back());  // they are sorted
      result.exact = false;
      return result;
    }
    default: {
      Analysis result = price_at_most(price, kAnyPrice);
      result.exact = false;
      return result;
    }
  }
}

Analysis analyse_country(const Term& term) {
  std::bitset<kCountryCount> countries;
  for (const std::string& code : term.texts) {
    if (const auto country = parse_country(code)) countries.set(*country);
  }
  if (term.comparison == Comparison::not_equal) countries.flip();
  if (countries.none()) return impossible();
  Analysis result;
  result.bounds.countries = countries;
  return result;
}

Analysis analyse_names(Names Bounds::*names, const Term& term) {
  if (term.comparison != Comparison::equal) return unbounded();
  Analysis result;
  result.bounds.*names = term.texts;
  return result;
}

Analysis analyse_term(const Term& term) {
  switch (term.attribute) {
    case Attribute::cpu:
      return analyse_size(&Bounds::cpu, term);
    case Attribute::memory:
      return analyse_size(&Bounds::memory, term);
    case Attribute::storage:
      return analyse_size(&Bounds::storage, term);
    case Attribute::usd_per_month:
      return analyse_price(&Bounds::usd_per_month, term);
    case Attribute::glm_per_month:
      return analyse_price(&Bounds::glm_per_month, term);
    case Attribute::provider_id:
      return analyse_names(&Bounds::provider_ids, term);
    case Attribute::country:
      return analyse_country(term);
    case Attribute::platform:
      return analyse_names(&Bounds::platforms, term);
    case Attribute::network:
      return analyse_names(&Bounds::networks, term);
    case Attribute::payments_network:
      return analyse_names(&Bounds::payments_networks, term);
    case Attribute::verified: {
      Analysis result;
      result.bounds.verified = term.truth;
      return result;
    }
    default:
      return unbounded();
  }
}

Comparison opposite(Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return Comparison::not_equal;
    case Comparison::not_equal:
      return Comparison::equal;
    case Comparison::less:
      return Comparison::at_least;
    case Comparison::at_most:
      return Comparison::more;
    case Comparison::more:
      return Comparison::at_most;
    case Comparison::at_least:
      return Comparison::less;
  }
  return comparison;
}

// Where a value may be absent the opposite comparison is not the negation: both are false then.
Analysis analyse_negated(Term term) {
  switch (term.attribute) {
    case Attribute::verified:
      term.truth = !term.truth;
      return analyse_term(term);
    case Attribute::cpu:
    case Attribute::memory:
    case Attribute::storage:
    case Attribute::country:
    case Attribute::provider_id:
      term.comparison = opposite(term.comparison);
      return analyse_term(term);
    default:
      return unbounded();
  }
}

// An empty choice is none. False: no name is left.
bool intersect(Names& names, Names&& others) {
  if (others.empty()) return true;
  if (names.empty()) {
    names = std::move(others);
    return true;
  }
  Names both;
  std::ranges::set_intersection(names, others, std::back_inserter(both));
  names = std::move(both);
  return !names.empty();
}

// False: nothing is left.
bool intersect(Bounds& bounds, Bounds&& other) {
  if (!other.possible) return false;
  for (const auto size : kSizes) bounds.*size = std::max(bounds.*size, other.*size);
  for (const auto price : kPrices) {
    if (other.*price)
      bounds.*price = std::min((bounds.*price).value_or(kAnyPrice), *(other.*price));
  }
  if (other.verified && bounds.verified.value_or(*other.verified) != *other.verified) return false;
  if (other.verified) bounds.verified = other.verified;
  if (other.countries) {
    bounds.countries = bounds.countries ? *bounds.countries & *other.countries : *other.countries;
    if (bounds.countries->none()) return false;
  }
  return std::ranges::all_of(
      kNames, [&](const auto names) { return intersect(bounds.*names, std::move(other.*names)); });
}

size_t differences(const Bounds& a, const Bounds& b) {
  const auto differ = [&](const auto member) { return !(a.*member == b.*member); };
  return static_cast<size_t>(std::ranges::count_if(kSizes, differ) +
                             std::ranges::count_if(kPrices, differ) +
                             std::ranges::count_if(kNames, differ) + differ(&Bounds::verified) +
                             differ(&Bounds::countries));
}

void unite(Names& names, const Names& others) {
  Names both;
  if (!names.empty() && !others.empty()) {
    std::ranges::set_union(names, others, std::back_inserter(both));
  }
  names = std::move(both);
}

// The least bounds around both.
void unite(Bounds& bounds, const Bounds& other) {
  for (const auto size : kSizes) bounds.*size = std::min(bounds.*size, other.*size);
  for (const auto price : kPrices) {
    if (bounds.*price && other.*price) {
      bounds.*price = std::max(*(bounds.*price), *(other.*price));
    } else {
      (bounds.*price).reset();
    }
  }
  if (bounds.verified != other.verified) bounds.verified.reset();
  if (bounds.countries && other.countries) {
    *bounds.countries |= *other.countries;
  } else {
    bounds.countries.reset();
  }
  for (const auto names : kNames) unite(bounds.*names, other.*names);
}

enum class Sense : uint8_t { plain, negated };

Analysis analyse(const Expression& expression, Sense sense);

Analysis analyse_all(const std::vector<Expression>& parts, Sense sense) {
  Analysis whole;
  for (const Expression& part : parts) {
    Analysis next = analyse(part, sense);
    if (!intersect(whole.bounds, std::move(next.bounds))) return impossible();
    whole.exact = whole.exact && next.exact;
  }
  return whole;
}

// Bounds that differ in one respect only leave no gap between them, so that their union is exact if
// they are.
Analysis analyse_any(const std::vector<Expression>& parts, Sense sense) {
  Analysis whole = impossible();
  for (const Expression& part : parts) {
    Analysis next = analyse(part, sense);
    if (!next.bounds.possible) continue;
    if (!whole.bounds.possible) {
      whole = std::move(next);
      continue;
    }
    whole.exact = whole.exact && next.exact && differences(whole.bounds, next.bounds) <= 1;
    unite(whole.bounds, next.bounds);
  }
  return whole;
}

Analysis analyse(const Expression& expression, Sense sense) {
  const bool is_plain = sense == Sense::plain;
  switch (expression.kind) {
    case Expression::Kind::term:
      return is_plain ? analyse_term(expression.term) : analyse_negated(expression.term);
    case Expression::Kind::negation:
      return analyse(expression.parts.front(), is_plain ? Sense::negated : Sense::plain);
    case Expression::Kind::all:
      return is_plain ? analyse_all(expression.parts, sense) : analyse_any(expression.parts, sense);
    case Expression::Kind::any:
      return is_plain ? analyse_any(expression.parts, sense) : analyse_all(expression.parts, sense);
  }
  return unbounded();
}

}  // namespace

Analysis analyse(const Expression& expression) { return analyse(expression, Sense::plain); }

}  // namespace discovery

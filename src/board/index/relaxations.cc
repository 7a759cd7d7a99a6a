#include "board/index/relaxations.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace discovery {

namespace {

// The order in which the first listing is the nearest, for what the index sorts by.
std::optional<Order> order_for(const Term& term) {
  const bool wants_more =
      term.comparison == Comparison::more || term.comparison == Comparison::at_least;
  const bool wants_less =
      term.comparison == Comparison::less || term.comparison == Comparison::at_most;
  if (!wants_more && !wants_less) return std::nullopt;
  switch (term.attribute) {
    case Attribute::cpu:
      return Order{SortKey::cpu, wants_more};
    case Attribute::memory:
      return Order{SortKey::memory, wants_more};
    case Attribute::storage:
      return Order{SortKey::storage, wants_more};
    case Attribute::usd_per_month:
      return Order{SortKey::price, wants_more};
    default:
      return std::nullopt;
  }
}

// How far a number is from meeting the term.
double distance(double number, const Term& term) {
  switch (term.comparison) {
    case Comparison::less:
    case Comparison::at_most:
      return number;
    case Comparison::more:
    case Comparison::at_least:
      return -number;
    default: {
      double least = std::numeric_limits<double>::infinity();
      for (const double wanted : term.numbers) least = std::min(least, std::abs(number - wanted));
      return least;
    }
  }
}

std::optional<double> nearest(const Index& index, const Filter& rest, const Term& term,
                              BootTime now, ScanLimit& limit) {
  if (term.numbers.empty() || term.comparison == Comparison::not_equal) return std::nullopt;
  if (const auto order = order_for(term)) {
    Query query;
    query.filter = rest;
    query.order = *order;
    query.limit = 1;
    Page page;
    index.page(query, now, limit, page);
    if (page.listings.empty()) return std::nullopt;
    return number_of(*page.listings.front(), term, rest.size());
  }
  std::optional<double> best;
  for (const Listing* listing : index.matches(rest, now, limit)) {
    const auto number = number_of(*listing, term, rest.size());
    if (number && (!best || distance(*number, term) < distance(*best, term))) best = number;
  }
  return best;
}

}  // namespace

// Of each row that may match: to be counted, some are read that cost a page next to nothing.
uint32_t counting_cost(const Filter& filter) {
  const bool reads = !CompiledFilter(filter, BootTime{}).codes_decide;
  return std::max<uint32_t>(filter.cost(), reads ? 1 : 0);
}

uint64_t explain_work(const Index& index, const Query& query) {
  uint64_t work = index.candidates(query.filter) * counting_cost(query.filter);
  for (size_t i = 0; i < query.criteria.size(); ++i) {
    constexpr uint32_t kReading = 2;  // each match, for its number
    const Filter rest = filter_without(query, i);
    const Expression& criterion = query.criteria[i].expression;
    const bool by_index =
        criterion.kind != Expression::Kind::term || order_for(criterion.term).has_value();
    const uint32_t cost = counting_cost(rest) + (by_index ? 0 : kReading);
    if (cost != 0) work += index.candidates(rest) * cost;
  }
  return work;
}

Explanation explain(const Index& index, const Query& query, BootTime now, ScanLimit& limit) {
  Explanation explanation{index.count(query.filter, now, limit), {}};
  if (explanation.matches != 0 && !query.explain_always) return explanation;
  for (size_t i = 0; i < query.criteria.size(); ++i) {
    const Filter rest = filter_without(query, i);
    const Expression& criterion = query.criteria[i].expression;
    auto& without = explanation.without.emplace_back(
        Explanation::Without{query.criteria[i].text, index.count(rest, now, limit), std::nullopt});
    if (without.matches != 0 && criterion.kind == Expression::Kind::term) {
      without.nearest = nearest(index, rest, criterion.term, now, limit);
    }
  }
  return explanation;
}

}  // namespace discovery

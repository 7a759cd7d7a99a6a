#include "query/filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "base/hash.h"
#include "query/interval_analysis.h"

namespace discovery {
namespace {

bool compares(double number, const Term& term) {
  const double asked = term.numbers.front();
  switch (term.comparison) {
    case Comparison::equal:
      return std::ranges::find(term.numbers, number) != term.numbers.end();
    case Comparison::not_equal:
      return std::ranges::find(term.numbers, number) == term.numbers.end();
    case Comparison::less:
      return number < asked;
    case Comparison::at_most:
      return number <= asked;
    case Comparison::more:
      return number > asked;
    case Comparison::at_least:
      return number >= asked;
  }
  return false;
}

bool compares(std::string_view text, const Term& term) {
  const bool is_named = std::binary_search(term.texts.begin(), term.texts.end(), text);
  return is_named == (term.comparison == Comparison::equal);
}

// Empty: null.
bool compares_known(std::string_view text, const Term& term) {
  return !text.empty() && compares(text, term);
}

std::optional<double> unit_price(const Prices& prices, Attribute attribute) {
  const auto sent = [](double price) { return price < 0 ? std::nullopt : std::optional(price); };
  switch (attribute) {
    case Attribute::usd_core:
      return sent(prices.usd.core);
    case Attribute::usd_ram:
      return sent(prices.usd.ram);
    case Attribute::usd_storage:
      return sent(prices.usd.storage);
    case Attribute::glm_core:
      return sent(prices.glm.core);
    case Attribute::glm_ram:
      return sent(prices.glm.ram);
    case Attribute::glm_storage:
      return sent(prices.glm.storage);
    default:
      return std::nullopt;
  }
}

bool holds(const Term& term, const Listing& listing, const AskedSize& size) {
  switch (term.attribute) {
    case Attribute::provider_id:
      return compares(listing.provider_id(), term);
    case Attribute::provider_name:
      return compares(listing.provider_name(), term);
    case Attribute::ip_address:
      return compares(listing.ip_address(), term);
    case Attribute::country:
      return compares(country_code(listing.country()), term);
    case Attribute::platform:
      return compares_known(listing.platform(), term);
    case Attribute::network:
      return compares_known(listing.network(), term);
    case Attribute::payments_network:
      return compares_known(listing.payments_network(), term);
    case Attribute::verified:
      return listing.verified() == term.truth;
    default:
      const std::optional<double> number = number_of(listing, term, size);
      return number && compares(*number, term);
  }
}

bool holds(const Expression& expression, const Listing& listing, const AskedSize& size) {
  const auto part_holds = [&](const Expression& part) { return holds(part, listing, size); };
  switch (expression.kind) {
    case Expression::Kind::term:
      return holds(expression.term, listing, size);
    case Expression::Kind::all:
      return std::ranges::all_of(expression.parts, part_holds);
    case Expression::Kind::any:
      return std::ranges::any_of(expression.parts, part_holds);
    case Expression::Kind::negation:
      return !part_holds(expression.parts.front());
  }
  return false;
}

uint64_t mix(uint64_t state, uint64_t word) {
  const auto bytes = std::bit_cast<std::array<char, sizeof word>>(word);
  return keyed_hash({bytes.data(), bytes.size()}, state);
}

uint64_t fingerprint_of(const Term& term) {
  uint64_t state = mix(static_cast<uint64_t>(term.attribute) << 16 |
                           static_cast<uint64_t>(term.comparison) << 8 | uint64_t{term.truth},
                       term.numbers.size());
  for (const double number : term.numbers) state = mix(state, std::bit_cast<uint64_t>(number));
  for (const std::string& text : term.texts) state = keyed_hash(text, state);
  return keyed_hash(term.key.text, state);
}

// Independent of the order of the parts, which means nothing.
uint64_t fingerprint_of(const Expression& expression) {
  if (expression.kind == Expression::Kind::term) return fingerprint_of(expression.term);
  uint64_t sum = 0;
  for (const Expression& part : expression.parts) sum += mix(0, fingerprint_of(part));
  return mix(static_cast<uint64_t>(expression.kind), sum);
}

uint64_t fingerprint_of(const Expression& where, const AskedSize& size) {
  uint64_t state = fingerprint_of(where);
  for (const int64_t part : {size.cpu, size.memory, size.storage}) {
    state = mix(state, static_cast<uint64_t>(part));
  }
  return state;
}

uint32_t cost_of(const Expression& expression) {
  if (expression.kind != Expression::Kind::term) {
    uint32_t sum = 0;
    for (const Expression& part : expression.parts) sum += cost_of(part);
    return sum;
  }
  return 1;
}

}  // namespace

std::optional<double> number_of(const Listing& listing, const Term& term, const AskedSize& size) {
  switch (term.attribute) {
    case Attribute::cpu:
      return listing.sizes().cpu;
    case Attribute::memory:
      return listing.sizes().memory;
    case Attribute::storage:
      return listing.sizes().storage;
    case Attribute::usd_per_month:
      return listing.price_per_month(Currency::usd, size);
    case Attribute::glm_per_month:
      return listing.price_per_month(Currency::glm, size);
    case Attribute::resource:
      return listing.resource(term.key);
    case Attribute::pricing:
      return listing.pricing_number(term.key);
    default:
      return unit_price(listing.prices(), term.attribute);
  }
}

Filter::Filter(Expression where) : where_(std::move(where)) {
  Analysis analysis = analyse(where_);
  bounds_ = std::move(analysis.bounds);
  exact_ = analysis.exact;
  cost_ = !exact_ ? cost_of(where_) : bounds_.glm_per_month ? 1 : 0;
  size_ = {bounds_.cpu, bounds_.memory, bounds_.storage};
  fingerprint_ = fingerprint_of(where_, size_);
}

Filter::Filter(Expression where, const AskedSize& size) : Filter(std::move(where)) {
  size_ = size;
  fingerprint_ = fingerprint_of(where_, size_);
}

bool Filter::matches(const Listing& listing) const { return holds(where_, listing, size_); }

}  // namespace discovery

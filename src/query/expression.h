// What can be asked of an advertisement: comparisons joined by and, or, not (contract, section 1,
// q).
//
// Parameters and q become the same expressions, and are compiled by one code (filter.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "listing/number_table.h"

namespace discovery {

enum class Attribute : uint8_t {
  // Numbers. The sizes:
  cpu,
  memory,
  storage,
  // the six unit prices, in the order of UnitPrices (advertisement/prices.h):
  usd_core,
  usd_ram,
  usd_storage,
  glm_core,
  glm_ram,
  glm_storage,
  // the price of the asked size:
  usd_per_month,
  glm_per_month,
  // and what has a key of its own:
  resource,  // resources.KEY
  pricing,   // pricing.KEY
  // Texts, in canonical form.
  provider_id,
  provider_name,
  ip_address,
  country,
  platform,
  network,
  payments_network,
  // A truth.
  verified,
};

enum class Comparison : uint8_t { equal, not_equal, less, at_most, more, at_least };

/// One comparison. With an absent value it is false, whatever it says. `equal` means any of the
/// numbers or texts, `not_equal` none of them; the others compare with the only one.
struct Term {
  Attribute attribute = Attribute::cpu;
  Comparison comparison = Comparison::equal;
  NumberKey key;                   // of resource and pricing
  std::vector<double> numbers;     // sorted, without repetition; not empty where a number is meant
  std::vector<std::string> texts;  // likewise
  bool truth = true;               // of verified

  bool operator==(const Term&) const = default;
};

/// A value type: compared and copied whole.
struct Expression {
  enum class Kind : uint8_t { term, all, any, negation };
  Kind kind = Kind::all;          // of no parts: always true
  std::vector<Expression> parts;  // of negation: one
  Term term;

  bool operator==(const Expression&) const = default;
};

/// Parses q. Code::invalid: the message names the column (from 1) and what was expected.
Result<Expression> parse_expression(std::string_view text);

/// As parse_expression() reads it, in as few levels as the structure needs.
std::string to_text(const Expression& expression);

}  // namespace discovery

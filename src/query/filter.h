// An expression, ready to be run: bounds that every match lies within, by which whole row groups
// are ruled out, and the exact test for what lies within them.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "advertisement/countries.h"
#include "listing/listing.h"
#include "query/expression.h"

namespace discovery {

/// Every match lies within; not everything within is a match, unless the filter is exact. An empty
/// choice is no bound.
struct Bounds {
  bool possible = true;  // false: nothing can match
  int64_t cpu = 1;       // at least
  int64_t memory = 1;
  int64_t storage = 1;
  // At most, for the asked size, and known; infinity where any known price will do.
  std::optional<double> usd_per_month;
  std::optional<double> glm_per_month;
  std::optional<bool> verified;
  std::optional<std::bitset<kCountryCount>> countries;
  std::vector<std::string> provider_ids;  // sorted, as the others
  std::vector<std::string> platforms;
  std::vector<std::string> networks;
  std::vector<std::string> payments_networks;
  bool operator==(const Bounds&) const = default;
};

/// The number that a term compares, prices of a size for `size`; empty where the listing has none,
/// or the term compares none.
std::optional<double> number_of(const Listing& listing, const Term& term, const AskedSize& size);

/// Immutable: may be shared by threads.
class Filter {
 public:
  Filter() : Filter(Expression{}) {}  // everything matches
  /// Prices are asked for the least size that can match: bounds().cpu, memory and storage.
  explicit Filter(Expression where);
  /// Prices are asked for `size`.
  Filter(Expression where, const AskedSize& size);

  const Bounds& bounds() const { return bounds_; }
  /// The bounds alone decide: matches() need not be asked.
  bool exact() const { return exact_; }
  bool matches(const Listing& listing) const;
  /// What a listing that passes the bounds costs to decide, in steps of about 50 ns; 0 where its
  /// codes decide.
  uint32_t cost() const { return cost_; }

  const Expression& where() const { return where_; }
  const AskedSize& size() const { return size_; }
  /// The same for the same question, on every machine: for cursors and watches.
  uint64_t fingerprint() const { return fingerprint_; }

  bool operator==(const Filter&) const = default;

 private:
  Expression where_;
  AskedSize size_;
  Bounds bounds_;
  bool exact_ = true;
  uint32_t cost_ = 0;
  uint64_t fingerprint_ = 0;
};

}  // namespace discovery

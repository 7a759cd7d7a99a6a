// What a requestor asks for: the parameters of GET /api/v1/advertisements, parsed once (contract,
// section 1).
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advertisement/codec.h"
#include "advertisement/countries.h"

namespace discovery {

/// All conditions are joined by AND; an empty set of choices is no condition.
struct Query {
  int64_t cpu = 1;  // at least; beyond 2147483647 nothing matches
  int64_t memory = 1;
  int64_t storage = 1;
  std::bitset<kCountryCount> countries;
  std::vector<std::string> platforms;
  std::vector<std::string> networks;
  std::vector<std::string> payments_networks;
  std::vector<std::string> provider_ids;  // canonical, sorted, without repetition
  std::optional<bool> verified;
  size_t limit = 0;

  void clear();
  bool operator==(const Query&) const = default;
};

struct QueryFaults {
  Faults faults;                         // 422, all of them up to kFaultsMax
  std::optional<std::string> too_small;  // 400 ADV_002, if there are no faults
  bool none() const { return faults.empty() && !too_small; }
};

/// Parses the part of a target after `?`. `limit` becomes `page_size_max` where it is not asked
/// for. `query` is usable only if the answer is none().
QueryFaults parse_query(std::string_view text, size_t page_size_max, Query& query);

/// Percent-decoding (RFC 3986, and `+` as a space if `plus_is_space`). False: a broken escape or
/// bytes that are not UTF-8.
enum class Plus { literal, space };
bool percent_decode(std::string_view text, Plus plus, std::string& out);

}  // namespace discovery

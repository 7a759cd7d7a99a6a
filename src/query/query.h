// What a requestor asks for: the parameters of GET /api/v1/advertisements and its kin, parsed once
// (contract, section 1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advertisement/countries.h"
#include "advertisement/fault.h"
#include "base/clock.h"
#include "listing/listing.h"
#include "query/expression.h"
#include "query/filter.h"

namespace discovery {

// Cursors depend on the numbers of these: new keys are added at the end.
enum class SortKey : uint8_t {
  board,  // the board's own order: country, created, provider id
  price,  // USD per month for the filter's size; the unknown ones last either way
  cpu,
  memory,
  storage,
  created_at,
  updated_at,
  provider_id,
  glm_price,  // as price, in GLM
};

/// Ties are broken by creation and then by provider id, ascending either way.
struct Order {
  SortKey key = SortKey::board;
  bool descending = false;
  bool operator==(const Order&) const = default;
};

/// One of the conditions that are joined by AND: a parameter, or a part of q.
struct Criterion {
  std::string text;  // "country=SE"; q's parts as "q=cpu>=4"; long ones are cut
  Expression expression;
  bool operator==(const Criterion&) const = default;
};

/// A page begins behind this position: that of a listing which need not exist any more.
struct Position {
  Country country = 0;
  WallTime created{};
  std::optional<double> value;  // of the sort key: sizes, prices, times in microseconds; empty for
                                // an unknown price and for keys that are no number
  std::string provider_id;
  bool operator==(const Position&) const = default;
};

struct Query {
  std::vector<Criterion> criteria;  // of parse_explain_query() alone; joined they are the filter
  Filter filter;
  Order order;
  std::optional<Position> after;
  size_t limit = 0;
  bool is_limited = false;  // by the client: else all that match are wanted, in pages of `limit`
  uint32_t fields = 0;      // bit 1 << Member for each; 0: all
  bool count = false;
  bool explain_always = false;  // all=true: also where something matches
  bool refreshes = false;       // of a watch: changes of times alone are sent, too
  std::string last_event_id;    // of a watch: where it goes on
  bool writes = false;          // of a readiness probe: whether the store takes any

  bool shows(Member member) const {
    return fields == 0 || (fields >> static_cast<unsigned>(member) & 1) != 0;
  }
  /// Of filter and order: cursors belong to one.
  uint64_t fingerprint() const;
  bool operator==(const Query&) const = default;
};

/// What is left of the filter without one of the criteria; prices are asked for the same size.
Filter filter_without(const Query& query, size_t criterion);

struct QueryFaults {
  Faults faults;                               // 422, all of them up to limits::kBodyFaults
  std::optional<std::string> too_small;        // 400 ADV_002, if there are no faults
  std::optional<std::string> outdated_cursor;  // 410 ADV_005, if there is nothing else
  bool none() const { return faults.empty() && !too_small && !outdated_cursor; }
};

/// Parses the part of a list's target after `?`. `limit` becomes `page_size_max` where none is
/// given. `query` is usable only if the answer is none().
QueryFaults parse_query(std::string_view text, size_t page_size_max, Query& query);

/// Likewise for /explain: the list's filters and `all`, nothing else.
QueryFaults parse_explain_query(std::string_view text, Query& query);

/// Likewise for /watch: the list's filters, `refreshes` and `last_event_id`.
QueryFaults parse_watch_query(std::string_view text, Query& query);

/// For /ready: `writes`, nothing else.
QueryFaults parse_readiness_query(std::string_view text, bool& writes);

/// For what takes no parameters.
QueryFaults parse_empty_query(std::string_view text);

}  // namespace discovery

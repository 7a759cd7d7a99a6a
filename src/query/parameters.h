// The parameters that there are, and which of them each endpoint takes (contract, section 1).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "query/query.h"

namespace discovery {

/// By the parameters it takes.
enum class Endpoint : uint8_t { list, explanation, watch, readiness, other };

struct Parameter {
  enum class Syntax : uint8_t {
    // Criteria, of `attribute`:
    size,
    resource,
    names,
    truth,
    price,
    expression,
    // and the rest:
    fields,
    order,
    limit,
    cursor,
    event_id,
    flag,
  };
  enum class Arity : uint8_t { once, many };
  enum class Use : uint8_t { filter, list, explanation, watch, readiness };

  std::string_view name;
  Syntax syntax = Syntax::size;
  Use use = Use::filter;
  Arity arity = Arity::once;
  Attribute attribute = Attribute::cpu;
  bool Query::*flag = nullptr;

  bool may_be_empty() const { return syntax == Syntax::event_id; }
};

inline constexpr std::string_view kMinimum = "min_";

/// All but min_KEY.
extern const std::array<Parameter, 21> kParameters;
/// min_KEY, for every key of a further resource.
extern const Parameter kMinimumResource;

bool takes_filters(Endpoint endpoint);
bool takes(Endpoint endpoint, const Parameter& parameter);

/// Null where the endpoint takes none of that name.
const Parameter* find_parameter(Endpoint endpoint, std::string_view name);

}  // namespace discovery

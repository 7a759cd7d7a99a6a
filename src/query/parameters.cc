// Which parameters there are, and which of them are known where.
#include <algorithm>

#include "advertisement/validation.h"
#include "query/query_parser.h"
#include "query/synonyms.h"

namespace discovery {

const std::array<QueryParser::Parameter, 21> QueryParser::kParameters{{
    {"cpu", &QueryParser::parse_size, Attribute::cpu},
    {"memory", &QueryParser::parse_size, Attribute::memory},
    {"storage", &QueryParser::parse_size, Attribute::storage},
    {"country", &QueryParser::parse_names, Attribute::country, Arity::many},
    {"platform", &QueryParser::parse_names, Attribute::platform, Arity::many},
    {"network", &QueryParser::parse_names, Attribute::network, Arity::many},
    {"payments_network", &QueryParser::parse_names, Attribute::payments_network, Arity::many},
    {"provider_id", &QueryParser::parse_names, Attribute::provider_id, Arity::many},
    {"verified", &QueryParser::parse_verified, Attribute::verified},
    {"max_usd_per_month", &QueryParser::parse_price, Attribute::usd_per_month},
    {"max_glm_per_month", &QueryParser::parse_price, Attribute::glm_per_month},
    {"q", &QueryParser::parse_q},
    {"fields", &QueryParser::parse_fields, {}, Arity::once, Use::list},
    {"sort", &QueryParser::parse_sort, {}, Arity::once, Use::list},
    {"limit", &QueryParser::parse_limit, {}, Arity::once, Use::list},
    {"cursor", &QueryParser::parse_cursor, {}, Arity::once, Use::list},
    {"count", &QueryParser::parse_count, {}, Arity::once, Use::list},
    {"all", &QueryParser::parse_all, {}, Arity::once, Use::explanation},
    {"refreshes", &QueryParser::parse_refreshes, {}, Arity::once, Use::watch},
    {"last_event_id",
     &QueryParser::parse_last_event_id,
     {},
     Arity::many,
     Use::watch,
     /*may_be_empty=*/true},
    {"writes", &QueryParser::parse_writes, {}, Arity::once, Use::readiness},
}};

// min_KEY for every key that is no size.
const QueryParser::Parameter QueryParser::kResource{kMinimum, &QueryParser::parse_resource,
                                                    Attribute::resource};

// min_cpu, min_memory and min_storage are cpu, memory and storage.
const QueryParser::Parameter* QueryParser::find_parameter() const {
  std::string_view name = name_;
  if (takes_filters() && name.starts_with(kMinimum)) {
    name.remove_prefix(kMinimum.size());
    const bool is_size = name == "cpu" || name == "memory" || name == "storage";
    if (!is_size) return is_resource_name(name) ? &kResource : nullptr;
  } else if (audience_ == Audience::watch && is_last_event_id(plain_name(name))) {
    name = "last_event_id";
  }
  const auto found = std::ranges::find(kParameters, name, &Parameter::name);
  return found != kParameters.end() && is_known(*found) ? &*found : nullptr;
}

bool QueryParser::takes_filters() const {
  return audience_ != Audience::readiness && audience_ != Audience::none;
}

bool QueryParser::is_known(const Parameter& parameter) const {
  switch (parameter.use) {
    case Use::filter:
      return takes_filters();
    case Use::list:
      return audience_ == Audience::list;
    case Use::explanation:
      return audience_ == Audience::explanation;
    case Use::watch:
      return audience_ == Audience::watch;
    case Use::readiness:
      return audience_ == Audience::readiness;
  }
  return false;
}

bool QueryParser::is_repeated(const Parameter& parameter) {
  if (&parameter == &kResource) {
    return std::ranges::any_of(query_.criteria, [&](const Criterion& earlier) {
      return earlier.expression.term.key == name_.substr(kMinimum.size());
    });
  }
  const uint32_t bit = 1U << (&parameter - kParameters.data());
  const bool was_seen = (seen_ & bit) != 0;
  seen_ |= bit;
  return was_seen && parameter.arity == Arity::once;
}

}  // namespace discovery

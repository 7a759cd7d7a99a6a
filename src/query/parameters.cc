#include "query/parameters.h"

#include <algorithm>

#include "advertisement/validation.h"
#include "query/synonyms.h"

namespace discovery {

namespace {

using enum Parameter::Syntax;
using enum Parameter::Use;
constexpr auto kOnce = Parameter::Arity::once;
constexpr auto kMany = Parameter::Arity::many;

}  // namespace

const std::array<Parameter, 21> kParameters{{
    {"cpu", size, filter, kOnce, Attribute::cpu},
    {"memory", size, filter, kOnce, Attribute::memory},
    {"storage", size, filter, kOnce, Attribute::storage},
    {"country", names, filter, kMany, Attribute::country},
    {"platform", names, filter, kMany, Attribute::platform},
    {"network", names, filter, kMany, Attribute::network},
    {"payments_network", names, filter, kMany, Attribute::payments_network},
    {"provider_id", names, filter, kMany, Attribute::provider_id},
    {"verified", truth, filter, kOnce, Attribute::verified},
    {"max_usd_per_month", price, filter, kOnce, Attribute::usd_per_month},
    {"max_glm_per_month", price, filter, kOnce, Attribute::glm_per_month},
    {"q", expression},
    {"fields", fields, list},
    {"sort", order, list},
    {"limit", limit, list},
    {"cursor", cursor, list},
    {"count", flag, list, kOnce, {}, &Query::count},
    {"all", flag, explanation, kOnce, {}, &Query::explain_always},
    {"refreshes", flag, watch, kOnce, {}, &Query::refreshes},
    {"last_event_id", event_id, watch, kMany},
    {"writes", flag, readiness, kOnce, {}, &Query::writes},
}};

const Parameter kMinimumResource{kMinimum, resource, filter, kOnce, Attribute::resource};

bool takes_filters(Endpoint endpoint) {
  return endpoint != Endpoint::readiness && endpoint != Endpoint::other;
}

bool takes(Endpoint endpoint, const Parameter& parameter) {
  switch (parameter.use) {
    case filter:
      return takes_filters(endpoint);
    case list:
      return endpoint == Endpoint::list;
    case explanation:
      return endpoint == Endpoint::explanation;
    case watch:
      return endpoint == Endpoint::watch;
    case readiness:
      return endpoint == Endpoint::readiness;
  }
  return false;
}

// min_cpu, min_memory and min_storage are cpu, memory and storage.
const Parameter* find_parameter(Endpoint endpoint, std::string_view name) {
  if (takes_filters(endpoint) && name.starts_with(kMinimum)) {
    name.remove_prefix(kMinimum.size());
    const bool is_size = name == "cpu" || name == "memory" || name == "storage";
    if (!is_size) return is_resource_name(name) ? &kMinimumResource : nullptr;
  } else if (endpoint == Endpoint::watch && is_last_event_id(plain_name(name))) {
    name = "last_event_id";
  }
  const auto found = std::ranges::find(kParameters, name, &Parameter::name);
  return found != kParameters.end() && takes(endpoint, *found) ? &*found : nullptr;
}

}  // namespace discovery

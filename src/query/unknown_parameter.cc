#include "query/unknown_parameter.h"

#include <algorithm>

#include "advertisement/validation.h"
#include "base/ascii.h"
#include "base/nearest_name.h"
#include "query/synonyms.h"

namespace discovery {

namespace {

// Known, but not here.
std::string describe_misplaced(Endpoint endpoint, Parameter::Use use) {
  switch (endpoint) {
    case Endpoint::watch:
      return "is not taken here: a watch takes the list's filters, refreshes and last_event_id";
    case Endpoint::readiness:
      return "is not taken here: /ready takes writes alone";
    case Endpoint::explanation:
      return "is not taken here: /api/v1/explain takes the list's filters and all";
    default:
      break;
  }
  return use == Parameter::Use::watch       ? "is taken by /api/v1/watch alone"
         : use == Parameter::Use::readiness ? "is taken by /ready alone"
                                            : "is taken by /api/v1/explain alone";
}

std::string quoted(std::string_view name) {
  return name.empty() ? std::string() : "'" + std::string(name) + "'";
}

// In quotes; empty where none is near. `plain` is the name as synonyms are compared.
std::string meant_by(Endpoint endpoint, std::string_view name, const std::string& plain) {
  NearestName candidate(name);
  for (const Parameter& known : kParameters) {
    if (takes(endpoint, known)) candidate.consider(known.name);
  }
  if (!plain.empty() && plain_name(candidate.nearest()) == plain) {
    return quoted(candidate.nearest());
  }
  if (!takes_filters(endpoint)) return quoted(candidate.nearest());
  if (const Synonym* synonym = find_synonym(plain); synonym && !synonym->parameter.empty()) {
    std::string parameter = quoted(synonym->parameter);
    if (synonym->parameter != "q" || synonym->field.empty()) return parameter;
    return parameter + ", as in q=" + std::string(synonym->field) + "=\"...\"";
  }
  if (plain.starts_with("max")) {
    const Synonym* const most = find_synonym(plain.substr(3));
    if (most && most->member == "resources") {
      return "'q', as in q=" + std::string(most->field) + "<=4";
    }
  }
  for (const std::string_view known : {"min_cpu", "min_memory", "min_storage", "min_gpu"}) {
    candidate.consider(known);
  }
  const std::string_view wanted = candidate.wanted();
  const bool is_separated = wanted.size() > kMinimum.size() && !is_ascii_letter(wanted[3]);
  if (is_separated && wanted.starts_with("min") && is_resource_name(wanted.substr(4))) {
    candidate.consider(std::string(kMinimum).append(wanted.substr(4)));
  }
  return quoted(candidate.nearest());
}

}  // namespace

std::string describe_unknown(Endpoint endpoint, std::string_view name) {
  if (endpoint == Endpoint::other) return "unknown parameter; none is taken here";
  if (takes_filters(endpoint) && name.find_first_of("<>!\"()") != std::string_view::npos) {
    return "is no parameter's name; comparisons stand in q, where '&' is written %26";
  }
  const std::string plain = plain_name(name);
  const auto elsewhere = std::ranges::find_if(kParameters, [&](const Parameter& parameter) {
    return !takes(endpoint, parameter) && plain_name(parameter.name) == plain;
  });
  if (elsewhere != kParameters.end()) return describe_misplaced(endpoint, elsewhere->use);
  const std::string_view advice = advice_on_lists(plain);
  if (!advice.empty() && endpoint != Endpoint::list) {
    return describe_misplaced(endpoint, Parameter::Use::list);
  }
  if (!advice.empty()) return "unknown parameter; " + std::string(advice);
  const std::string meant = meant_by(endpoint, name, plain);
  return meant.empty() ? "unknown parameter; /docs lists the known ones"
                       : "unknown parameter; did you mean " + meant + "?";
}

}  // namespace discovery

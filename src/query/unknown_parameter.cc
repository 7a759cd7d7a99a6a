// What QueryParser says of parameters that it does not know.
#include <algorithm>

#include "advertisement/validation.h"
#include "base/ascii.h"
#include "base/nearest_name.h"
#include "query/query_parser.h"
#include "query/synonyms.h"

namespace discovery {

void QueryParser::refuse_unknown() {
  if (audience_ == Audience::none) return fault("unknown parameter; none is taken here");
  if (takes_filters() && name_.find_first_of("<>!\"()") != std::string_view::npos) {
    return fault("is no parameter's name; comparisons stand in q, where '&' is written %26");
  }
  const std::string plain = plain_name(name_);
  const auto elsewhere = std::ranges::find_if(kParameters, [&](const Parameter& parameter) {
    return !is_known(parameter) && plain_name(parameter.name) == plain;
  });
  if (elsewhere != kParameters.end()) return refuse_misplaced(elsewhere->use);
  const std::string_view advice = advice_on_lists(plain);
  if (!advice.empty() && audience_ != Audience::list) return refuse_misplaced(Use::list);
  if (!advice.empty()) return fault("unknown parameter; " + std::string(advice));
  const std::string meant = meant_by(plain);
  fault(meant.empty() ? "unknown parameter; /docs lists the known ones"
                      : "unknown parameter; did you mean " + meant + "?");
}

// Known, but not here.
void QueryParser::refuse_misplaced(Use use) {
  if (audience_ == Audience::watch) {
    return fault(
        "is not taken here: a watch takes the list's filters, refreshes and last_event_id");
  }
  if (audience_ == Audience::readiness) {
    return fault("is not taken here: /ready takes writes alone");
  }
  if (audience_ == Audience::explanation) {
    return fault("is not taken here: /api/v1/explain takes the list's filters and all");
  }
  fault(use == Use::watch       ? "is taken by /api/v1/watch alone"
        : use == Use::readiness ? "is taken by /ready alone"
                                : "is taken by /api/v1/explain alone");
}

// In quotes; empty where it cannot be told.
std::string QueryParser::meant_by(const std::string& plain) const {
  NearestName candidate(name_);
  for (const Parameter& known : kParameters) {
    if (is_known(known)) candidate.consider(known.name);
  }
  if (!plain.empty() && plain_name(candidate.nearest()) == plain)
    return "'" + candidate.nearest() + "'";
  if (!takes_filters()) return candidate.nearest().empty() ? "" : "'" + candidate.nearest() + "'";
  if (const Synonym* synonym = find_synonym(plain); synonym && !synonym->parameter.empty()) {
    std::string quoted = "'" + std::string(synonym->parameter) + "'";
    if (synonym->parameter != "q" || synonym->field.empty()) return quoted;
    return quoted + ", as in q=" + std::string(synonym->field) + "=\"...\"";
  }
  if (plain.starts_with("max")) {
    const Synonym* const most = find_synonym(plain.substr(3));
    if (most && most->member == "resources")
      return "'q', as in q=" + std::string(most->field) + "<=4";
  }
  for (const std::string_view known : {"min_cpu", "min_memory", "min_storage", "min_gpu"}) {
    candidate.consider(known);
  }
  const std::string_view wanted = candidate.wanted();
  const bool is_separated = wanted.size() > kMinimum.size() && !is_ascii_letter(wanted[3]);
  if (is_separated && wanted.starts_with("min") && is_resource_name(wanted.substr(4))) {
    candidate.consider(std::string(kMinimum).append(wanted.substr(4)));
  }
  return candidate.nearest().empty() ? "" : "'" + candidate.nearest() + "'";
}

}  // namespace discovery

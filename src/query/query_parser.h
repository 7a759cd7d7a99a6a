// Parameters, one after the other, into a Query.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "query/query.h"

namespace discovery {

/// Which parameters are known.
enum class Audience : uint8_t { list, explanation, watch, readiness, none };

/// For one query; see parse_query().
class QueryParser {
 public:
  QueryParser(Audience audience, size_t page_size_max, Query& query);

  QueryFaults parse(std::string_view text);

 private:
  enum class Arity : uint8_t { once, many };
  enum class Use : uint8_t { filter, list, explanation, watch, readiness };
  struct Parameter {
    std::string_view name;
    void (QueryParser::*parse)(const Parameter&, std::string_view value);
    Attribute attribute = Attribute::cpu;
    Arity arity = Arity::once;
    Use use = Use::filter;
    bool may_be_empty = false;
  };
  static constexpr std::string_view kMinimum = "min_";
  static const std::array<Parameter, 21> kParameters;
  static const Parameter kResource;

  void parse_pair(std::string_view pair);
  const Parameter* find_parameter() const;
  bool takes_filters() const;
  bool is_known(const Parameter& parameter) const;
  bool is_repeated(const Parameter& parameter);
  void refuse_unknown();
  void refuse_misplaced(Use use);
  std::string meant_by(const std::string& plain) const;

  void parse_size(const Parameter& parameter, std::string_view value);
  void parse_resource(const Parameter& parameter, std::string_view value);
  void parse_names(const Parameter& parameter, std::string_view value);
  void parse_verified(const Parameter& parameter, std::string_view value);
  void parse_price(const Parameter& parameter, std::string_view value);
  void parse_q(const Parameter& parameter, std::string_view value);
  void parse_fields(const Parameter& parameter, std::string_view value);
  void parse_sort(const Parameter& parameter, std::string_view value);
  void parse_limit(const Parameter& parameter, std::string_view value);
  void parse_cursor(const Parameter& parameter, std::string_view value);
  void parse_count(const Parameter& parameter, std::string_view value);
  void parse_all(const Parameter& parameter, std::string_view value);
  void parse_refreshes(const Parameter& parameter, std::string_view value);
  void parse_last_event_id(const Parameter& parameter, std::string_view value);
  void parse_writes(const Parameter& parameter, std::string_view value);

  std::optional<bool> parse_truth(std::string_view value);
  template <class Take>
  void each_item(std::string_view list, Take take);
  Term& add(Attribute attribute, Comparison comparison, std::string_view value);
  void add_parts_of_q();
  void compile();
  void resume();
  void fault(std::string message);

  const Audience audience_;
  const size_t page_size_max_;
  Query& query_;
  QueryFaults result_;
  uint32_t seen_ = 0;      // a bit for each of kParameters
  std::string_view name_;  // of the parameter in hand, decoded
  size_t resources_ = 0;   // asked for by min_RESOURCE
  std::optional<Expression> q_;
  std::string cursor_;
  std::string name_buffer_;
  std::string value_buffer_;
};

}  // namespace discovery

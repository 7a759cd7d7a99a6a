// Parameters, one after the other, into a Query.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "query/parameters.h"
#include "query/query.h"

namespace discovery {

/// For one query; see parse_query().
class QueryParser {
 public:
  QueryParser(Endpoint endpoint, size_t page_size_max, Query& query);

  QueryFaults parse(std::string_view text);

 private:
  void parse_pair(std::string_view pair);
  bool is_repeated(const Parameter& parameter);
  void parse_value(const Parameter& parameter, std::string_view value);

  void parse_size(Attribute attribute, std::string_view value);
  void parse_resource(std::string_view value);
  void parse_names(Attribute attribute, std::string_view value);
  void parse_truth_term(Attribute attribute, std::string_view value);
  void parse_price(Attribute attribute, std::string_view value);
  void parse_q(std::string_view value);
  void parse_fields(std::string_view value);
  void parse_order(std::string_view value);
  void parse_limit(std::string_view value);

  std::optional<bool> parse_truth(std::string_view value);
  template <class Take>
  void each_item(std::string_view list, Take take);
  Term& add(Attribute attribute, Comparison comparison, std::string_view value);
  void add_parts_of_q();
  void compile();
  void resume();
  void fault(std::string message);

  const Endpoint endpoint_;
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

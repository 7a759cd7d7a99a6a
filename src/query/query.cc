#include "query/query.h"

#include "base/hash.h"
#include "query/query_parser.h"

namespace discovery {

uint64_t Query::fingerprint() const {
  const char order_text[] = {static_cast<char>(order.key), order.descending ? '-' : '+'};
  return keyed_hash({order_text, sizeof order_text}, filter.fingerprint());
}

Filter filter_without(const Query& query, size_t criterion) {
  Expression where;
  for (size_t i = 0; i < query.criteria.size(); ++i) {
    if (i != criterion) where.parts.push_back(query.criteria[i].expression);
  }
  return Filter(std::move(where), query.filter.size());
}

QueryFaults parse_query(std::string_view text, size_t page_size_max, Query& query) {
  return QueryParser(Endpoint::list, page_size_max, query).parse(text);
}

QueryFaults parse_explain_query(std::string_view text, Query& query) {
  return QueryParser(Endpoint::explanation, 0, query).parse(text);
}

QueryFaults parse_watch_query(std::string_view text, Query& query) {
  return QueryParser(Endpoint::watch, 0, query).parse(text);
}

QueryFaults parse_readiness_query(std::string_view text, bool& writes) {
  Query query;
  QueryFaults result = QueryParser(Endpoint::readiness, 0, query).parse(text);
  writes = query.writes;
  return result;
}

QueryFaults parse_empty_query(std::string_view text) {
  if (text.empty()) return {};
  Query none;
  return QueryParser(Endpoint::other, 0, none).parse(text);
}

}  // namespace discovery

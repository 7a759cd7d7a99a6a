// Any bytes behind a `?`: an accepted query, written out again, must parse to the same query.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "query/query.h"

namespace {

using namespace discovery;

constexpr size_t kPageMax = 10'000;

void append_list(std::string& out, std::string_view name, const std::vector<std::string>& items) {
  if (items.empty()) return;
  out += '&';
  out += name;
  char separator = '=';
  for (const std::string& item : items) {
    out += std::exchange(separator, ',');
    // Of all that items may hold, a plus alone means something else in a query.
    for (const char c : item) out += c == '+' ? "%2B" : std::string(1, c);
  }
}

std::string format(const Query& query) {
  std::string out = "cpu=" + std::to_string(query.cpu) + "&memory=" + std::to_string(query.memory) +
                    "&storage=" + std::to_string(query.storage) +
                    "&limit=" + std::to_string(query.limit);
  std::vector<std::string> countries;
  for (Country country = 0; country < kCountryCount; ++country) {
    if (query.countries[country]) countries.emplace_back(country_code(country));
  }
  append_list(out, "country", countries);
  append_list(out, "platform", query.platforms);
  append_list(out, "network", query.networks);
  append_list(out, "payments_network", query.payments_networks);
  append_list(out, "provider_id", query.provider_ids);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Query query;
  if (!parse_query({reinterpret_cast<const char*>(data), size}, kPageMax, query).none()) return 0;
  const std::string text = format(query);
  Query again;
  if (parse_query(text, kPageMax, again).none() && again == query) return 0;
  std::fprintf(stderr, "not the same query: %s\n", text.c_str());
  std::abort();
}

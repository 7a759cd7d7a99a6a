// What a query costs before the index is asked, and what its exact test costs for one listing.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string_view>

#include "advertisement/codec.h"
#include "query/query.h"

namespace discovery {
namespace {

constexpr size_t kPageMax = 10'000;

ListingDraft example() {
  Codec codec({});
  Advertisement advertisement;
  Faults faults;
  codec.parse(R"({"ip_address":"83.233.10.2","country":"SE","platform":"x86_64","resources":)"
              R"({"cpu":4,"memory":8,"storage":100,"gpu":1},"pricing":{"usd_per_core_month":6.0,)"
              R"("usd_per_gb_ram_month":2.5,"usd_per_gb_storage_month":0.12,"setup_fee":3}})",
              advertisement, faults);
  if (!faults.empty()) std::abort();
  advertisement.provider_id = "provider123";
  return Listing::draft(advertisement);
}

void parse(benchmark::State& state, std::string_view text) {
  Query query;
  for (auto _ : state) {
    if (!parse_query(text, kPageMax, query).none()) std::abort();
  }
}

void match(benchmark::State& state, std::string_view text) {
  Query query;
  if (!parse_query(text, kPageMax, query).none()) std::abort();
  const ListingDraft listing = example();
  for (auto _ : state) benchmark::DoNotOptimize(query.filter.matches(*listing));
}

BENCHMARK_CAPTURE(parse, nothing, "");
BENCHMARK_CAPTURE(parse, parameters, "country=SE&cpu=4&memory=8&limit=100");
BENCHMARK_CAPTURE(parse, q,
                  "q=country%3D%22SE%22%20%26%26%20cpu%3E%3D4%20%26%26%20memory%3E%3D8&limit=100");
BENCHMARK_CAPTURE(match, sizes_and_price, "country=SE&cpu=4&memory=8&max_usd_per_month=200");
BENCHMARK_CAPTURE(match, resource, "min_gpu=1");
BENCHMARK_CAPTURE(match, absent_resource, "min_tpu=1");
BENCHMARK_CAPTURE(match, pricing, "q=pricing.setup_fee%3C%3D5");

}  // namespace
}  // namespace discovery

BENCHMARK_MAIN();

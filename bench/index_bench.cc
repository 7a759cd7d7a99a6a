// The index alone: a million listings of 60 countries, 95 % priced, and thousands of distinct
// queries in rotation. One iteration is one query; INDEX_BENCH_LISTINGS sets another size.
//
//   index_bench --benchmark_filter=... --benchmark_repetitions=3
#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "board/index.h"
#include "board/left_right.h"
#include "query/query.h"

namespace discovery {
namespace {

constexpr BootTime kNow{std::chrono::seconds{1'000}};
constexpr WallTime kCreated{std::chrono::seconds{1'771'494'870}};
constexpr size_t kCountries = 60;
constexpr size_t kQueries = 5'000;
constexpr size_t kLimit = 100;

/// Deterministic, so that runs compare.
class Generator {
 public:
  Generator() {
    std::vector<double> weights;
    for (size_t i = 0; i < kCountries; ++i) weights.push_back(1.0 / static_cast<double>(i + 1));
    country_ = std::discrete_distribution<unsigned>(weights.begin(), weights.end());
  }

  Country country() { return static_cast<Country>(country_(random_) * 4); }
  uint64_t below(uint64_t bound) { return random_() % bound; }

  ListingPtr listing(size_t number) {
    Advertisement advertisement;
    advertisement.provider_id = provider_id();
    advertisement.ip_address = "83.233.10.2";
    advertisement.country = country();
    advertisement.platform = below(4) == 0 ? "arm64" : "x86_64";
    advertisement.sizes = sizes();
    advertisement.resources_json = R"({"cpu":4,"memory":8,"storage":100})";
    advertisement.pricing_json.assign(220, ' ');
    if (below(100) < 95) advertisement.prices.usd = prices();
    const WallTime created = kCreated + Duration{static_cast<int64_t>(number)};
    const ListingDraft draft = Listing::draft(advertisement);
    const auto age = Duration{static_cast<int64_t>(below(100'000'000))};
    draft->stamp({created, created + age, created, kNow + std::chrono::minutes{5} - age});
    return draft;
  }

  AskedSize common_size() {
    static constexpr std::array kCores{1, 2, 4, 8, 16};
    static constexpr std::array kDisks{10, 50, 100, 200, 500};
    const int64_t cores = kCores[below(kCores.size())];
    return {cores, cores << below(3), kDisks[below(kDisks.size())]};
  }

 private:
  std::string provider_id() {
    static constexpr char kDigits[] = "0123456789abcdefABCDEF";
    std::string id = "0x";
    for (int i = 0; i < 40; ++i) id += kDigits[below(22)];
    return id;
  }
  Sizes sizes() {
    static constexpr std::array kCores{1, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 32, 32, 64, 96, 128};
    Sizes sizes;
    sizes.cpu = kCores[below(kCores.size())];
    sizes.memory = sizes.cpu << below(4);
    if (below(3) == 0) sizes.memory = static_cast<int32_t>(sizes.memory * 0.9) + 1;
    const double storage = 200 * std::exp(1.2 * normal_(random_));
    sizes.storage = static_cast<int32_t>(std::clamp(storage, 5.0, 60'000.0));
    return sizes;
  }
  UnitPrices prices() {
    if (below(100) < 30) return {6, 2.5, 0.12};
    const double scale = std::exp(0.5 * normal_(random_));
    const auto price = [&](double middle, double step, double spread) {
      const double value = middle * scale * std::exp(spread * normal_(random_));
      return std::max(step, std::round(value / step) * step);
    };
    return {price(6, 0.01, 0.3), price(2.5, 0.01, 0.3), price(0.12, 0.001, 0.4)};
  }

  std::mt19937_64 random_{7};
  std::normal_distribution<double> normal_{0, 1};
  std::discrete_distribution<unsigned> country_;
};

size_t listing_count() {
  const char* text = std::getenv("INDEX_BENCH_LISTINGS");
  return text == nullptr ? 1'000'000 : static_cast<size_t>(std::atoll(text));
}

/// Both copies, filled once, on first use.
LeftRight<Index>& board() {
  static const auto filled = [] {
    auto both = std::make_unique<LeftRight<Index>>(uint64_t{42});
    Generator generator;
    std::vector<ListingPtr> listings;
    for (size_t i = 0; i < listing_count(); ++i) listings.push_back(generator.listing(i));
    std::ranges::stable_sort(listings, {}, [](const auto& one) { return one->country(); });
    for (const ListingPtr& listing : listings) both->idle().put(listing);
    both->flip();
    both->idle().copy(both->in_use());
    return both;
  }();
  return *filled;
}

using Queries = std::vector<Query>;

Query query_for(const std::string& parameters) {
  Query query;
  if (!parse_query(parameters, kLimit, query).none()) std::abort();
  return query;
}

std::string text_of(const AskedSize& size) {
  return "cpu=" + std::to_string(size.cpu) + "&memory=" + std::to_string(size.memory) +
         "&storage=" + std::to_string(size.storage);
}

Queries queries(const std::function<std::string(Generator&)>& next) {
  Generator generator;
  Queries out;
  while (out.size() < kQueries) out.push_back(query_for(next(generator)));
  return out;
}

std::string in_country(Generator& generator) {
  return "country=" + std::string(country_code(generator.country())) + "&" +
         text_of(generator.common_size());
}
std::string in_world(Generator& generator) { return text_of(generator.common_size()); }
// About 1 % of the board, and 0.01 to 0.05 %.
std::string large(Generator& generator) {
  return text_of({64, static_cast<int64_t>(128 + generator.below(64)),
                  static_cast<int64_t>(300 + generator.below(100))});
}
std::string rare(Generator& generator) {
  return text_of({96, static_cast<int64_t>(400 + generator.below(200)),
                  static_cast<int64_t>(2'000 + generator.below(1'000))});
}

void search(benchmark::State& state, const Queries& asked) {
  Page page;
  size_t next = 0;
  size_t found = 0;
  board();
  for (auto _ : state) {
    const Query& query = asked[next++ % asked.size()];
    board().read([&](const Index& index) { index.page(query, kNow, page); });
    found += page.listings.size();
  }
  state.counters["found"] =
      benchmark::Counter(static_cast<double>(found), benchmark::Counter::kAvgIterations);
}

/// Queries a second of readers on these processors, a thread on each, over some milliseconds.
double queries_per_second(const Queries& asked, const std::vector<int>& where) {
  constexpr std::chrono::milliseconds kTurn{20};
  constexpr size_t kBetweenLooks = 64;  // at the clock
  std::atomic<double> sum{0};
  std::vector<std::thread> threads;
  for (const int processor : where) {
    threads.emplace_back([&, processor] {
      cpu_set_t alone;
      CPU_ZERO(&alone);
      CPU_SET(processor, &alone);
      if (sched_setaffinity(0, sizeof(alone), &alone) != 0) std::abort();
      Page page;
      size_t done = 0;
      size_t next = std::random_device{}();
      const auto begin = std::chrono::steady_clock::now();
      std::chrono::duration<double> passed{};
      for (; passed < kTurn; passed = std::chrono::steady_clock::now() - begin) {
        for (size_t i = 0; i < kBetweenLooks; ++i, ++done) {
          const Query& query = asked[next++ % asked.size()];
          board().read([&](const Index& index) { index.page(query, kNow, page); });
        }
      }
      sum += static_cast<double>(done) / passed.count();
    });
  }
  for (std::thread& thread : threads) thread.join();
  return sum;
}

/// Those that this program may run on.
std::vector<int> processors() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) std::abort();
  std::vector<int> found;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &allowed)) found.push_back(processor);
  }
  return found;
}

/// What two readers do, as a multiple of what one does: the mean of either processor's, which need
/// not be alike. All in short turns, for what else the machine does changes from second to second.
void two_readers(benchmark::State& state, const Queries& asked) {
  const std::vector<int> some = processors();
  if (some.size() < 2) return state.SkipWithError("two readers need two processors");
  const int first = some[0];
  const int second = some[1];
  board();
  std::vector<double> ratios;
  for (auto _ : state) {
    const double one = queries_per_second(asked, {first});
    const double both = queries_per_second(asked, {first, second});
    const double other = queries_per_second(asked, {second});
    ratios.push_back(both / ((one + other) / 2));
  }
  std::ranges::sort(ratios);
  state.counters["times_one"] = ratios[ratios.size() / 2];
  state.counters["quarter_below"] = ratios[ratios.size() / 4];
  state.counters["quarter_above"] = ratios[ratios.size() * 3 / 4];
}

void count(benchmark::State& state, const Queries& asked) {
  size_t next = 0;
  uint64_t found = 0;
  board();
  for (auto _ : state) {
    const Query& query = asked[next++ % asked.size()];
    found += board().read([&](const Index& index) { return index.count(query.filter, kNow); });
  }
  state.counters["found"] =
      benchmark::Counter(static_cast<double>(found), benchmark::Counter::kAvgIterations);
}

void refresh(benchmark::State& state) {
  Generator generator;
  std::vector<ListingPtr> some;
  for (size_t i = 0; i < 20'000; ++i) some.push_back(generator.listing(i));
  size_t next = 0;
  board();
  for (auto _ : state) {
    board().idle().put(some[next % some.size()]);
    board().flip();
    board().idle().put(some[next % some.size()]);
    ++next;
  }
}

/// A new provider in place of one before: both copies.
void come_and_go(benchmark::State& state) {
  Generator generator;
  std::vector<ListingPtr> some;
  for (size_t i = 0; i < 20'000; ++i) some.push_back(generator.listing(listing_count() + i));
  size_t next = 0;
  board();
  const auto each_copy = [](const auto& change) {
    change(board().idle());
    board().flip();
    change(board().idle());
  };
  for (const ListingPtr& one : some)
    each_copy([&](Index& index) { index.remove(one->provider_id()); });
  for (auto _ : state) {
    const ListingPtr& fresh = some[next % some.size()];
    const ListingPtr& former = some[(next + 10'000) % some.size()];
    each_copy([&](Index& index) {
      index.remove(former->provider_id());
      index.put(fresh);
    });
    ++next;
  }
}

/// From the end of a commit until its changes are found, at 5,000 changes a second in batches,
/// while `readers` threads read flat out.
void visible(benchmark::State& state, const Queries& asked, size_t readers) {
  constexpr size_t kBatch = 10;
  constexpr auto kInterval = std::chrono::milliseconds{2};
  Generator generator;
  std::vector<ListingPtr> some;
  for (size_t i = 0; i < 20'000; ++i) some.push_back(generator.listing(i));
  board();
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < readers; ++i) {
    threads.emplace_back([&, i] {
      Page page;
      for (size_t next = i * 1'234; !done; ++next) {
        board().read(
            [&](const Index& index) { index.page(asked[next % asked.size()], kNow, page); });
      }
    });
  }
  std::vector<double> delays;
  size_t next = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    const auto change = [&](Index& index) {
      for (size_t i = 0; i < kBatch; ++i) index.put(some[(next + i) % some.size()]);
    };
    change(board().idle());
    board().flip();
    const std::chrono::duration<double, std::micro> delay =
        std::chrono::steady_clock::now() - begin;
    delays.push_back(delay.count());
    board().wait_for_readers();
    change(board().idle());
    next += kBatch;
    std::this_thread::sleep_until(begin + kInterval);
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  std::ranges::sort(delays);
  state.counters["p50_us"] = delays[delays.size() / 2];
  state.counters["p99_us"] = delays[delays.size() * 99 / 100];
}

void stats(benchmark::State& state) {
  board();
  for (auto _ : state) {
    benchmark::DoNotOptimize(board().read([](const Index& index) { return index.stats(); }));
  }
}

using Next = std::string (*)(Generator&);

void add_search(const std::string& name, Next next, const std::string& more) {
  const Queries asked = queries([&](Generator& generator) { return next(generator) + more; });
  benchmark::RegisterBenchmark(name.c_str(), [asked](auto& state) {
    search(state, asked);
  })->Unit(benchmark::kMicrosecond);
}

void add_count(const std::string& name, Next next) {
  const Queries asked = queries(next);
  benchmark::RegisterBenchmark(name.c_str(), [asked](auto& state) {
    count(state, asked);
  })->Unit(benchmark::kMicrosecond);
}

void add_all() {
  add_search("country_and_sizes", in_country, "");
  add_search("sizes_1_percent", large, "");
  add_search("sizes_rare", rare, "");
  for (const char* key : {"price", "-price", "cpu", "-cpu", "memory", "-memory", "storage",
                          "-storage", "created_at", "-updated_at", "provider_id"}) {
    add_search(std::string("sort_world/") + key, in_world, std::string("&sort=") + key);
    add_search(std::string("sort_country/") + key, in_country, std::string("&sort=") + key);
  }
  add_search("sort_rare/price", rare, "&sort=price");
  add_search("max_usd_world", in_world, "&max_usd_per_month=20");
  add_count("count_world", in_world);
  add_count("count_country", in_country);
  const Queries asked = queries([](Generator& generator) { return in_country(generator); });
  benchmark::RegisterBenchmark("two_readers", [asked](auto& state) { two_readers(state, asked); })
      ->Unit(benchmark::kMillisecond)
      ->Iterations(200)
      ->UseRealTime();
  for (const size_t threads : {0, 2}) {
    benchmark::RegisterBenchmark(("visible/readers:" + std::to_string(threads)).c_str(),
                                 [asked, threads](auto& state) { visible(state, asked, threads); })
        ->Unit(benchmark::kMicrosecond)
        ->Iterations(2'000)
        ->UseRealTime();
  }
  benchmark::RegisterBenchmark("put_both_copies", refresh)->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("come_and_go", come_and_go)->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("stats", stats)->Unit(benchmark::kMicrosecond);
}

}  // namespace
}  // namespace discovery

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  discovery::add_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

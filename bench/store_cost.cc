// What a row costs the store alone, with a batch the size that 256 busy connections make:
//
//   store_cost FILE SECONDS
//
// renews random rows of FILE and prints one line of JSON. CPU time is the whole
// process's, so the store's own threads are counted as they are in the server.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "store/store.h"

namespace discovery {
namespace {

constexpr size_t kBatch = 128;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void stop(const std::string& message) {
  std::fprintf(stderr, "store_cost: %s\n", message.c_str());
  std::exit(1);
}

Advertisement advertisement_of(const StoredRow& row) {
  Advertisement advertisement;
  advertisement.provider_id = row.provider_id;
  advertisement.ip_address = row.ip_address;
  advertisement.country = parse_country(row.country).value_or(0);
  advertisement.platform = row.platform;
  advertisement.resources_json = row.resources;
  advertisement.pricing_json = row.pricing;
  return advertisement;
}

std::vector<ListingDraft> load(Store& store) {
  std::vector<ListingDraft> listings;
  const auto loaded = store.load(1, [&](unsigned, const StoredRow& row) {
    if (!row.created_at) stop("a row without times");
    listings.push_back(Listing::draft(advertisement_of(row)));
    listings.back()->stamp({*row.created_at, *row.created_at, *row.created_at, BootTime{}});
  });
  if (!loaded) stop(loaded.error().message);
  if (listings.empty()) stop("no rows");
  return listings;
}

/// Renews random rows for `seconds`; returns how many.
size_t renew(Store& store, const std::vector<ListingDraft>& listings, double seconds) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + std::chrono::duration<double>(seconds);
  std::mt19937 random(1);
  std::uniform_int_distribution<size_t> any(0, listings.size() - 1);
  size_t rows = 0;
  while (steady_clock::now() < end) {
    const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    std::vector<Change> batch;
    for (size_t i = 0; i < kBatch; ++i) {
      const ListingDraft& listing = listings[any(random)];
      listing->stamp({listing->created(), now, now, BootTime{}});
      batch.push_back({.listing = listing});
    }
    if (auto applied = store.apply(batch); !applied) stop(applied.error().message);
    rows += kBatch;
  }
  return rows;
}

}  // namespace
}  // namespace discovery

int main(int argc, char** argv) {
  using namespace discovery;
  if (argc != 3) stop("usage: store_cost FILE SECONDS");
  auto store = open_sqlite(argv[1]);
  if (!store) stop(store.error().message);
  const auto listings = load(**store);
  const double before = cpu_seconds();
  const size_t rows = renew(**store, listings, std::atof(argv[2]));
  const double cost = (cpu_seconds() - before) / static_cast<double>(rows);
  std::printf(R"({"rows":%zu,"cpu_us_per_row":%.3f})"
              "\n",
              rows, cost * 1e6);
}

// The store alone: rows per second, commit latency, stalls at a steady pace, and the time to load.
//
//   store_bench [directory] [seconds per figure]
//
// Every row changes (its times differ) and is picked at random: SQLite skips writes that change
// nothing, and neighbouring rows share pages.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/store.h"

namespace discovery {
namespace {

using Steady = std::chrono::steady_clock;
namespace fs = std::filesystem;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

[[noreturn]] void stop(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

class Latencies {
 public:
  void add(double seconds) { seconds_.push_back(seconds); }
  void print(const char* what) {
    std::sort(seconds_.begin(), seconds_.end());
    std::printf("%-34s p50 %7.3f ms  p99 %7.3f ms  p99.9 %7.3f ms  max %7.3f ms\n", what,
                quantile(0.5), quantile(0.99), quantile(0.999), seconds_.back() * 1e3);
  }

 private:
  double quantile(double share) const {
    return seconds_[static_cast<size_t>(share * static_cast<double>(seconds_.size() - 1))] * 1e3;
  }
  std::vector<double> seconds_;
};

/// Advertisements of about 560 rendered bytes, by the ids of Ethereum addresses.
class Load {
 public:
  explicit Load(size_t providers) : providers_(providers) {}

  Change change(size_t provider) {
    Advertisement advertisement;
    char id[43];
    // An odd factor keeps the ids apart and scatters them over the index.
    std::snprintf(id, sizeof id, "0x%016llx%024zx",
                  static_cast<unsigned long long>(provider * 0x9e3779b97f4a7c15), provider);
    advertisement.provider_id = id;
    advertisement.ip_address = "83.233.10.2";
    advertisement.country = static_cast<Country>(provider % kCountryCount);
    advertisement.platform = "x86_64";
    advertisement.sizes = {4, 8, 100};
    advertisement.resources_json = R"({"cpu": 4, "memory": 8, "storage": 100})";
    advertisement.pricing_json =
        R"({"usd_per_core_month": 6.0, "usd_per_gb_ram_month": 2.5, )"
        R"("usd_per_gb_storage_month": 0.12, "glm_per_core_month": 12.0, )"
        R"("glm_per_gb_ram_month": 5.0, "glm_per_gb_storage_month": 0.24})";
    auto draft = Listing::draft(advertisement);
    time_ += Duration(1);
    draft->stamp({time_, time_, time_, BootTime{}});
    return {.listing = std::move(draft)};
  }

  std::vector<Change> random_batch(size_t size) {
    std::vector<Change> batch;
    batch.reserve(size);
    for (size_t i = 0; i < size; ++i) batch.push_back(change(random_() % providers_));
    return batch;
  }

  size_t providers() const { return providers_; }

 private:
  size_t providers_;
  std::mt19937_64 random_{1};
  WallTime time_ = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
};

class Bench {
 public:
  Bench(std::string directory, size_t providers, double seconds)
      : path_(directory + "/store_bench.db"), load_(providers), seconds_(seconds) {
    remove_files();
    open();
  }
  ~Bench() {
    store_.reset();
    remove_files();
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void fill() {
    const auto start = Steady::now();
    constexpr size_t kBatch = 10'000;
    for (size_t done = 0; done < load_.providers(); done += kBatch) {
      std::vector<Change> batch;
      for (size_t i = done; i < std::min(done + kBatch, load_.providers()); ++i) {
        batch.push_back(load_.change(i));
      }
      apply(batch);
    }
    // The figures to come must not begin with the log that the filling left.
    store_.reset();
    open();
    std::printf("\n%zu providers, filled in %.1f s\n", load_.providers(), seconds_since(start));
  }

  void rows_per_second(size_t batch_size) {
    double in_store = 0;
    size_t rows = 0;
    Latencies latencies;
    while (in_store < seconds_) {
      const double took = apply(load_.random_batch(batch_size));
      in_store += took;
      rows += batch_size;
      latencies.add(took);
    }
    std::printf("%7.0f rows/s  ", static_cast<double>(rows) / in_store);
    latencies.print(("batches of " + std::to_string(batch_size)).c_str());
  }

  /// One row at a time beside a bare append and sync, turn by turn, so that both see the same disk.
  void commit_latency() {
    const int file = ::open(log_path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) stop("cannot open " + log_path());
    const std::vector<char> page(4096, 'x');
    Latencies bare;
    Latencies commits;
    for (const auto start = Steady::now(); seconds_since(start) < seconds_;) {
      const auto before = Steady::now();
      if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) stop("no sync");
      bare.add(seconds_since(before));
      commits.add(apply(load_.random_batch(1)));
    }
    ::close(file);
    bare.print("append 4 KiB and fdatasync");
    commits.print("commit of one row");
  }

  /// What a board sees at a steady rate of posts: how long each apply keeps the writer.
  void paced(size_t rows_per_second, size_t batch_size) {
    const auto pace = std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(
        static_cast<double>(batch_size) / static_cast<double>(rows_per_second)));
    Latencies latencies;
    uintmax_t log_bytes_max = 0;
    const auto start = Steady::now();
    for (auto due = start; seconds_since(start) < 5 * seconds_; due += pace) {
      const auto batch = load_.random_batch(batch_size);
      std::this_thread::sleep_until(due);
      latencies.add(apply(batch));
      log_bytes_max = std::max(log_bytes_max, log_bytes());
    }
    latencies.print(
        ("paced, " + std::to_string(rows_per_second) + " rows/s by " + std::to_string(batch_size))
            .c_str());
    std::printf("  log at most %.1f MB\n", static_cast<double>(log_bytes_max) / 1e6);
  }

  void load() {
    store_.reset();
    const auto start = Steady::now();
    open();
    std::atomic<size_t> rows{0};
    const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
    const auto loaded = store_->load(threads, [&](unsigned, const StoredRow&) { ++rows; });
    if (!loaded) stop(loaded.error().message);
    std::printf("load of %zu rows on %u threads: %.2f s\n", rows.load(), threads,
                seconds_since(start));
  }

 private:
  std::string log_path() const { return path_ + ".sync"; }

  uintmax_t log_bytes() const {
    std::error_code error;
    const auto bytes = fs::file_size(path_ + "-wal", error);
    return error ? 0 : bytes;
  }

  void open() {
    auto store = open_sqlite(path_);
    if (!store) stop(store.error().message);
    store_ = *std::move(store);
  }

  double apply(const std::vector<Change>& batch) {
    const auto start = Steady::now();
    if (auto applied = store_->apply(batch); !applied) stop(applied.error().message);
    return seconds_since(start);
  }

  void remove_files() const {
    for (const auto* suffix : {"", "-wal", "-shm", ".sync"}) fs::remove(path_ + suffix);
  }

  std::string path_;
  Load load_;
  double seconds_;
  std::unique_ptr<Store> store_;
};

void measure(const std::string& directory, size_t providers, double seconds) {
  Bench bench(directory, providers, seconds);
  bench.fill();
  for (const size_t batch : {1, 16, 128, 256, 1024}) bench.rows_per_second(batch);
  bench.commit_latency();
  bench.paced(5'000, 25);
  bench.paced(5'000, 5);
  bench.load();
}

}  // namespace
}  // namespace discovery

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : ".";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 2.0;
  for (const size_t providers : {10'000, 1'000'000}) {
    discovery::measure(directory, providers, seconds);
  }
}

// A Store in memory whose faults are at a test's command. Thread-safe: a test may turn the switches
// while the writer is at work.
#pragma once

#include <condition_variable>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "store/store.h"

namespace discovery {

class MemoryStore final : public Store {
 public:
  struct Row {
    std::string provider_id, provider_name, ip_address, country, platform, network,
        payments_network, resources, pricing;
    std::optional<WallTime> created_at, updated_at;
  };
  using Rows = std::map<std::string, Row>;

  /// As many of the applies to come fail with `code`, and change nothing.
  void fail_next(size_t applies, Code code) {
    MutexLock lock(mutex_);
    failures_ = applies;
    failure_ = code;
  }
  /// Every apply fails until heal().
  void fail_always(Code code) { fail_next(SIZE_MAX, code); }
  void heal() { fail_next(0, Code::internal); }

  /// Every load fails after having shown `rows` rows.
  void fail_load_after(size_t rows) {
    MutexLock lock(mutex_);
    load_limit_ = rows;
  }

  /// Applies wait, as on a slow disk, from pause() to resume().
  void pause() {
    MutexLock lock(mutex_);
    paused_ = true;
  }
  void resume() {
    MutexLock lock(mutex_);
    paused_ = false;
    resumed_.notify_all();
  }

  /// Puts a row in as another program would have written it.
  void put(Row row) {
    MutexLock lock(mutex_);
    std::string id = row.provider_id;
    rows_.insert_or_assign(std::move(id), std::move(row));
  }

  Rows rows() const {
    MutexLock lock(mutex_);
    return rows_;
  }
  /// The number of changes in each apply, those that failed included.
  std::vector<size_t> batches() const {
    MutexLock lock(mutex_);
    return batches_;
  }

  Status load(unsigned, const RowSink& sink) override {
    size_t shown = 0;
    std::optional<size_t> limit;
    {
      MutexLock lock(mutex_);
      limit = load_limit_;
    }
    for (const auto& [id, row] : rows()) {
      if (limit == shown++) return fail(Code::internal, "memory: cannot load");
      sink(0, view_of(row));
    }
    return {};
  }

  Status apply(std::span<const Change> changes) override {
    MutexLock lock(mutex_);
    batches_.push_back(changes.size());
    while (paused_) resumed_.wait(mutex_);
    if (failures_ > 0) {
      if (failures_ != SIZE_MAX) --failures_;
      return fail(failure_, "memory: told to fail");
    }
    for (const Change& change : changes) {
      if (change.listing) {
        rows_.insert_or_assign(std::string(change.listing->provider_id()), row_of(*change.listing));
      } else {
        rows_.erase(change.provider_id);
      }
    }
    return {};
  }

  std::string description() const override { return "memory"; }

 private:
  static Row row_of(const Listing& listing) {
    Row row;
    row.provider_id = listing.provider_id();
    row.provider_name = listing.provider_name();
    row.ip_address = listing.ip_address();
    row.country = country_code(listing.country());
    row.platform = listing.platform();
    row.network = listing.network();
    row.payments_network = listing.payments_network();
    row.resources = listing.resources_json();
    row.pricing = listing.pricing_json();
    row.created_at = listing.created();
    row.updated_at = listing.updated();
    return row;
  }

  static StoredRow view_of(const Row& row) {
    return {row.provider_id, row.provider_name, row.ip_address,       row.country,
            row.platform,    row.network,       row.payments_network, row.resources,
            row.pricing,     row.created_at,    row.updated_at};
  }

  mutable Mutex mutex_;
  std::condition_variable_any resumed_;
  Rows rows_ GUARDED_BY(mutex_);
  std::vector<size_t> batches_ GUARDED_BY(mutex_);
  size_t failures_ GUARDED_BY(mutex_) = 0;
  Code failure_ GUARDED_BY(mutex_) = Code::internal;
  std::optional<size_t> load_limit_ GUARDED_BY(mutex_);
  bool paused_ GUARDED_BY(mutex_) = false;
};

}  // namespace discovery

// A Store in memory whose faults are at a test's command. Thread-safe: a test may turn the switches
// while the writer is at work.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/mutex.h"
#include "store/store.h"

namespace discovery {

class MemoryStore final : public Store {
 public:
  struct Row {
    std::string provider_id, provider_name, ip_address, country, platform, network,
        payments_network, resources, pricing;
    std::optional<WallTime> created_at, updated_at;
    std::optional<int64_t> proof_ms = std::nullopt;
    bool verified = false;
    bool operator==(const Row&) const = default;
  };
  using Rows = std::map<std::string, Row>;

  /// As many of the applies of changes to come fail with `code`, and change nothing.
  void fail_next(size_t applies, Code code) {
    MutexLock lock(mutex_);
    failures_ = applies;
    failure_ = code;
  }
  /// The same for keep().
  void fail_next_keeps(size_t keeps, Code code) {
    MutexLock lock(mutex_);
    keep_failures_ = keeps;
    failure_ = code;
  }
  /// And for applies without changes, as where a disk has room for some changes but not for all.
  void fail_next_probes(size_t probes, Code code) {
    MutexLock lock(mutex_);
    probe_failures_ = probes;
    failure_ = code;
  }
  /// All of them fail until heal().
  void fail_always(Code code) {
    fail_next(SIZE_MAX, code);
    fail_next_keeps(SIZE_MAX, code);
    fail_next_probes(SIZE_MAX, code);
  }
  void heal() {
    fail_next(0, Code::internal);
    fail_next_keeps(0, Code::internal);
    fail_next_probes(0, Code::internal);
  }

  /// Applies that change one of these providers' rows fail with `code`, and change nothing.
  void refuse(std::set<std::string> ids, Code code) {
    MutexLock lock(mutex_);
    refused_ = std::move(ids);
    refusal_ = code;
  }

  /// As many calls to come that write or look something up run out of memory.
  void throw_next(size_t calls) {
    MutexLock lock(mutex_);
    throws_ = calls;
  }

  /// Every load fails after having shown `rows` rows.
  void fail_load_after(size_t rows) {
    MutexLock lock(mutex_);
    load_limit_ = rows;
  }

  /// Applies and keeps wait, as on a slow disk, from pause() to resume().
  void pause() {
    MutexLock lock(mutex_);
    paused_ = true;
  }
  void resume() {
    MutexLock lock(mutex_);
    paused_ = false;
    resumed_.notify_all();
  }

  /// Puts a row in as another program would have written it. There is no proof of it to read.
  void put(Row row) {
    MutexLock lock(mutex_);
    std::string id = row.provider_id;
    proofs_.erase(id);
    rows_.insert_or_assign(std::move(id), std::move(row));
    if (!log_.empty()) revision_ = log_.back().revision;
    log_.clear();
    epochs_.clear();
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

  Status load(const RowSink& sink) override {
    size_t shown = 0;
    std::optional<size_t> limit;
    {
      MutexLock lock(mutex_);
      limit = load_limit_;
    }
    for (const auto& [id, row] : rows()) {
      if (limit == shown++) return fail(Code::internal, "memory: cannot load");
      sink(view_of(row));
    }
    return {};
  }

  Status load_pins(const PinSink& sink) override {
    std::map<std::string, int64_t> pins;
    {
      MutexLock lock(mutex_);
      pins = pins_;
    }
    for (const auto& [id, pin_ms] : pins) sink(id, pin_ms);
    return {};
  }

  Result<std::vector<Run>> load_runs() override {
    MutexLock lock(mutex_);
    std::vector<Run> runs;
    for (const auto& [started, alive] : runs_) runs.push_back({started, alive});
    return runs;
  }

  Status check() override { return {}; }
  std::optional<size_t> refused() const override {
    MutexLock lock(mutex_);
    return refused_at_;
  }
  Status apply(std::span<const Change> changes) override {
    MutexLock lock(mutex_);
    batches_.push_back(changes.size());
    refused_at_.reset();
    const auto written = write(changes.empty() ? probe_failures_ : failures_);
    if (!written) return written;
    for (size_t i = 0; i < changes.size(); ++i) {
      if (!refused_.contains(id_of(changes[i]))) continue;
      refused_at_ = i;
      return fail(refusal_, "memory: refuses this one");
    }
    for (const Change& change : changes) make(change);
    if (log_.size() > limits::kLoggedChanges)
      log_.erase(log_.begin(), log_.end() - limits::kLoggedChanges);
    return {};
  }

  Result<ChangeLogState> open_epoch(uint64_t number) override {
    MutexLock lock(mutex_);
    if (!log_.empty()) revision_ = log_.back().revision;
    epochs_.push_back({number, revision_});
    return ChangeLogState{revision_, epochs_, log_};
  }

  Status keep(const Upkeep& upkeep) override {
    MutexLock lock(mutex_);
    if (auto written = write(keep_failures_); !written) return written;
    runs_[upkeep.run.started] = upkeep.run.alive;
    for (const RefusalNote& note : upkeep.refusals) {
      refusals_.insert_or_assign(note.provider_id, note);
    }
    for (const std::string& id : upkeep.forgotten_pins) pins_.erase(id);
    const WallTime before = upkeep.forget_before;
    std::erase_if(histories_, [&](const auto& entry) { return entry.second.last_seen < before; });
    std::erase_if(refusals_, [&](const auto& entry) { return entry.second.time < before; });
    std::erase_if(runs_, [&](const auto& entry) { return entry.second < before; });
    return {};
  }

  Result<std::optional<History>> history(std::string_view provider_id) override {
    return find(&MemoryStore::histories_, provider_id);
  }

  Result<std::unique_ptr<StoreReader>> open_reader() override {
    return std::unique_ptr<StoreReader>(std::make_unique<Reader>(*this));
  }

  std::string description() const override { return "memory"; }

 private:
  class Reader final : public StoreReader {
   public:
    explicit Reader(MemoryStore& store) : store_(store) {}
    Result<std::optional<Proof>> proof(std::string_view provider_id) override {
      return store_.find(&MemoryStore::proofs_, provider_id);
    }
    Result<std::optional<History>> history(std::string_view provider_id) override {
      return store_.history(provider_id);
    }
    Result<std::optional<RefusalNote>> refusal(std::string_view provider_id) override {
      return store_.find(&MemoryStore::refusals_, provider_id);
    }

   private:
    MemoryStore& store_;
  };

  /// What stands between a caller and its write: a slow disk, and `failures` to come.
  Status write(size_t& failures) REQUIRES(mutex_) {
    while (paused_) resumed_.wait(mutex_);
    throw_if_told();
    if (failures == 0) return {};
    if (failures != SIZE_MAX) --failures;
    return fail(failure_, "memory: told to fail");
  }

  void throw_if_told() const REQUIRES(mutex_) {
    if (throws_ == 0) return;
    --throws_;
    throw std::bad_alloc();
  }

  static std::optional<History::State> departure_of(const Change& change) {
    if (change.listing) return std::nullopt;
    return change.history ? change.history->state : History::State::expired;
  }

  static std::string id_of(const Change& change) {
    return std::string(change.listing ? change.listing->provider_id() : change.provider_id);
  }

  void make(const Change& change) REQUIRES(mutex_) {
    const std::string id = id_of(change);
    rows_.erase(id);
    proofs_.erase(id);
    if (change.listing) {
      Row& row = rows_[id] = row_of(*change.listing);
      if (change.proof) {
        row.proof_ms = change.proof->time_ms;
        row.verified = true;
        proofs_[id] = *change.proof;
      }
    }
    if (change.history) histories_[change.history->provider_id] = *change.history;
    if (change.revision != 0) {
      log_.push_back({change.revision, id, departure_of(change)});
    }
    if (change.pin_ms) pins_[id] = std::max(pins_.try_emplace(id).first->second, *change.pin_ms);
  }

  template <class Value>
  std::optional<Value> find(std::map<std::string, Value> MemoryStore::*values,
                            std::string_view provider_id) const {
    MutexLock lock(mutex_);
    throw_if_told();
    const auto at = (this->*values).find(std::string(provider_id));
    if (at == (this->*values).end()) return std::nullopt;
    return at->second;
  }

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
    return {row.provider_id, row.provider_name,    row.ip_address, row.country, row.platform,
            row.network,     row.payments_network, row.resources,  row.pricing, row.created_at,
            row.updated_at,  row.proof_ms,         row.verified};
  }

  mutable Mutex mutex_;
  std::condition_variable_any resumed_;
  Rows rows_ GUARDED_BY(mutex_);
  std::map<std::string, Proof> proofs_ GUARDED_BY(mutex_);
  std::map<std::string, int64_t> pins_ GUARDED_BY(mutex_);
  std::map<std::string, History> histories_ GUARDED_BY(mutex_);
  std::map<std::string, RefusalNote> refusals_ GUARDED_BY(mutex_);
  std::map<WallTime, WallTime> runs_ GUARDED_BY(mutex_);  // when each was last known to be alive
  std::vector<size_t> batches_ GUARDED_BY(mutex_);
  uint64_t revision_ GUARDED_BY(mutex_) = 0;
  std::vector<Epoch> epochs_ GUARDED_BY(mutex_);
  std::vector<LoggedChange> log_ GUARDED_BY(mutex_);
  size_t failures_ GUARDED_BY(mutex_) = 0;
  size_t keep_failures_ GUARDED_BY(mutex_) = 0;
  size_t probe_failures_ GUARDED_BY(mutex_) = 0;
  mutable size_t throws_ GUARDED_BY(mutex_) = 0;
  Code failure_ GUARDED_BY(mutex_) = Code::internal;
  std::set<std::string> refused_ GUARDED_BY(mutex_);
  Code refusal_ GUARDED_BY(mutex_) = Code::internal;
  std::optional<size_t> refused_at_ GUARDED_BY(mutex_);
  std::optional<size_t> load_limit_ GUARDED_BY(mutex_);
  bool paused_ GUARDED_BY(mutex_) = false;
};

}  // namespace discovery

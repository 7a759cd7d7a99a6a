// Answers from the disk, on a thread of its own: what is too seldom asked for to be kept in memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "board/board.h"
#include "store/store.h"

namespace discovery {

/// Why a provider is (not) listed: contract, section 1, GET /api/v1/providers/{id}.
struct ProviderRecord {
  enum class State : uint8_t { live, expired, withdrawn };
  std::optional<State> state;  // empty: never accepted, and only known by a refusal
  std::optional<WallTime> first_seen, last_seen;
  std::optional<WallTime> expires_at;  // of a live one
  // The share of the time since first_seen and within the last 1, 7 and 30 days that it was listed,
  // 0 to 1, the board's own downtime left out; empty where there is no such time. Each stretch of
  // days begins with a full hour.
  std::optional<double> listed_1d, listed_7d, listed_30d;
  std::optional<RefusalNote> last_refusal;
  uint64_t unsigned_refusals = 0;
};

class Archive {
 public:
  /// Starts the thread. All three must outlive it.
  static Result<std::unique_ptr<Archive>> start(Store& store, Board& board, const Clock& clock);
  /// Drops what is still queued.
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  /// An empty optional: no such proof, or provider; an error: the store cannot be read. Called
  /// back once, through `executor`, and destroyed there. Code::busy at once where
  /// the queue is full; nothing is called back then. Thread-safe.
  using ProofAnswer = std::function<void(const Result<std::optional<Proof>>& proof)>;
  Status find_proof(std::string provider_id, Executor& executor, ProofAnswer answer);
  using RecordAnswer = std::function<void(const Result<std::optional<ProviderRecord>>& record)>;
  Status find_provider(std::string provider_id, Executor& executor, RecordAnswer answer);

 private:
  using Job = std::function<void(StoreReader& reader)>;

  Archive(std::unique_ptr<StoreReader> reader, Board& board, const Clock& clock);
  /// `find` finds in the store what `answer` is called back with.
  template <class Answer, class Find>
  Status enqueue(Executor& executor, Answer answer, Find find);
  void run();
  std::optional<Job> next_job();
  /// Before another try; false: stopping.
  bool pause();
  Result<std::optional<ProviderRecord>> record_of(StoreReader& reader,
                                                  const std::string& provider_id);

  Board& board_;
  const Clock& clock_;
  const std::unique_ptr<StoreReader> reader_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace discovery

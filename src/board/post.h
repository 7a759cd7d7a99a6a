// Requests to change the board: posts, withdrawals, and how their outcomes are delivered.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ip_address.h"
#include "base/limits.h"
#include "identity/signature.h"
#include "listing/listing.h"
#include "store/store.h"

namespace discovery {

/// A post on its way to the board; the draft is verified exactly if there is a proof.
struct Post {
  ListingDraft draft;
  ProofPtr proof = nullptr;
  std::optional<IpAddress> client = std::nullopt;  // charged where the provider is new
};

struct Withdrawal {
  std::string provider_id;                        // canonical
  std::optional<int64_t> time_ms = std::nullopt;  // of its verified signature
};

enum class Refusal {
  not_found,     // nothing live to withdraw
  pinned,        // unsigned, and the provider has signed before
  stale,         // signed at a time that is not newer than the last accepted one
  too_many_new,  // the address has introduced as many new providers as it may for now
  full,          // the board has as many providers as it may
  pins_full,     // as many keys have signed as it can remember
  busy,          // the store did not take it in time
  failed,        // the store takes others, but not this one
};

/// What became of a post or a withdrawal. `listing` is the stored advertisement of an accepted
/// post.
struct Outcome {
  std::optional<Refusal> refusal = std::nullopt;
  ListingPtr listing = nullptr;
  int64_t last_time_ms = 0;  // stale: what it would have to be newer than
  Duration retry_after{};    // too_many_new: when the address may introduce another
};

/// Receives an Outcome: called exactly once, on the thread of its Executor.
class Completion {
 public:
  virtual ~Completion() = default;
  virtual void complete(const Outcome& outcome) = 0;
};

/// Where an outcome is delivered.
struct ReplyTo {
  Executor* executor = nullptr;
  std::shared_ptr<Completion> completion;
};

struct BoardOptions {
  Duration lease = std::chrono::minutes{5};
  Duration outage_credit = std::chrono::minutes{10};  // the most that a lease stands still
  Duration clean_up_interval = std::chrono::seconds{60};
  TimeWindow signature_window = {};
  Duration hold = limits::kPostHold;  // how long a post may wait for the store
  size_t providers_max = 2'000'000;
  size_t pins_max = 8'000'000;  // keys that have ever posted; others can no longer be verified
  uint32_t new_providers_per_hour = 600;  // new providers of one address (IPv6: /48); 0: no limit
  size_t queue_max = limits::kWriteQueue;
  size_t batch_max = limits::kBatch;
  uint64_t seed = 0;  // keys the hash of provider ids
};

}  // namespace discovery

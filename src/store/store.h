// Where the board is kept: durable, all or nothing, without an opinion on what a change means.
//
// A Store is called by the writer thread only (and by the loading thread before there is a writer);
// its readers work beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/revision.h"
#include "listing/listing.h"

namespace discovery {

/// What a verified advertisement rests on. It can be checked without trusting this board.
struct Proof {
  int64_t time_ms = 0;    // the signature's own
  std::string text;       // exactly what was signed
  std::string signature;  // in hex, as sent
  std::string body;       // the bytes whose hash the text names
};
using ProofPtr = std::shared_ptr<const Proof>;

/// What is remembered of a provider's time on the board up to its last departure.
struct History {
  enum class State : uint8_t { expired, withdrawn };
  std::string provider_id;  // canonical
  State state = State::expired;
  WallTime first_seen{};  // the first and the last accepted post
  WallTime last_seen{};
  std::string listed;  // ListedHours::encode(); the store does not read it
};

/// Why a provider's last refused post was refused.
struct RefusalNote {
  std::string provider_id;  // canonical
  WallTime time{};
  std::string code;
  std::string message;
};

/// Puts `listing` in place of whatever its provider has, or, where that is null, removes the row of
/// `provider_id` (as it stands in the file, canonical or not; empty: no row is touched). Removing
/// what is not there is no error. The rest goes with it.
struct Change {
  ListingPtr listing = nullptr;
  std::string provider_id = {};
  ProofPtr proof = nullptr;  // of a verified listing; null: the row's own goes
  std::shared_ptr<const History> history = nullptr;  // replaces what is remembered of that provider
  std::optional<int64_t> pin_ms = std::nullopt;  // the newest time this provider's key has signed
  /// Set where more changes than the times: logged under this number, greater than all before; of
  /// one apply() each is one more than the last. A departure has its history.
  Revision revision = 0;
};

/// A change as the log has it: what became of the provider, but not what it showed.
struct LoggedChange {
  Revision revision = 0;
  std::string provider_id;                  // canonical
  std::optional<History::State> departure;  // empty: it was listed
  bool operator==(const LoggedChange&) const = default;
};

/// One life of the log, between two starts.
struct Epoch {
  uint64_t number = 0;
  Revision first = 0;  // the last revision before it
  bool operator==(const Epoch&) const = default;
};

/// What the store knows of earlier changes.
struct ChangeLogState {
  Revision revision = 0;          // the last that was ever durable
  std::vector<Epoch> epochs;      // oldest first; the last is the present one
  std::vector<LoggedChange> log;  // in order, up to limits::kLoggedChanges
};

/// One row as found. Views hold for the call only. NULL columns are empty.
struct StoredRow {
  std::string_view provider_id, provider_name, ip_address, country, platform, network,
      payments_network, resources, pricing;
  std::optional<WallTime> created_at, updated_at;  // empty: not a time
  std::optional<int64_t> proof_ms;                 // the time of the proof that lies beside the row
  bool verified = false;  // and that proof is of these very values and times
};

/// One run of the server on this store, as far as it is known: after a crash `alive` is a little
/// early.
struct Run {
  WallTime started{};
  WallTime alive{};
};

/// What is written now and then, besides the changes.
struct Upkeep {
  Run run = {};                                // the present one
  std::span<const RefusalNote> refusals = {};  // each in place of its provider's former one
  WallTime forget_before{};                    // history, refusals and runs that end earlier may go
  std::span<const std::string> forgotten_pins = {};  // ids of providers whose pins go
};

/// Reads beside the writer what was last committed. Used by one thread at a time.
class StoreReader {
 public:
  virtual ~StoreReader() = default;
  /// Empty where the provider's row rests on none, or has been changed by another program since.
  virtual Result<std::optional<Proof>> proof(std::string_view provider_id) = 0;
  virtual Result<std::optional<History>> history(std::string_view provider_id) = 0;
  virtual Result<std::optional<RefusalNote>> refusal(std::string_view provider_id) = 0;
};

/// Whether a fault of the store may pass by itself or by an operator's hand, so that it is worth
/// trying again.
constexpr bool may_pass(Code code) {
  return code == Code::busy || code == Code::full || code == Code::unavailable ||
         code == Code::out_of_memory;
}

class Store {
 public:
  virtual ~Store() = default;

  /// Shows every row once, in no order.
  using RowSink = std::function<void(const StoredRow& row)>;
  virtual Status load(const RowSink& sink) = 0;

  /// Shows the last `pin_ms` of each provider that ever had one, in no order. Where a row has a
  /// newer `proof_ms`, that counts. Where pins are damaged the store takes no writes from then on.
  using PinSink = std::function<void(std::string_view provider_id, int64_t pin_ms)>;
  virtual Status load_pins(const PinSink& sink) = 0;

  /// The runs before this one that are neither forgotten nor damaged, oldest first.
  virtual Result<std::vector<Run>> load_runs() = 0;

  /// Makes all changes, in their order, durable as one: on success they survive kill -9 and power
  /// loss, on failure nothing has changed. Where may_pass(): worth trying again; Code::invalid: the
  /// file is damaged; Code::internal: another fault. Damage to the
  /// histories, or to the log, costs these, and nothing else. None at all is a probe of whether the
  /// store takes writes: as much as a post may need is really written, and removed again.
  virtual Status apply(std::span<const Change> changes) = 0;
  /// Which of them the last apply() failed at, if the fault may be that change's alone: one that is
  /// not may_pass(), and met before the end of the transaction.
  virtual std::optional<size_t> refused() const = 0;

  /// Whether what is written is still where the next start will look for it. Cheap. Codes as of
  /// apply(), which checks it as well.
  virtual Status check() = 0;

  /// Begins an epoch of this number, a random one, and shows the log that it goes on
  /// from. Where another program has changed the rows since the last apply(), or the log is
  /// damaged, log and epochs before this one are forgotten, as they are no longer complete. After
  /// load(), before any apply() that logs; durable once there is room for it.
  virtual Result<ChangeLogState> open_epoch(uint64_t number) = 0;

  /// Durable, too; first the run and the pins, and then the rest. What is damaged is left out.
  /// Forgets in bounded steps, and beyond a bound the oldest first: what is
  /// remembered of departed providers and of refusals never outgrows limits::kHistories each.
  virtual Status keep(const Upkeep& upkeep) = 0;

  /// What is remembered of a provider as of the last apply().
  virtual Result<std::optional<History>> history(std::string_view provider_id) = 0;

  /// A reader for another thread; it must be gone before the store is. Thread-safe.
  virtual Result<std::unique_ptr<StoreReader>> open_reader() = 0;

  /// What stands in the log line of a start: "sqlite /path/discovery.db".
  virtual std::string description() const = 0;
};

/// Opens or creates the database at `path` (":memory:" for one that dies with the process), adds
/// the columns and tables that are missing, and holds the file against a second server until
/// destroyed. Where the file can be read but not written, as on a full or read-only disk or after a
/// newer version of this server, the store shows what it holds, and is opened for writing once that
/// succeeds. Code::conflict: another server holds it; Code::invalid: not such a database, or a
/// damaged one; Code::busy: another program holds a write transaction; other codes: it cannot be
/// opened. The message names the path.
Result<std::unique_ptr<Store>> open_sqlite(const std::string& path);

}  // namespace discovery

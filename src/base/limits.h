// Every limit of the service that is no setting, in one place (contract, section 4). What one field
// of an advertisement may hold stands in advertisement/advertisement.h; bounds of settings in
// server/config/.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace discovery::limits {

// A request.
inline constexpr size_t kHeadBytes = 16 * 1024;  // with the empty line that ends it
inline constexpr size_t kTargetBytes = 8 * 1024;
inline constexpr size_t kBodyBytes = 16 * 1024;
inline constexpr uint32_t kBlankLines = 8;        // skipped before a request
inline constexpr size_t kNestingLevels = 16;      // of JSON
inline constexpr size_t kBodyFaults = 64;         // reported of one body
inline constexpr size_t kSignatureBytes = 1'024;  // of the header
inline constexpr size_t kExpressionBytes = 1'024;
inline constexpr size_t kExpressionTerms = 32;
inline constexpr size_t kExpressionLevels = 16;

// A connection.
inline constexpr std::chrono::seconds kIdleTimeout{75};
inline constexpr std::chrono::seconds kHeadTimeout{10};
inline constexpr std::chrono::seconds kBodyTimeout{10};
inline constexpr std::chrono::seconds kWriteTimeout{30};  // in which nothing is taken
inline constexpr std::chrono::seconds kLingerTimeout{2};  // for a last answer to arrive
inline constexpr uint32_t kDiscardedBytes = 256 * 1024;   // read meanwhile
/// How many are being refused at a time, at most, beside so many that are served.
constexpr size_t refused_connections(size_t served) {
  return std::clamp<size_t>(served / 8, 8, 256);
}
inline constexpr size_t kOwnConnections = 16;                 // further ones, of the machine itself
inline constexpr size_t kConnectionBytes = 56 * 1024 * 1024;  // read in part or unsent, of all

// An answer.
inline constexpr size_t kWalkPiece = 1'000;         // listings found at a time for a list of all
inline constexpr uint64_t kSearchWork = 1'000'000;  // of one question: steps of about 50 ns
inline constexpr std::chrono::milliseconds kSearchTime{40};  // of one question, or piece of a walk
inline constexpr size_t kKeptPageBytes = 24 * 1024 * 1024;   // compressed, of each thread
inline constexpr size_t kGzipBytesPerSecond = 32 * 1024 * 1024;  // likewise
inline constexpr size_t kJoinedListBytes = 64 * 1024;            // longer lists are streamed
inline constexpr size_t kStatsPlatforms = 100;

// Rates.
inline constexpr uint32_t kFailedVerificationsPerMinute = 600;  // of an address
inline constexpr uint32_t kProviderPostsPerMinute = 60;         // of a provider that signs
inline constexpr std::chrono::milliseconds kWorkPerRead{30};    // of an address, on the average
inline constexpr std::chrono::milliseconds kForeseenWork{10};   // of a read that has to wait
inline constexpr std::chrono::seconds kWorkAtOnce{1};           // of an address, if it took none
inline constexpr std::chrono::milliseconds kWorkTurn{20};       // and then others have as long
inline constexpr size_t kBytesSentPerMicrosecond = 2'500;       // charged as work of long answers
inline constexpr std::chrono::seconds kReadWait{10};            // of a read over that limit
inline constexpr std::chrono::seconds kWriteWait{10};           // of a post over the rate limit
inline constexpr uint32_t kPinnedPostsPerWrite = 20;  // of an address, for each write it may send
inline constexpr uint32_t kWaitingWritesPerAddress = 16;     // at a time
inline constexpr size_t kWaitingRequests = 4'096;            // likewise, of all addresses
inline constexpr size_t kRateLimitAddresses = 1'000'000;     // remembered
inline constexpr uint32_t kNewProvidersPerRequestLimit = 6;  // an hour, for each request a minute
inline constexpr size_t kNewProviderNetworks = 1'000'000;    // remembered

// The board.
inline constexpr std::chrono::seconds kPostHold{10};  // what waits for the store
inline constexpr std::chrono::seconds kLoadWait{10};  // of a read while the board is being loaded
inline constexpr size_t kWriteQueue = 65'536;
inline constexpr size_t kBatch = 1'024;
inline constexpr size_t kRemovalsPerBatch = 256;  // few enough that no post waits long behind them
inline constexpr size_t kExtensionsPerBatch = 1'024;
inline constexpr size_t kPinsPerProvider = 4;     // keys that have ever posted
inline constexpr size_t kForgottenPins = 1'024;   // at a time, where they are full
inline constexpr size_t kRefusalNotes = 10'000;   // of known providers, and of unknown ones
inline constexpr size_t kStoredRefusals = 1'000;  // written down at a time
inline constexpr size_t kLookupQueue = 1'024;     // of questions that the store answers

// A stream of changes.
inline constexpr size_t kStreamQueueBytes = 1024 * 1024;
inline constexpr size_t kStreamRefreshes = 65'536;  // noted while a snapshot is being taken
inline constexpr size_t kFanoutEvents = 65'536;     // that wait on a thread for its streams
inline constexpr size_t kChangesAtOnce = 1'024;     // looked at for a stream that goes on
// After either a stream with nothing queued is sent a bookmark. The log holds four times as many
// changes as pass between two of them.
inline constexpr std::chrono::seconds kStreamSilence{15};
inline constexpr uint64_t kStreamBookmarkRevisions = 16'384;

// The store.
inline constexpr size_t kLoggedChanges = 65'536;
inline constexpr size_t kEpochs = 1'000;
inline constexpr size_t kHistories = 4'000'000;

// The process.
// A stop takes 5 s at most: the last two are for closing the store and for the log.
inline constexpr std::chrono::seconds kDrainTimeout{3};       // what is in flight at SIGTERM
inline constexpr std::chrono::seconds kUnfinishedTimeout{1};  // of that, what has not arrived whole
inline constexpr std::chrono::seconds kRepeatedSignal{1};     // SIGTERM again so soon is the same
inline constexpr size_t kLogLineBytes = 4'096;              // what a pipe takes at once (PIPE_BUF)
inline constexpr size_t kLogQueueBytes = 1024 * 1024;       // that standard error has not taken yet
inline constexpr std::chrono::milliseconds kLogFlush{500};  // what is left of them at the end

}  // namespace discovery::limits

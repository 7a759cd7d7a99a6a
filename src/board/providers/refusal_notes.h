// Why a provider's last post was refused (contract, section 1: GET /api/v1/providers/{id}).
#pragma once

#include <array>
#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/mutex.h"
#include "store/store.h"

namespace discovery {

/// Bounded: of unknown providers the last 10,000 notes are kept, and of known ones as many, so that
/// the former never displace the latter. Thread-safe.
class RefusalNotes {
 public:
  explicit RefusalNotes(uint64_t seed);

  enum class Standing : uint8_t {
    unknown,  // never accepted, as far as memory knows
    known,    // on the board, or pinned
  };
  /// In place of the provider's former note.
  void note(RefusalNote note, Standing standing);
  /// A refusal, for a pinned provider, of a request that did not claim a signature.
  void count_unsigned(std::string_view provider_id);

  struct Found {
    std::optional<RefusalNote> note;
    uint64_t unsigned_refusals = 0;  // since the start, or since it was forgotten
  };
  Found find(std::string_view provider_id) const;

  /// Notes that were not taken yet, at most `count`.
  std::vector<RefusalNote> take_unsaved(size_t count);
  bool has_unsaved() const;
  /// What was taken could not be saved.
  void give_back(const std::vector<RefusalNote>& notes);

 private:
  struct Entry {
    std::string provider_id;
    Found found;
    bool unsaved = false;
  };
  struct Hash {
    uint64_t seed = 0;
    size_t operator()(std::string_view id) const { return keyed_hash(id, seed); }
  };
  // The oldest first.
  using Table = boost::multi_index_container<
      Entry, boost::multi_index::indexed_by<
                 boost::multi_index::sequenced<>,
                 boost::multi_index::hashed_unique<
                     boost::multi_index::member<Entry, std::string, &Entry::provider_id>, Hash>>>;

  static Table::iterator renew(Table& table, std::string_view provider_id);

  mutable Mutex mutex_;
  std::array<Table, 2> tables_ GUARDED_BY(mutex_);  // by Standing
};

}  // namespace discovery

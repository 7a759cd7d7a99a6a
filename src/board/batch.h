// What one step of the board decides, before anything of it is true.
//
// Time order, pins and ownership are decided here, against the committed state and what the batch
// itself has decided before (contract, sections 1, 4 and 5).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "board/change_feed.h"
#include "board/index/index.h"
#include "board/post.h"
#include "board/providers/listed_hours.h"
#include "board/providers/new_provider_limit.h"
#include "board/providers/pins.h"
#include "board/unlisted_rows.h"
#include "identity/provider_key.h"
#include "store/store.h"

namespace discovery {

class Batch {
 public:
  /// What a batch is decided against. All outlive it, and do not change meanwhile.
  struct Context {
    const BoardOptions& options;
    const Index& committed;
    const Pins& pins;
    std::shared_ptr<const Outages> outages;
    const UnlistedRows& unlisted_rows;
    Store& store;  // for what is remembered of providers
    NewProviderLimit& new_provider_limit;
    Revision revision;  // of the last change so far
  };
  Batch(const Context& context, size_t changes_expected);

  /// Decides one after another, in the order of arrival. The post must outlive the batch.
  Outcome decide(Post& post, Now now);
  Outcome decide(const Withdrawal& withdrawal, Now now);
  /// `listing` has expired.
  void expire(const Listing& listing);
  void remove(const UnlistedRow& row);
  /// Lets the lease of `listing` end so much later. Not for the store: where the row is read again,
  /// that is found out anew.
  void extend(const Listing& listing, Duration by);

  /// Which item has made a change: the first, the second … of those that are no removals.
  size_t item_of(size_t change) const;

  /// A failure to read what is remembered: nothing of this batch may be committed.
  const Status& status() const { return status_; }
  const std::vector<Change>& changes() const { return changes_; }
  /// What watchers are told; of a committed batch, while its context is as it was.
  std::vector<BoardEvent> events() const;
  /// Makes the changes, of a committed batch, in a copy of what it was decided against.
  void apply_to(Index& index) const;
  /// To be pinned once the changes are committed.
  const auto& signed_times() const { return signed_times_; }

  std::vector<Outcome> outcomes;  // one per item

 private:
  // The listing under an id, the batch's own earlier changes included (null: none); expired or not.
  // A change to it is written through the reference, which is good until the next call.
  const Listing*& find(std::string_view id);
  std::optional<SignedTimes> signed_times_of(const std::optional<ProviderKey>& key) const;
  std::optional<int64_t> newest_time_of(std::string_view id) const;
  std::optional<Outcome> refusal_of(const Post& post, const std::optional<ProviderKey>& key,
                                    WallTime now) const;
  std::optional<int64_t> binding_time(const SignedTimes& times, WallTime now) const;
  Duration charge_new_provider(Post& post, BootTime now);
  bool pins_are_full() const;
  // What was listed before a change, if anything.
  struct Previous {
    ListingPtr listing;
    bool is_uncertain = false;
  };
  void assign_revision(Change& change, Previous before);
  std::optional<Outcome> refusal_of(int64_t time_ms, const SignedTimes& times, WallTime now) const;
  SignedTimes record_signature(const ProviderKey& key, int64_t time_ms);

  // What is remembered of a provider: as it is in the store, and with a row's stay.
  std::shared_ptr<const History> stored(const std::string& id);
  std::shared_ptr<const History> past(const std::string& id);
  static bool remembers(const History* history, const UnlistedRow& row);
  // Adds a stay that has ended.
  std::shared_ptr<const History> remember(const Listing& listing, WallTime end,
                                          History::State state);
  std::shared_ptr<const History> extended(const History* former, const std::string& id,
                                          const Interval& listed, WallTime last_seen,
                                          History::State state) const;

  const Context context_;
  Status status_;
  size_t size_;
  Revision revision_;
  std::vector<Change> changes_;
  std::vector<Previous> previous_;  // of each change that has a revision, in order
  // Views of ids that the items or the committed listings own.
  boost::unordered_flat_map<std::string_view, const Listing*> own_;
  std::unordered_map<std::string, std::shared_ptr<const History>> departed_;
  boost::unordered_flat_map<ProviderKey, SignedTimes, Pins::Hash> signed_times_;
  size_t new_pins_ = 0;
};

}  // namespace discovery

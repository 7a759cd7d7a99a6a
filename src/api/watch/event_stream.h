// One stream of events: from a snapshot, or from where an earlier stream was cut, to the present,
// and then on with the board.
//
// A stream first walks or catches up by itself, a piece at a time as its reader takes it, and is
// given no events meanwhile: the log has what it missed. Once it has everything it is live, and is
// given the events of its group, rendered once for all of them. One that takes too much of the
// threads' time falls behind, and catches up again later.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/watch/event_id.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "board/board.h"
#include "board/index/compiled_filter.h"
#include "net/connection_counts.h"
#include "net/http1/exchange.h"
#include "query/query.h"

namespace discovery {

/// Appends one server-sent event. `data` is one line; no id where `id` is empty.
void append_event(std::string& out, std::string_view name, std::string_view data,
                  std::string_view id);
/// `{"provider_id": …, "reason": …}`; ids need no escaping.
std::string departure_json(std::string_view provider_id, std::string_view reason);
std::string_view reason_of(History::State departure);
/// A listing's id and times.
std::string times_json(const Listing& listing);

/// Bytes that every stream of a group is sent.
using SharedText = std::shared_ptr<const std::string>;

/// Hooks of the lists of StreamFanout, which a stream leaves when it ends.
template <class Tag>
using StreamHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<Tag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
struct InGroup;
struct ToWake;

class EventStream final : public BodySource, public StreamHook<InGroup>, public StreamHook<ToWake> {
 public:
  struct Options {
    const Board& board;
    const ChangeFeed& change_feed;
    const Clock& clock;
    Exchange& exchange;    // outlives this
    const Filter& filter;  // likewise
    IpAddress client;      // charged for its work
    bool refreshes;
    uint32_t retry_ms;
  };
  /// From behind `last_event_id`; from a snapshot where there is none.
  EventStream(const Options& options, std::string_view last_event_id, ConnectionTicket ticket);

  Progress take(std::string& out) override;
  /// What the streams of a group share counts for each.
  size_t bytes() const override;

  /// Whether it is to be given its group's events of this batch.
  bool takes_batch(uint64_t batch) const { return state_ == State::live && seen_batch_ < batch; }
  bool wants_refreshes() const { return options_.refreshes; }
  /// Whether it is to be told of refreshes by note_refresh() while it is given no events.
  bool notes_refreshes() const {
    return options_.refreshes && state_ != State::behind && state_ != State::lost;
  }
  const IpAddress& client() const { return options_.client; }
  /// Hands over what is to be sent, however long; wake() must follow. A stream with too much
  /// unsent before is cut.
  void give(const SharedText& text);
  void wake() { options_.exchange.wake(); }
  /// A refresh that it is not given with its group's events: sent when it is live, as it is then.
  /// A stream with too many of them is cut.
  void note_refresh(const Listing& listing);
  /// A live stream is given no more events, and when it is woken next goes on from `published`, up
  /// to where it was given all, or from its own start, if that is later. One that is not live yet,
  /// and may miss refreshes, looks at all times again once it is.
  void fall_behind(Revision published);
  /// Hands over a bookmark, an id without an event, to a live stream with nothing queued, where it
  /// has been silent for long or many revisions have passed since the last one; wake() must follow
  /// if so. `published` is the revision up to which it was given all.
  bool bookmark(Revision published, BootTime now);

 private:
  enum class State : uint8_t { walking, catching_up, live, behind, lost };
  /// Through all matches, in the board's order.
  struct Walk {
    Query query;
    Page page;
    std::optional<Revision> revision;  // as of its first piece
    bool times_only = false;           // alone: the client has the rest
  };

  void lose();
  void begin_snapshot();
  void resume();
  Progress walk(std::string& out);
  Progress catch_up(std::string& out);
  void append_change(const Index& index, const LoggedChange& change, BootTime now,
                     std::string& out);
  bool fetch_changes(Revision up_to);
  Progress take_queued(std::string& out);
  void append_refreshed(std::string& out);
  std::string id_of(Revision revision, bool in_snapshot = false) const;

  const Options options_;
  const ConnectionTicket ticket_;
  State state_ = State::walking;
  bool greeted_ = false;
  bool resets_ = false;  // before the snapshot
  EventId sent_id_;      // up to here everything has been sent, or is in todo_ or queue_
  uint64_t seen_batch_ = 0;
  std::unique_ptr<Walk> walk_;
  bool misses_refreshes_ = false;
  std::vector<LoggedChange> todo_;
  size_t done_ = 0;                               // of todo_
  std::set<std::string, std::less<>> refreshed_;  // ids
  std::vector<SharedText> queue_;
  size_t queued_bytes_ = 0;
  size_t taken_ = 0;  // of the first text in queue_
  BootTime sent_{};
};

}  // namespace discovery

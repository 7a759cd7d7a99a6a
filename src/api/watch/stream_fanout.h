// The streams of one I/O thread, grouped by filter: each change is matched against each filter
// once and rendered once, in slices of time, so that other connections of the thread are not
// delayed. What that takes is charged to the addresses of the streams.
#pragma once

#include <boost/intrusive/list.hpp>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/rate_limiter.h"
#include "api/watch/batch_bounds.h"
#include "api/watch/event_stream.h"
#include "board/board.h"

namespace discovery {

/// One per I/O thread, used by it alone. Must outlive the streams that it opens.
class StreamFanout final : public Subscriber {
 public:
  StreamFanout(Board& board, RateLimiter& limiter, Executor& executor, const Clock& clock);
  ~StreamFanout() override;
  StreamFanout(const StreamFanout&) = delete;
  StreamFanout& operator=(const StreamFanout&) = delete;

  /// A stream for `exchange`, which will own it; it goes on behind `last_event_id`,
  /// where that is not empty.
  std::shared_ptr<BodySource> open(Exchange& exchange, const IpAddress& client,
                                   const Filter& filter, bool refreshes,
                                   std::string_view last_event_id, ConnectionTicket ticket);

  void on_batch(const EventBatchPtr& batch) override;
  /// About once a second: streams are sent bookmarks, and those that have taken too much time fall
  /// behind.
  void tick();

 private:
  template <class Tag>
  using Streams = boost::intrusive::list<EventStream, boost::intrusive::base_hook<StreamHook<Tag>>,
                                         boost::intrusive::constant_time_size<false>>;
  /// All streams with the same filter.
  struct Group {
    explicit Group(const Filter& asked) : filter(asked), compiled(filter, BootTime{}) {}

    const Filter filter;
    const CompiledFilter compiled;
    Streams<InGroup> streams;
    Duration work{};  // that is not charged yet
  };
  struct QueuedBatch {
    EventBatchPtr batch;
    BatchBounds bounds;
    Revision revision;  // the last of its changes; 0: it has refreshes alone
  };
  /// What a group is sent of one batch: by whether refreshes are wanted.
  struct Texts {
    std::string changes;
    std::string all;
    void append(std::string_view name, std::string_view data, std::string_view id);
  };

  Group& group_of(const Filter& filter);
  void work();
  void work_later(Duration delay);
  bool publish_to_groups(BootTime until);
  void publish(Group& group, const EventBatch& batch);
  static bool note_refreshes(const Group& group, const EventBatch& batch, EventStream& stream);
  void render(const Group& group, const BoardEvent& event, Texts& texts) const;
  Revision published_to(size_t group) const;
  void charge();
  void fall_behind();
  void wake_soon(EventStream& stream);
  bool wake_streams(BootTime until);

  Board& board_;
  RateLimiter& limiter_;
  Executor& executor_;
  const Clock& clock_;
  std::minstd_rand random_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<FilterBounds> filter_bounds_;  // of the groups, in their order, and apart from them
  std::deque<QueuedBatch> batches_;          // still to be published
  size_t queued_events_ = 0;                 // in these
  size_t next_group_ = 0;                    // that is to have the first of these
  Revision published_ = 0;                   // to all groups
  Streams<ToWake> to_wake_;
  bool is_waking_ = false;
  bool is_due_ = false;  // work() has been asked for
  BootTime last_wake_{};
};

}  // namespace discovery

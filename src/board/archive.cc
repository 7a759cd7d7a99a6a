#include "board/archive.h"

#include <algorithm>
#include <utility>

#include "base/catch_exceptions.h"
#include "base/limits.h"
#include "base/start_thread.h"
#include "base/this_thread.h"
#include "board/providers/listed_hours.h"

namespace discovery {

namespace {

constexpr Duration kRetryWait = std::chrono::milliseconds{50};

/// What is known of a provider's time on the board, from both sides of its last departure.
struct Presence {
  WallTime first_seen{};
  WallTime last_seen{};
  ListedHours hours;
};

std::optional<double> listed_share(const Presence& presence, std::chrono::days window,
                                   const Outages& outages, WallTime now) {
  const WallTime begin =
      std::max(presence.first_seen, WallTime{std::chrono::floor<std::chrono::hours>(now - window)});
  const Duration up = time_up({begin, now}, outages);
  if (up <= Duration::zero()) return std::nullopt;
  const Duration listed = presence.hours.listed_since(begin);
  return std::min(1.0, std::chrono::duration<double>(listed) / up);
}

}  // namespace

Archive::Archive(std::unique_ptr<StoreReader> reader, Board& board, const Clock& clock)
    : board_(board), clock_(clock), reader_(std::move(reader)) {}

Result<std::unique_ptr<Archive>> Archive::start(Store& store, Board& board, const Clock& clock) {
  auto reader = store.open_reader();
  if (!reader) return std::move(reader).error();
  std::unique_ptr<Archive> archive(new Archive(*std::move(reader), board, clock));
  auto thread = start_thread("the archive thread", [raw = archive.get()] { raw->run(); });
  if (!thread) return std::move(thread).error();
  archive->thread_ = *std::move(thread);
  return archive;
}

Archive::~Archive() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status Archive::find_proof(std::string provider_id, Executor& executor, ProofAnswer answer) {
  return enqueue(executor, std::move(answer),
                 [id = std::move(provider_id)](StoreReader& reader) { return reader.proof(id); });
}

Status Archive::find_provider(std::string provider_id, Executor& executor, RecordAnswer answer) {
  return enqueue(
      executor, std::move(answer),
      [this, id = std::move(provider_id)](StoreReader& reader) { return record_of(reader, id); });
}

template <class Answer, class Find>
Status Archive::enqueue(Executor& executor, Answer answer, Find find) {
  Job job = [&executor, owed = std::make_shared<Answer>(std::move(answer)),
             find = std::move(find)](StoreReader& reader) {
    auto found = catch_exceptions([&] { return find(reader); });
    // The answer is taken out over there, so that it also ends on the thread that it belongs to.
    executor.post([owed, found = std::move(found)] { std::exchange(*owed, nullptr)(found); });
  };
  {
    const MutexLock lock(mutex_);
    if (jobs_.size() >= limits::kLookupQueue)
      return fail(Code::busy, "the archive's queue is full");
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  return {};
}

void Archive::run() {
  name_this_thread("archive");
  while (const auto job = next_job()) {
    const auto answer = [&]() -> Status {
      (*job)(*reader_);
      return {};
    };
    // Without memory for the answer it is found again.
    while (!catch_exceptions(answer) && pause()) {
    }
  }
}

std::optional<Archive::Job> Archive::next_job() {
  const MutexLock lock(mutex_);
  while (!stopping_ && jobs_.empty()) changed_.wait(mutex_);
  if (stopping_) return std::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

bool Archive::pause() {
  const MutexLock lock(mutex_);
  if (!stopping_) changed_.wait_for(mutex_, kRetryWait);
  return !stopping_;
}

Result<std::optional<ProviderRecord>> Archive::record_of(StoreReader& reader,
                                                         const std::string& provider_id) {
  using State = ProviderRecord::State;
  const Now now = clock_.now();
  // The board first: what departs in between is then found in the history.
  const ListingPtr listing =
      board_.read([&](const Index& index) { return ListingPtr(index.find(provider_id)); });
  auto history = reader.history(provider_id);
  if (!history) return std::move(history).error();
  const bool is_old = *history && (*history)->last_seen + kHistoryKept <= now.wall;
  if (is_old && !listing) history->reset();
  auto refusal = reader.refusal(provider_id);
  if (!refusal) return std::move(refusal).error();
  const RefusalNotes::Found notes = board_.refusal_notes().find(provider_id);

  ProviderRecord record;
  record.last_refusal = notes.note ? notes.note : *refusal;
  record.unsigned_refusals = notes.unsigned_refusals;
  const auto outages = board_.outages();
  std::optional<Presence> presence;
  if (*history) {
    const History& past = **history;
    presence = {past.first_seen, past.last_seen, ListedHours::decode(past.listed)};
    record.state = past.state == History::State::withdrawn ? State::withdrawn : State::expired;
  }
  if (listing) {
    if (!presence) presence = {listing->created(), {}, {}};
    presence->last_seen = listing->updated();
    const WallTime end = listing->expires_shown();
    presence->hours.add({listing->created(), std::min(now.wall, end)}, *outages);
    const bool live = listing->expires() > now.boot;
    record.state = live ? State::live : State::expired;
    if (live) record.expires_at = end;
  }
  if (!presence && !record.last_refusal && record.unsigned_refusals == 0) return {std::nullopt};
  if (!presence) return {record};
  record.first_seen = presence->first_seen;
  record.last_seen = presence->last_seen;
  const auto share = [&](int days) {
    return listed_share(*presence, std::chrono::days{days}, *outages, now.wall);
  };
  record.listed_1d = share(1);
  record.listed_7d = share(7);
  record.listed_30d = share(30);
  return {record};
}

}  // namespace discovery

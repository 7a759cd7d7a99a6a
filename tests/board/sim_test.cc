// The board against a naive model: random posts, withdrawals, signatures old and new, clocks,
// faults and restarts.
//
// SEED runs one seed alone, SIM_STEPS sets the number of steps of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "tests/support/board_fixture.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_store.h"
#include "tests/support/seed.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr BoardOptions kOptions{.lease = minutes{5},
                                .outage_credit = {},
                                .clean_up_interval = seconds{60},
                                .hold = seconds{10},
                                .providers_max = 12,
                                .queue_max = 9,
                                .batch_max = 4};
constexpr size_t kIds = 16;
constexpr size_t kKeys = 6;  // of the ids

/// What an accepted post left behind, as long as its row is in the store.
struct Entry {
  Advertisement offer;
  WallTime created, updated;
  BootTime expires;
};

/// A post or withdrawal on its way.
struct Sent {
  std::optional<Advertisement> offer;  // empty: a withdrawal
  std::string id;
  std::optional<int64_t> signed_ms;
  BootTime queued;
  int completions = 0;
};

struct Completed {
  size_t number;  // of the item, in the order of sending
  Outcome outcome;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : random_(seed) { restart(); }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      act();
      compare_reads();
    }
    abandon();
    for (const Sent& sent : sent_) EXPECT_EQ(sent.completions, 1) << sent.id;
  }

 private:
  class NumberedCompletion final : public Completion {
   public:
    NumberedCompletion(size_t number, std::vector<Completed>& completed)
        : number_(number), completed_(completed) {}
    void complete(const Outcome& outcome) override { completed_.push_back({number_, outcome}); }

   private:
    const size_t number_;
    std::vector<Completed>& completed_;
  };

  size_t below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }
  std::string some_id() {
    const size_t number = below(kIds);
    if (number >= kKeys) return "p" + std::to_string(number);
    return "ed25519:" + std::string(63, '0') + std::to_string(number);
  }
  /// Providers with a key sign now and then: at a time never seen before, or one used long ago.
  std::optional<int64_t> some_signature(const std::string& id) {
    if (id.front() == 'p' || below(3) == 0) return std::nullopt;
    return static_cast<int64_t>(1 + below(sent_.size() + 1));
  }
  std::string some_country() { return std::array{"SE", "DE", "XK"}[below(3)]; }
  int32_t some_size() { return static_cast<int32_t>(1 + below(20)); }

  void act() {
    const size_t choice = below(100);
    if (choice < 45) return send(some_id(), random_offer());
    if (choice < 55) return send(some_id(), std::nullopt);
    if (choice < 82) return step();
    if (choice < 90) return clock_.advance(milliseconds{below(2'000)});
    if (choice < 93) return clock_.advance(seconds{below(200)});
    if (choice < 95) return clock_.step_wall(seconds{below(7'200)} - seconds{3'600});
    if (choice < 97) return fail_some(below(4));
    if (choice < 98) return refuse_one();
    if (choice < 99) return below(2) == 0 ? store_.fail_always(Code::internal) : store_.heal();
    restart();
  }

  void fail_some(size_t applies) {
    store_.heal();
    store_.fail_next(applies, Code::busy);
  }

  /// From now on the store takes nothing of this provider, or takes everything again.
  void refuse_one() {
    refused_.clear();
    if (below(3) > 0) refused_.insert(some_id());
    store_.refuse(refused_, below(2) == 0 ? Code::internal : Code::invalid);
  }

  Advertisement random_offer() {
    Advertisement advertisement =
        offer("", some_country(), {some_size(), some_size(), some_size()});
    advertisement.platform = below(2) == 0 ? "x86_64" : "arm64";
    return advertisement;
  }

  void send(const std::string& id, std::optional<Advertisement> what) {
    const size_t number = sent_.size();
    const ReplyTo reply_to{&executors_[below(2)],
                           std::make_shared<NumberedCompletion>(number, completed_)};
    const std::optional<int64_t> signed_ms = some_signature(id);
    if (what) {
      what->provider_id = id;
      what->verified = signed_ms.has_value();
    }
    ProofPtr proof;
    if (signed_ms) proof = std::make_shared<const Proof>(Proof{*signed_ms, "text", "ab", "{}"});
    const Status queued =
        what ? board_->publish({Listing::draft(*what), proof}, reply_to, clock_.boot())
             : board_->withdraw({id, signed_ms}, reply_to, clock_.boot());
    if (queued) {
      sent_.push_back({std::move(what), id, signed_ms, clock_.boot()});
    } else {
      EXPECT_GE(outstanding(), kOptions.queue_max);
    }
  }

  size_t outstanding() const {
    return static_cast<size_t>(
        std::ranges::count(sent_, 0, [](const Sent& sent) { return sent.completions; }));
  }

  void step() {
    const MemoryStore::Rows before = store_.rows();
    const Board::Step result = board_->step(clock_.now());
    if (result == Board::Step::held) {
      expect_rows(before);
      settle_busy(kOptions.hold);
      EXPECT_TRUE(board_->write_fault());
    } else {
      settle_batch();
      compare_store();
      EXPECT_FALSE(board_->write_fault());
    }
    EXPECT_TRUE(result != Board::Step::idle || outstanding() == 0);
  }

  std::vector<Completed> take_completed() {
    std::vector<Completed> completed = std::exchange(completed_, {});
    std::ranges::sort(completed, std::ranges::less{}, &Completed::number);
    for (const Completed& one : completed) ++sent_[one.number].completions;
    return completed;
  }

  /// All that have waited for `hold` were completed as busy, and only they.
  void settle_busy(Duration hold) {
    for (const Completed& completed : take_completed()) {
      EXPECT_EQ(completed.outcome.refusal, Refusal::busy);
      EXPECT_LE(sent_[completed.number].queued + hold, clock_.boot());
    }
    for (const Sent& sent : sent_) {
      EXPECT_TRUE(sent.completions > 0 || sent.queued + hold > clock_.boot());
    }
  }

  /// The outcomes of one batch, in the order of arrival: each must be what the model has it be.
  void settle_batch() {
    const std::vector<Completed> batch = take_completed();
    EXPECT_LE(batch.size(), std::max(kOptions.batch_max, kOptions.queue_max));
    for (size_t i = 0; i < batch.size(); ++i) {
      const Sent& sent = sent_[batch[i].number];
      const Duration offset{static_cast<int64_t>(i)};
      // Of those in between the store has refused some alone.
      for (size_t n = batch[i > 0 ? i - 1 : i].number; n < batch[i].number; ++n) {
        EXPECT_EQ(sent_[n].completions, 1);
      }
      const Now then{clock_.now().wall + offset, clock_.boot() + offset};
      if (sent.offer) {
        settle_post(sent, batch[i].outcome, then);
      } else {
        settle_withdrawal(sent, batch[i].outcome, then.boot);
      }
    }
  }

  void settle_post(const Sent& sent, const Outcome& outcome, Now now) {
    if (refuses_signature(sent, outcome)) return;
    if (fails_alone(sent, outcome)) return;
    const auto former = entries_.find(sent.id);
    const bool live_before = former != entries_.end() && former->second.expires > now.boot;
    const bool renews = live_before && (former->second.offer.verified || !sent.signed_ms);
    if (outcome.refusal) {
      EXPECT_EQ(outcome.refusal, Refusal::full);
      EXPECT_FALSE(live_before);
      EXPECT_GE(entries_.size(), kOptions.providers_max);
      return;
    }
    const Entry entry{*sent.offer, renews ? former->second.created : now.wall, now.wall,
                      now.boot + kOptions.lease};
    expect_entry(entry, outcome.listing.get());
    entries_.insert_or_assign(sent.id, entry);
    if (sent.signed_ms) pins_[sent.id] = *sent.signed_ms;
    EXPECT_LE(live(now.boot).size(), most_listed());
  }

  /// What the store refuses is refused; what accepts nothing of it, or is accepted, is not.
  bool fails_alone(const Sent& sent, const Outcome& outcome) const {
    const bool refused = refused_.contains(sent.id);
    if (outcome.refusal == Refusal::failed) {
      EXPECT_TRUE(refused) << sent.id;
      return true;
    }
    EXPECT_TRUE(!refused || outcome.refusal) << sent.id;
    return false;
  }

  /// A provider once accepted with a signature is accepted with newer ones alone.
  bool refuses_signature(const Sent& sent, const Outcome& outcome) const {
    const auto pin = pins_.find(sent.id);
    if (pin == pins_.end() || (sent.signed_ms && *sent.signed_ms > pin->second)) return false;
    EXPECT_EQ(outcome.refusal, sent.signed_ms ? Refusal::stale : Refusal::pinned) << sent.id;
    EXPECT_EQ(outcome.last_time_ms, sent.signed_ms ? pin->second : 0);
    return true;
  }

  void settle_withdrawal(const Sent& sent, const Outcome& outcome, BootTime now) {
    if (refuses_signature(sent, outcome)) return;
    if (fails_alone(sent, outcome)) return;
    const auto entry = entries_.find(sent.id);
    const bool is_live = entry != entries_.end() && entry->second.expires > now;
    EXPECT_EQ(outcome.refusal, is_live ? std::nullopt : std::optional(Refusal::not_found));
    if (!is_live) return;
    entries_.erase(entry);
    if (sent.signed_ms) pins_[sent.id] = *sent.signed_ms;
  }

  static void expect_entry(const Entry& entry, const Listing* listing) {
    ASSERT_NE(listing, nullptr) << entry.offer.provider_id;
    EXPECT_EQ(listing->provider_id(), entry.offer.provider_id);
    EXPECT_EQ(listing->sizes(), entry.offer.sizes);
    EXPECT_EQ(listing->country(), entry.offer.country);
    EXPECT_EQ(listing->platform(), entry.offer.platform);
    EXPECT_EQ(listing->verified(), entry.offer.verified);
    EXPECT_EQ(listing->created(), entry.created);
    EXPECT_EQ(listing->updated(), entry.updated);
    EXPECT_EQ(listing->expires(), entry.expires);
  }

  std::vector<const Entry*> live(BootTime now) const {
    std::vector<const Entry*> live;
    for (const auto& [id, entry] : entries_) {
      if (entry.expires > now) live.push_back(&entry);
    }
    std::ranges::sort(live, std::ranges::less{}, [](const Entry* entry) {
      return std::tuple(entry->offer.country, entry->created, entry->offer.provider_id);
    });
    return live;
  }

  /// Lists, searches and single reads show what was acknowledged and is live, and nothing else.
  void compare_reads() {
    const Now now = clock_.now();
    const int32_t cores = some_size();
    const std::string where = some_country();
    const Query compiled =
        asked("platform=arm64&cpu=" + std::to_string(cores) + "&country=" + where);
    board_->read([&](const Index& index) {
      Page all, some;
      index.page(everything(), now.boot, all);
      index.page(compiled, now.boot, some);
      const std::vector<const Listing*>& page = all.listings;
      const std::vector<const Listing*>& found = some.listings;
      const std::vector<const Entry*> expected = live(now.boot);
      ASSERT_EQ(page.size(), expected.size());
      std::vector<const Listing*> matches;
      for (size_t i = 0; i < page.size(); ++i) {
        expect_entry(*expected[i], page[i]);
        EXPECT_EQ(index.find(page[i]->provider_id()), page[i]);
        const Advertisement& what = expected[i]->offer;
        if (what.sizes.cpu >= cores && what.country == country(where) && what.platform == "arm64") {
          matches.push_back(page[i]);
        }
      }
      EXPECT_EQ(found, matches);
      EXPECT_LE(index.size(), most_listed());
    });
  }

  /// What the store does not let go can be live again where the wall clock was set back.
  size_t most_listed() const { return std::max(kOptions.providers_max, loaded_); }

  /// Every live entry has its row, and every row is an entry's; what has lost its row had expired.
  void compare_store() {
    const MemoryStore::Rows rows = store_.rows();
    std::erase_if(entries_, [&](const auto& entry) {
      return !rows.contains(entry.first) && entry.second.expires <= clock_.boot();
    });
    ASSERT_EQ(rows.size(), entries_.size());
    for (const auto& [id, entry] : entries_) {
      ASSERT_TRUE(rows.contains(id)) << id;
      EXPECT_EQ(rows.at(id).created_at, entry.created);
      EXPECT_EQ(rows.at(id).updated_at, entry.updated);
      EXPECT_EQ(rows.at(id).country, country_code(entry.offer.country));
    }
  }

  void expect_rows(const MemoryStore::Rows& expected) const {
    const auto same = [](const auto& a, const auto& b) {
      return a.first == b.first && a.second.updated_at == b.second.updated_at;
    };
    EXPECT_TRUE(std::ranges::equal(store_.rows(), expected, same));
  }

  void abandon() {
    if (!board_) return;
    board_->abandon();
    settle_busy(Duration::min());
  }

  void restart() {
    abandon();
    board_ = std::make_unique<Board>(kOptions, store_);
    const Now now = clock_.now();
    const Result<LoadReport> report = board_->load({}, now);
    ASSERT_TRUE(report) << report.error().message;
    for (auto& [id, entry] : entries_) {
      const Duration left = entry.updated + kOptions.lease - now.wall;
      entry.expires = now.boot + std::min(left, kOptions.lease);
    }
    EXPECT_EQ(report->listed, live(now.boot).size());
    loaded_ = report->listed;
    EXPECT_EQ(report->listed + report->expired, entries_.size());
  }

  std::mt19937_64 random_;
  ManualClock clock_;
  MemoryStore store_;
  std::array<RecordingExecutor, 2> executors_;
  std::vector<Completed> completed_;  // since the last step
  std::vector<Sent> sent_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> refused_;        // by the store
  size_t loaded_ = 0;                    // how many were listed by the last start
  std::map<std::string, int64_t> pins_;  // the newest accepted time of each key that signed
  std::unique_ptr<Board> board_;
};

TEST(Simulation, BehavesAsTheNaiveModel) {
  const char* const chosen_steps = std::getenv("SIM_STEPS");
  const int steps = chosen_steps != nullptr ? std::stoi(chosen_steps) : 400;
  const uint64_t first = chosen_seed().value_or(1);
  const uint64_t last = chosen_seed().value_or(300);
  for (uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
    SCOPED_TRACE("SEED=" + std::to_string(seed) + " SIM_STEPS=" + std::to_string(steps));
    Simulation(seed).run(steps);
  }
  RecordProperty("seeds", std::to_string(first) + " to " + std::to_string(last));
}

}  // namespace
}  // namespace discovery

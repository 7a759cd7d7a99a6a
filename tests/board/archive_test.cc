#include "board/archive.h"

#include <gtest/gtest.h>

#include <future>

#include "base/limits.h"
#include "tests/support/board_rig.h"

namespace discovery {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using State = ProviderRecord::State;

const std::string kSigner = "ed25519:" + std::string(64, 'a');

class ArchiveTest : public BoardTest {
 protected:
  std::optional<ProviderRecord> record(const std::string& id) {
    std::promise<std::optional<ProviderRecord>> answer;
    EXPECT_TRUE(archive_->find_provider(
        id, executor_, [&](const auto& record) { answer.set_value(record.value()); }));
    return answer.get_future().get();
  }
  std::optional<Proof> proof(const std::string& id) {
    std::promise<std::optional<Proof>> answer;
    EXPECT_TRUE(archive_->find_proof(id, executor_,
                                     [&](const auto& proof) { answer.set_value(proof.value()); }));
    return answer.get_future().get();
  }
  void pass(Duration time) {
    clock_.advance(time);
    step();
  }

  std::unique_ptr<Archive> archive_ = Archive::start(store_, board_, clock_).value();
};

TEST_F(ArchiveTest, NothingIsKnownOfAStranger) { EXPECT_FALSE(record("nobody")); }

TEST_F(ArchiveTest, ALiveProviderIsListedAllTheTime) {
  post("a");
  step();
  pass(minutes{3});
  const auto found = record("a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, State::live);
  EXPECT_EQ(found->first_seen, find("a")->created());
  EXPECT_EQ(found->last_seen, find("a")->updated());
  EXPECT_EQ(found->expires_at, find("a")->updated() + minutes{5});
  for (const auto& share : {found->listed_1d, found->listed_7d, found->listed_30d}) {
    EXPECT_DOUBLE_EQ(share.value(), 1.0);
  }
}

TEST_F(ArchiveTest, SharesRunFromTheFirstPostOn) {
  post("a");
  step();
  pass(minutes{20});
  const auto found = record("a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, State::expired);
  EXPECT_EQ(found->expires_at, std::nullopt);
  EXPECT_NEAR(found->listed_1d.value(), 0.25, 0.01);
  pass(days{3});
  EXPECT_NEAR(record("a")->listed_1d.value(), 0, 1e-9);
  EXPECT_NEAR(record("a")->listed_7d.value(), 5.0 / (3 * 24 * 60 + 20), 1e-4);
}

TEST_F(ArchiveTest, AnExpiredListingThatWasNotSweptIsExpired) {
  post("a");
  step();
  clock_.advance(minutes{6});
  EXPECT_EQ(record("a")->state, State::expired);
}

TEST_F(ArchiveTest, WhoLeftIsWithdrawnAndForgottenAfterThirtyDays) {
  post("a");
  step();
  withdraw("a");
  step();
  EXPECT_EQ(record("a")->state, State::withdrawn);
  pass(days{29});
  EXPECT_TRUE(record("a"));
  pass(days{1});
  EXPECT_FALSE(record("a"));
}

TEST_F(ArchiveTest, TheLastRefusalIsTold) {
  board_.refusal_notes().note({"a", clock_.now().wall, "REQ_001", "why"},
                              RefusalNotes::Standing::unknown);
  const auto found = record("a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, std::nullopt);
  EXPECT_EQ(found->first_seen, std::nullopt);
  EXPECT_EQ(found->last_refusal->code, "REQ_001");
}

TEST_F(ArchiveTest, RefusalsOfKnownProvidersOutliveARestart) {
  post("a");
  step();
  board_.refusal_notes().note({"a", clock_.now().wall, "AUTH_001", "why"},
                              RefusalNotes::Standing::known);
  pass(minutes{1});  // the clean-up writes it down
  Board restarted(options_, store_);
  ASSERT_TRUE(restarted.load({}, clock_.now()));
  const auto archive = Archive::start(store_, restarted, clock_);
  std::promise<std::optional<ProviderRecord>> answer;
  ASSERT_TRUE((*archive)->find_provider(
      "a", executor_, [&](const auto& record) { answer.set_value(record.value()); }));
  const auto found = answer.get_future().get();
  ASSERT_TRUE(found && found->last_refusal);
  EXPECT_EQ(found->last_refusal->code, "AUTH_001");
}

TEST_F(ArchiveTest, TheProofOfAVerifiedAdvertisementIsKept) {
  Advertisement advertisement = offer(kSigner);
  advertisement.verified = true;
  const Proof signed_proof{7, "what was signed", "abcd", R"({"cpu": 1})"};
  const auto completion = std::make_shared<RecordingCompletion>();
  ASSERT_TRUE(
      board_.publish({Listing::draft(advertisement), std::make_shared<const Proof>(signed_proof)},
                     {&executor_, completion}, clock_.boot()));
  step();
  const auto found = proof(kSigner);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, signed_proof.text);
  EXPECT_EQ(found->signature, signed_proof.signature);
  EXPECT_EQ(found->body, signed_proof.body);
  EXPECT_FALSE(proof("another"));
}

TEST_F(ArchiveTest, AnAnswerThatRunsOutOfMemoryIsAFaultAndTheNextOneIsNot) {
  for (int i = 0; i < 2; ++i) {
    store_.throw_next(1);
    std::promise<Code> answer;
    const auto tell = [&](const auto& found) { answer.set_value(found.error().code); };
    ASSERT_TRUE(i == 0 ? archive_->find_proof("a", executor_, tell)
                       : archive_->find_provider("a", executor_, tell));
    EXPECT_EQ(answer.get_future().get(), Code::out_of_memory);
  }
  EXPECT_FALSE(record("a"));
  EXPECT_FALSE(proof("a"));
}

// What an answer holds, a connection for one, must end on the thread of its executor.
TEST_F(ArchiveTest, AnAnswerThatWasPostedIsHeldByNobodyElse) {
  const auto held = std::make_shared<int>(0);
  std::promise<long> answer;
  ASSERT_TRUE(archive_->find_proof(
      "x", executor_, [&answer, copy = held](const auto&) { answer.set_value(copy.use_count()); }));
  EXPECT_EQ(answer.get_future().get(), 2);
  answer = {};
  ASSERT_TRUE(archive_->find_provider(
      "x", executor_, [&answer, copy = held](const auto&) { answer.set_value(copy.use_count()); }));
  EXPECT_EQ(answer.get_future().get(), 2);
}

// Holds the archive's thread, so that its queue fills up.
class HeldExecutor final : public Executor {
 public:
  void post(std::function<void()> work) override {
    reached_.set_value();
    released_.get_future().wait();
    work();
  }
  std::promise<void> reached_, released_;
};

TEST_F(ArchiveTest, AFullQueueIsBusyAndADestructorDropsIt) {
  HeldExecutor held;
  ASSERT_TRUE(archive_->find_proof("x", held, [](const auto&) {}));
  held.reached_.get_future().wait();
  int answered = 0;
  for (size_t i = 0; i < limits::kLookupQueue; ++i) {
    ASSERT_TRUE(archive_->find_proof("x", executor_, [&](const auto&) { ++answered; }));
  }
  const Status refused = archive_->find_proof("x", executor_, [](const auto&) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::busy);
  std::thread end([&] { archive_.reset(); });
  held.released_.set_value();
  end.join();
  EXPECT_LE(answered, static_cast<int>(limits::kLookupQueue));
}

}  // namespace
}  // namespace discovery

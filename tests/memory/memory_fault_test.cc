// Memory that runs out: what was answered is kept, nothing is half reply_to, and threads go on.
#include <gmock/gmock.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <future>
#include <new>
#include <thread>

#include "base/catch_exceptions.h"
#include "board/archive.h"
#include "board/board.h"
#include "tests/support/board_fixture.h"
#include "tests/support/board_rig.h"
#include "tests/support/faulty_files.h"
#include "tests/support/manual_clock.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_rows.h"

namespace {

thread_local long allocations_left = -1;  // of this thread, before one fails; -1: none does
std::atomic<const char*> starved_thread{nullptr};  // all of its allocations fail
std::atomic<int> failures{0};

bool fails() {
  if (allocations_left >= 0) return allocations_left-- == 0;
  const char* const starved = starved_thread;
  if (starved == nullptr) return false;
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return std::string_view(name) == starved;
}

}  // namespace

// Not inlined, as the compiler would take free() for a mistake.
[[gnu::noinline]] void* operator new(size_t size) {
  if (fails()) {
    ++failures;
    throw std::bad_alloc();
  }
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
// Named here too, so that it is not a sanitizer's, whose memory free() may not be given.
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  if (!fails()) return std::malloc(size);
  ++failures;
  return nullptr;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace discovery {
namespace {

using testing::ElementsAre;

/// How a board fares whose step runs out of memory; a process of its own, since it may have to end.
class Trial {
 public:
  enum class End { nothing_failed, went_on, stopped_with_all_on_disk, wrong };

  /// With one allocation that fails, after so many that do not.
  static End run(long allocations) {
    const pid_t child = ::fork();
    if (child == 0) Trial().run_here(allocations);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return End::wrong;
    return static_cast<End>(WEXITSTATUS(status));
  }

 private:
  [[noreturn]] static void end(End end) { ::_exit(static_cast<int>(end)); }
  static void expect(bool condition) {
    if (!condition) end(End::wrong);
  }

  [[noreturn]] void run_here(long allocations) {
    running_ = this;
    std::set_terminate([] {
      expect(running_->stored() == std::vector<std::string>{"new"});
      end(End::stopped_with_all_on_disk);
    });
    expect(board_.load({}, clock_.now()).has_value());
    post("old");
    expect(board_.step(clock_.now()) == Board::Step::idle);
    const auto added = post("new");
    const auto withdrawn = std::make_shared<RecordingCompletion>();
    expect(board_.withdraw({"old"}, {&executor_, withdrawn}, clock_.boot()).has_value());

    allocations_left = allocations;
    const Board::Step step = board_.step(clock_.now());
    const bool has_failed = std::exchange(allocations_left, -1) < 0;
    if (step == Board::Step::held && added->outcomes.empty()) expect_nothing_done(*withdrawn);
    if (step == Board::Step::held) expect(board_.step(clock_.now()) == Board::Step::idle);
    expect(added->outcomes.size() == 1 && added->outcomes.front().listing != nullptr);
    expect(withdrawn->outcomes.size() == 1 && !withdrawn->outcomes.front().refusal);
    expect(listed() == std::vector<std::string>{"new"} && stored() == listed());
    expect(!board_.write_fault());
    end(has_failed ? End::went_on : End::nothing_failed);
  }

  void expect_nothing_done(const RecordingCompletion& withdrawn) {
    expect(withdrawn.outcomes.empty());
    expect(listed() == std::vector<std::string>{"old"} && stored() == listed());
    expect(board_.write_fault()->code == Code::out_of_memory);
  }

  std::shared_ptr<RecordingCompletion> post(std::string_view id) {
    auto completion = std::make_shared<RecordingCompletion>();
    expect(board_.publish({Listing::draft(offer(id))}, {&executor_, completion}, clock_.boot())
               .has_value());
    return completion;
  }
  std::vector<std::string> listed() const {
    return board_.read([&](const Index& index) {
      Page page;
      index.page(everything(), clock_.boot(), page);
      return ids_of(page.listings);
    });
  }
  std::vector<std::string> stored() {
    std::vector<std::string> ids;
    for (const auto& [id, row] : rows_of(*store_)) ids.push_back(id);
    return ids;
  }

  inline static Trial* running_ = nullptr;
  ManualClock clock_;
  RecordingExecutor executor_;
  std::unique_ptr<Store> store_ = open_or_fail(":memory:");
  Board board_{{.providers_max = 10}, *store_};
};

TEST(MemoryFault, AStepThatRunsOutOfMemoryIsTriedAgainOrEndsWithAllOnDisk) {
  std::map<Trial::End, int> ends;
  for (long allocations = 0; ends[Trial::End::nothing_failed] == 0; ++allocations) {
    const Trial::End end = Trial::run(allocations);
    ASSERT_NE(end, Trial::End::wrong) << "after " << allocations << " allocations";
    ++ends[end];
  }
  EXPECT_GT(ends[Trial::End::went_on], 0);
  EXPECT_GT(ends[Trial::End::stopped_with_all_on_disk], 0);
}

/// Keeps what it is handed, as an I/O thread does.
class KeepingExecutor final : public Executor {
 public:
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }
  void run() {
    for (const auto& work : std::exchange(posted_, {})) work();
  }

 private:
  std::vector<std::function<void()>> posted_;
};

using MemoryFaultOnBoard = BoardTest;

TEST_F(MemoryFaultOnBoard, WhatIsDueAndFindsNoMemoryForItsAnswerWaitsForTheNextStep) {
  step();
  bool has_failed = true;
  for (long allocations = 0; has_failed; ++allocations) {
    store_.fail_always(Code::full);
    std::array<KeepingExecutor, 2> executors;
    std::vector<CompletionPtr> completions;
    for (const size_t i : {0U, 1U, 1U, 0U}) {
      completions.push_back(std::make_shared<RecordingCompletion>());
      const ReplyTo reply_to{&executors.at(i), completions.back()};
      ASSERT_TRUE(board_.publish({Listing::draft(offer("a"))}, reply_to, clock_.boot()));
    }
    ASSERT_EQ(step(), Board::Step::held);
    clock_.advance(options_.hold);
    allocations_left = allocations;
    const Board::Step held = step();
    has_failed = std::exchange(allocations_left, -1) < 0;
    ASSERT_EQ(held, Board::Step::held);
    ASSERT_EQ(step(), Board::Step::held);
    for (KeepingExecutor& executor : executors) executor.run();
    for (const CompletionPtr& completion : completions)
      ASSERT_EQ(outcome_of(completion).refusal, Refusal::busy);
    store_.heal();
    step();
    ASSERT_TRUE(list().empty());
  }
}

TEST_F(MemoryFaultOnBoard, AnAnswerFromTheArchiveComesOnceThereIsMemoryForIt) {
  const auto archive = Archive::start(store_, board_, clock_).value();
  std::promise<bool> answer;
  starved_thread = "archive";
  failures = 0;
  ASSERT_TRUE(archive->find_provider(
      "nobody", executor_, [&](const auto& record) { answer.set_value(record.has_value()); }));
  while (failures < 2) std::this_thread::yield();
  starved_thread = nullptr;
  answer.get_future().wait();
}

/// Applies the changes with one allocation that fails, after so many that do not.
Status apply_with_fault(Store& store, const std::vector<Change>& changes, long allocations,
                        bool& has_failed) {
  allocations_left = allocations;
  Status applied = catch_exceptions([&] { return store.apply(changes); });
  has_failed = std::exchange(allocations_left, -1) < 0;
  return applied;
}

/// Renewals of which no memory is left for one allocation, after so many that do not fail, are in
/// the file whole or not at all. Returns whether that allocation was made.
bool try_renewals(FaultyFiles::Fault of_commit, long allocations) {
  constexpr Duration kLater = std::chrono::seconds{1};
  TemporaryDirectory directory;
  const std::string path = directory.file("discovery.db");
  auto store = open_or_fail(path);
  std::vector<Change> posts;
  for (const char* id : {"a", "b", "c"}) posts.push_back(put(bare_advertisement(id)));
  must_apply(*store, posts);
  const auto renewal = [&](size_t i, Duration later) {
    return put(bare_advertisement(std::string(1, "abc"[i])), kPosted, kPosted + later);
  };
  must_apply(*store, {renewal(0, kLater), renewal(1, kLater)});
  const std::vector<Change> changes{renewal(0, 2 * kLater), renewal(1, 2 * kLater),
                                    renewal(2, 2 * kLater)};
  bool has_failed = false;
  FaultyFiles::fail_next(FaultyFiles::Kind::log, of_commit, 1);
  const bool applied = apply_with_fault(*store, changes, allocations, has_failed).has_value();
  FaultyFiles::heal();
  EXPECT_EQ(applied, !has_failed && of_commit == FaultyFiles::Fault::none);
  must_apply(*store, {put(bare_advertisement("next"))});
  store.reset();
  const auto rows = rows_of(*open_or_fail(path));
  EXPECT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows.at("a").updated_at, kPosted + (applied ? 2 : 1) * kLater);
  EXPECT_EQ(rows.at("b").updated_at, kPosted + (applied ? 2 : 1) * kLater);
  EXPECT_EQ(rows.at("c").updated_at, kPosted + (applied ? 2 : 0) * kLater);
  return has_failed;
}

TEST(MemoryFault, ATransactionThatRunsOutOfMemoryIsUndone) {
  FaultyFiles::install();
  for (long i = 0; try_renewals(FaultyFiles::Fault::none, i); ++i) {
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << i << " allocations";
  }
}

TEST(MemoryFault, ACommitThatFailsIsUndoneThoughItsErrorFindsNoMemory) {
  FaultyFiles::install();
  for (long i = 0; try_renewals(FaultyFiles::Fault::write_fails, i); ++i) {
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << i << " allocations";
  }
}

TEST(MemoryFault, ACheckpointThatRunsOutOfMemoryStopsNothing) {
  TemporaryDirectory directory;
  const auto store = open_or_fail(directory.file("discovery.db"));
  auto advertisement = full_advertisement("a");
  advertisement.pricing_json = "{\"note\":\"" + std::string(1500, 'x') + "\"}";
  starved_thread = "checkpointer";
  failures = 0;
  for (int round = 0; round < 10'000 && failures < 2; ++round) {
    std::vector<Change> changes;
    for (int i = 0; i < 64; ++i) {
      advertisement.provider_id = "p" + std::to_string(i);
      changes.push_back(put(advertisement, kPosted, kPosted + Duration(round)));
    }
    must_apply(*store, changes);
  }
  starved_thread = nullptr;
  EXPECT_GE(failures, 2);
  must_apply(*store, {put(bare_advertisement("after"))});
}

}  // namespace
}  // namespace discovery

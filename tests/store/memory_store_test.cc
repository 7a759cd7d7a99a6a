#include "tests/support/memory_store.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/support/store_contract.h"
#include "tests/support/store_log_contract.h"
#include "tests/support/store_rows.h"

namespace discovery {
namespace {

using testing::ElementsAre;

struct MemoryFactory {
  Store& open() { return store; }
  void fail_next_commit() {
    store.fail_next(1, Code::busy);
    store.fail_next_keeps(1, Code::busy);
    store.fail_next_probes(1, Code::busy);
  }
  MemoryStore store;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreLogContract, MemoryFactory);

TEST(MemoryStore, FailsAsOftenAsTold) {
  MemoryStore store;
  const std::vector<Change> changes{put(bare_advertisement("a"))};
  store.fail_next(2, Code::internal);
  EXPECT_EQ(store.apply(changes).error().code, Code::internal);
  EXPECT_EQ(store.apply(changes).error().code, Code::internal);
  EXPECT_TRUE(store.rows().empty());
  EXPECT_TRUE(store.apply(changes));
  EXPECT_THAT(store.batches(), ElementsAre(1, 1, 1));
}

TEST(MemoryStore, FailsUntilHealed) {
  MemoryStore store;
  const std::vector<Change> changes{put(bare_advertisement("a"))};
  store.fail_always(Code::busy);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(store.apply(changes) || store.keep({}));
  store.heal();
  EXPECT_TRUE(store.apply(changes));
  EXPECT_TRUE(store.keep({}));
}

TEST(MemoryStore, ALoadCanFailHalfWay) {
  MemoryStore store;
  must_apply(store, {put(bare_advertisement("a")), put(bare_advertisement("b"))});
  store.fail_load_after(1);
  size_t shown = 0;
  EXPECT_FALSE(store.load([&](const StoredRow&) { ++shown; }));
  EXPECT_EQ(shown, 1u);
}

TEST(MemoryStore, APausedApplyWaitsForResume) {
  MemoryStore store;
  store.pause();
  std::thread writer([&] { must_apply(store, {put(bare_advertisement("a"))}); });
  while (store.batches().empty()) std::this_thread::yield();
  EXPECT_TRUE(store.rows().empty());
  store.resume();
  writer.join();
  EXPECT_EQ(store.rows().size(), 1u);
}

}  // namespace
}  // namespace discovery

#include "net/input_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace discovery::test {
namespace {

using Shared = std::array<char, 64>;

void receive(InputBuffer& buffer, Shared& shared, std::string_view text) {
  while (!text.empty()) {
    const auto space = buffer.space(shared);
    ASSERT_FALSE(space.empty());
    const size_t size = text.copy(space.data(), space.size());
    buffer.commit(size);
    buffer.keep();
    shared.fill('?');  // another connection's
    text.remove_prefix(size);
  }
}

TEST(InputBuffer, ReceivesWhereAllDoWhileItHoldsNothing) {
  InputBuffer buffer;
  Shared shared;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.text(), "");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(buffer.space(shared).data(), shared.data());
    EXPECT_EQ(buffer.space(shared).size(), shared.size());
    std::ranges::fill(shared, 'a');
    buffer.commit(10);
    EXPECT_EQ(buffer.text(), std::string(10, 'a'));
    buffer.consume(10);
    buffer.keep();
    EXPECT_TRUE(buffer.empty());
  }
}

TEST(InputBuffer, KeepsWhatIsLeftOverForItself) {
  InputBuffer buffer;
  Shared shared;
  const auto space = buffer.space(shared);
  std::string("GET / GET").copy(space.data(), space.size());
  buffer.commit(9);
  buffer.consume(6);
  buffer.keep();
  shared.fill('?');
  EXPECT_EQ(buffer.text(), "GET");
  EXPECT_NE(buffer.space(shared).data(), shared.data());
  buffer.keep();
  EXPECT_EQ(buffer.text(), "GET");
  buffer.consume(3);
  EXPECT_EQ(buffer.space(shared).data(), shared.data()) << "as before";
}

TEST(InputBuffer, HoldsWhatAQueueHolds) {
  constexpr unsigned kSeed = 20261128;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  InputBuffer buffer;
  Shared shared;
  std::string queue;
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 2 == 0) {
      std::string text(random() % (i % 50 == 0 ? 5'000 : 100), ' ');
      for (char& c : text) c = static_cast<char>(random());
      queue += text;
      receive(buffer, shared, text);
    } else {
      const size_t size = random() % 3 == 0 ? queue.size() : random() % (queue.size() + 1);
      queue.erase(0, size);
      buffer.consume(size);
    }
    ASSERT_EQ(buffer.text(), queue);
    ASSERT_EQ(buffer.empty(), queue.empty());
  }
}

}  // namespace
}  // namespace discovery::test

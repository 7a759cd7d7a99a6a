#include "listing/content_digest.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace discovery {
namespace {

uint64_t digest_of(const std::vector<std::string_view>& parts) { return content_digest(parts); }

// The first bytes of BLAKE2b-128, the same on every machine.
TEST(ContentDigest, IsThatOfTheWholeText) {
  EXPECT_EQ(digest_of({}), 0x40bdefd94169e6caU);
  EXPECT_EQ(digest_of({"a", "", "bc"}), digest_of({"abc"}));
  EXPECT_NE(digest_of({"abc"}), digest_of({"abd"}));
}

}  // namespace
}  // namespace discovery

#include "identity/digest.h"

#include <gtest/gtest.h>

#include <string>

#include "identity/hex.h"

namespace discovery {
namespace {

// Published by the Keccak team and used throughout Ethereum.
TEST(Digest, HashesAsKeccakBeforeItsStandard) {
  EXPECT_EQ(to_hex(keccak256("")),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(to_hex(keccak256("abc")),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  EXPECT_EQ(to_hex(keccak256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "45d3b367a6904e6e8d502ee04999a7c27647f91fa845d456525fd352ae3d7371");
  EXPECT_EQ(to_hex(keccak256(std::string(1'000'000, 'a'))),
            "fadae6b49f129bbb812be8407b7b2894f34aecf6dbd1f9b0f0c7e9853098fc96");
}

// FIPS 180-4's examples.
TEST(Digest, HashesAsSha256) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hex, IsReadInAnyCaseAndWrittenInLower) {
  EXPECT_EQ(to_hex(*from_hex<4>("00fFaB9e")), "00ffab9e");
  for (const char* const wrong : {"", "00ffab9", "00ffab9e0", "00ffab9e00", "00ffab9g", "0x00ffab",
                                  "00ffab9 ", "00ffab9:", "00ffab9@", "00ffab9`"}) {
    EXPECT_FALSE(from_hex<4>(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace discovery

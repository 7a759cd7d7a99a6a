#include "identity/ethereum.h"

#include <gtest/gtest.h>
#include <secp256k1.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "identity/digest.h"
#include "identity/hex.h"
#include "tests/support/signer.h"

namespace discovery {
namespace {

using Bytes = std::array<uint8_t, 65>;

// The example in the documentation of web3.js.
constexpr const char* kKey = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
constexpr const char* kAddress = "2c7536E3605D9C16a7a3D7b1898e529396a65c23";
constexpr const char* kText = "Some data";
constexpr const char* kSignature =
    "b91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
    "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";

// The order of the curve, and the largest s of a low-s signature: half of it, rounded down.
constexpr const char* kOrder = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
constexpr const char* kHalfOrder =
    "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
constexpr const char* kAboveHalf =
    "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1";
constexpr const char* kOne = "0000000000000000000000000000000000000000000000000000000000000001";

// The x of the generator: the r of a signature whose nonce was 1.
constexpr const char* kGenerator =
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

Bytes bytes_of(const std::string& hex) { return from_hex<65>(hex).value(); }

/// Empty where the signature is good.
std::string refusal(const Bytes& signature, const std::string& text = kText) {
  const Status status = EthereumVerifier().verify(*from_hex<20>(kAddress), text, signature);
  EXPECT_TRUE(status || status.error().code == Code::unauthorized);
  return status ? "" : status.error().message;
}

bool says(const std::string& message, const std::string& what) {
  return message.find(what) != message.npos;
}

// The other signature that the same signing could have given.
Bytes twin_of(Bytes signature) {
  EXPECT_EQ(secp256k1_ec_seckey_negate(secp256k1_context_static, signature.data() + 32), 1);
  signature[64] ^= 7;  // 27 and 28
  return signature;
}

TEST(Ethereum, AcceptsThePublishedSignature) {
  EXPECT_EQ(refusal(bytes_of(kSignature)), "");
  const auto signer = EthereumSigner::open(kKey).value();
  EXPECT_EQ(signer.id(), std::string("0x") + kAddress);
  EXPECT_EQ(signer.sign(kText), kSignature);
}

TEST(Ethereum, AcceptsBothWaysOfWritingV) {
  Bytes signature = bytes_of(kSignature);
  for (unsigned v = 0; v < 256; ++v) {
    signature[64] = static_cast<uint8_t>(v);
    if (v == 1 || v == 28) {
      EXPECT_EQ(refusal(signature), "") << v;
    } else if (v == 0 || v == 27) {
      EXPECT_TRUE(says(refusal(signature), "not this provider's")) << v;
    } else {
      EXPECT_TRUE(says(refusal(signature), "v, the last byte of v1, must be 0, 1, 27 or 28")) << v;
    }
  }
}

TEST(Ethereum, RefusesAnyOtherTextKeyAndSignature) {
  const Bytes good = bytes_of(kSignature);
  for (const std::string text : {"", "Some dat", "Some data ", "some data", "Some data\n"}) {
    EXPECT_TRUE(says(refusal(good, text), "made over another text")) << text;
  }
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes changed = good;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(refusal(changed), "") << bit;
  }
  auto address = from_hex<20>(kAddress).value();
  for (uint8_t& byte : address) {
    byte ^= 1;
    EXPECT_FALSE(EthereumVerifier().verify(address, kText, good));
    byte ^= 1;
  }
}

TEST(Ethereum, TellsWhoseTheSignatureWouldBe) {
  const EthereumSigner other = numbered_signer<EthereumSigner>(1);
  EXPECT_TRUE(says(refusal(bytes_of(other.sign(kText))), other.id()));
}

TEST(Ethereum, RefusesTheHighTwin) {
  const Bytes twin = twin_of(bytes_of(kSignature));
  EXPECT_TRUE(says(refusal(twin), "low-s"));
  EXPECT_EQ(refusal(twin_of(twin)), "");
}

TEST(Ethereum, DrawsTheLineAtHalfTheOrder) {
  const std::string r = std::string(kSignature).substr(0, 64);
  EXPECT_FALSE(says(refusal(bytes_of(r + kHalfOrder + "1b")), "low-s"));
  EXPECT_TRUE(says(refusal(bytes_of(r + kAboveHalf + "1b")), "low-s"));
}

TEST(Ethereum, RefusesNumbersOutsideTheOrder) {
  const std::string zero(64, '0');
  const std::string most(64, 'f');
  for (const std::string v : {"00", "01", "1b", "1c"}) {
    EXPECT_TRUE(says(refusal(bytes_of(zero + kOne + v)), "must not be 0"));
    EXPECT_TRUE(says(refusal(bytes_of(kOne + zero + v)), "must not be 0"));
    EXPECT_TRUE(says(refusal(bytes_of(zero + zero + v)), "must not be 0"));
    EXPECT_TRUE(says(refusal(bytes_of(kOrder + (kOne + v))), "below the order"));
    EXPECT_TRUE(says(refusal(bytes_of(kOne + (kOrder + v))), "below the order"));
    EXPECT_TRUE(says(refusal(bytes_of(most + most + v)), "below the order"));
  }
}

// No point of the curve has the x coordinate 5.
TEST(Ethereum, RefusesAnRThatIsNoPoint) {
  const std::string five = std::string(63, '0') + "5";
  EXPECT_TRUE(says(refusal(bytes_of(five + kOne + "1b")), "no key's signature"));
}

// With the nonce 1 and s the hash itself, the public key would be the point at infinity.
TEST(Ethereum, RefusesInfinityAsAKey) {
  size_t tried = 0;
  for (int i = 0; i < 64; ++i) {
    const std::string text = std::to_string(i);
    const Digest hash = keccak256(
        "\x19"
        "Ethereum Signed Message:\n" +
        std::to_string(text.size()) + text);
    if (hash[0] >= 0x7f) continue;  // high-s: refused before
    ++tried;
    EXPECT_TRUE(
        says(refusal(bytes_of(kGenerator + to_hex(hash) + "1b"), text), "no key's signature"));
  }
  EXPECT_GT(tried, 0U);
}

TEST(Ethereum, SignsWithNothingButAPrivateKeyOfTheCurve) {
  const std::string zero(64, '0');
  for (const std::string key : {"", "00", kOrder, zero.c_str(), kSignature}) {
    const auto signer = EthereumSigner::open(key);
    ASSERT_FALSE(signer) << key;
    EXPECT_EQ(signer.error().code, Code::invalid);
  }
  EXPECT_TRUE(EthereumSigner::open(kOne));
}

TEST(Ethereum, VerifiesInManyThreadsAtOnce) {
  const EthereumVerifier verifier;
  std::vector<std::thread> threads;
  std::array<int, 4> good{};
  for (size_t i = 0; i < good.size(); ++i) {
    threads.emplace_back([&verifier, &count = good[i]] {
      for (int round = 0; round < 20; ++round) {
        if (verifier.verify(*from_hex<20>(kAddress), kText, bytes_of(kSignature))) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : good) EXPECT_EQ(count, 20);
}

}  // namespace
}  // namespace discovery

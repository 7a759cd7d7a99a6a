#include "identity/ed25519.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "identity/hex.h"
#include "tests/support/signer.h"

namespace discovery {
namespace {

struct Vector {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1.
const Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
     "1cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
     "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
     "984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
     "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
     "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f5"
     "4e9f77b1e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37"
     "c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efc"
     "b8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b"
     "3b310da903401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573c"
     "b116dbefefd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204"
     "ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958"
     "d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24"
     "554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c6"
     "5adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2"
     "cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128bab27af87a"
     "71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b"
     "e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9"
     "b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb"
     "038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f672451"
     "7b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08"
     "d78ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e"
     "2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d"
     "5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0"
     "f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041"
     "e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa9"
     "33a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380db2eaaa707b4c4185"
     "c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c"
     "15fc910840b94c00a0b9d0",
     "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23"
     "c436d94b5e8fcd4f681e30a6ac00a9704a188a03"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23"
     "a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c6"
     "6431e0303dca179c138ac17ad9bef1177331a704"},
};

// Points of order 1, 2, 4 and 8, in every spelling: as they should be written, with the sign of an
// x that is 0, and with y beyond the field. Under each of them any text verifies.
constexpr const char* kSmallOrder[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};

constexpr const char* kZero = "0000000000000000000000000000000000000000000000000000000000000000";
constexpr const char* kOne = "0100000000000000000000000000000000000000000000000000000000000000";
constexpr const char* kBasePoint =
    "5866666666666666666666666666666666666666666666666666666666666666";
constexpr const char* kOrder = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

std::string text_of(std::string_view hex) {
  std::string text;
  for (; !hex.empty(); hex.remove_prefix(2)) {
    text += static_cast<char>((*from_hex<1>(hex.substr(0, 2)))[0]);
  }
  return text;
}

bool is_good(std::string_view key, std::string_view text, std::string_view signature) {
  const Status status =
      Ed25519Verifier().verify(from_hex<32>(key).value(), text, from_hex<64>(signature).value());
  EXPECT_TRUE(status || status.error().code == Code::unauthorized);
  return status.has_value();
}

// The sum of two numbers of 32 bytes, the least significant byte first.
std::string sum(std::string_view a, std::string_view b) {
  auto digits = from_hex<32>(a).value();
  const auto addend = from_hex<32>(b).value();
  unsigned carry = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    carry += digits[i];
    carry += addend[i];
    digits[i] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  return to_hex(digits);
}

TEST(Ed25519, AcceptsTheVectorsOfRfc8032) {
  for (const Vector& vector : kVectors) {
    const std::string message = text_of(vector.message);
    EXPECT_TRUE(is_good(vector.key, message, vector.signature)) << vector.seed;
    const auto signer = Ed25519Signer::open(vector.seed).value();
    EXPECT_EQ(signer.id(), std::string("ed25519:") + vector.key);
    EXPECT_EQ(signer.sign(message), vector.signature);
  }
}

TEST(Ed25519, RefusesAnyOtherTextKeyAndSignature) {
  const Vector& vector = kVectors[2];
  const std::string message = text_of(vector.message);
  EXPECT_FALSE(is_good(vector.key, message + " ", vector.signature));
  EXPECT_FALSE(is_good(vector.key, "", vector.signature));
  EXPECT_FALSE(is_good(kVectors[1].key, message, vector.signature));
  const auto good = from_hex<64>(vector.signature).value();
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto changed = good;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(is_good(vector.key, message, to_hex(changed))) << bit;
  }
}

// With the identity as key, the base point and 1 fulfil the equation for every text; with the other
// keys they do, or a small-order point and 0, for one text in eight or more often.
TEST(Ed25519, RefusesForgeriesUnderKeysOfSmallOrder) {
  for (const char* const key : kSmallOrder) {
    for (int i = 0; i < 32; ++i) {
      const std::string text = "text " + std::to_string(i);
      EXPECT_FALSE(is_good(key, text, std::string(kBasePoint) + kOne)) << key;
      for (const char* const point : kSmallOrder) {
        EXPECT_FALSE(is_good(key, text, std::string(point) + kZero)) << key << ' ' << point;
      }
    }
  }
}

TEST(Ed25519, RefusesTheSameSignatureWithALargerS) {
  const Vector& vector = kVectors[1];
  const std::string r = std::string(vector.signature).substr(0, 64);
  std::string s = std::string(vector.signature).substr(64);
  for (int i = 0; i < 8; ++i) {
    s = sum(s, kOrder);
    EXPECT_FALSE(is_good(vector.key, text_of(vector.message), r + s)) << s;
  }
}

TEST(Ed25519, SignsWithNothingButASeedOf32Bytes) {
  for (const char* const seed : {"", "00", "g", kVectors[0].signature}) {
    const auto signer = Ed25519Signer::open(seed);
    ASSERT_FALSE(signer) << seed;
    EXPECT_EQ(signer.error().code, Code::invalid);
  }
}

TEST(Ed25519, RefusesZeros) {
  const std::string zeros = std::string(kZero) + kZero;
  EXPECT_FALSE(is_good(kZero, "", zeros));
  EXPECT_FALSE(is_good(kVectors[0].key, "", zeros));
}

}  // namespace
}  // namespace discovery

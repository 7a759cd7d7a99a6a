#include "identity/provider_id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

namespace discovery {
namespace {

std::string canonical(std::string_view text) {
  const auto id = ProviderId::parse(text);
  return id ? id->text() : "refused";
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

TEST(ProviderId, WritesAddressesAsTheExamplesOfEip55) {
  for (const std::string text :
       {"0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"}) {
    EXPECT_EQ(canonical(text), text);
    EXPECT_EQ(canonical(lower(text)), text);
    EXPECT_EQ(canonical("0x" + upper(text.substr(2))), text);
  }
}

TEST(ProviderId, WritesEd25519KeysInLowerCase) {
  const std::string digits = "00112233445566778899aAbBcCdDeEfF00112233445566778899aabbccddeeff";
  EXPECT_EQ(canonical("ed25519:" + digits), "ed25519:" + lower(digits));
  EXPECT_EQ(canonical("ed25519:" + upper(digits)), "ed25519:" + lower(digits));
}

TEST(ProviderId, KeepsOtherIdsAsSent) {
  for (const std::string text : {"provider123", "A", "...", ".a", "a-b_c.d~e:f@g+h", "Ed25519",
                                 "x0", "0", "00x", "ed2551:ab"}) {
    EXPECT_EQ(canonical(text), text);
  }
  EXPECT_NE(ProviderId::parse("Provider").value(), ProviderId::parse("provider").value());
}

TEST(ProviderId, AcceptsEveryAllowedCharacterAndNoOther) {
  const std::string allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:@+-";
  for (int c = 0; c < 256; ++c) {
    const std::string text = std::string("a") + static_cast<char>(c) + "b";
    const bool is_allowed = c != 0 && allowed.find(static_cast<char>(c)) != allowed.npos;
    EXPECT_EQ(ProviderId::parse(text).has_value(), is_allowed) << c;
  }
}

TEST(ProviderId, BoundsTheLength) {
  EXPECT_EQ(canonical(""), "refused");
  EXPECT_EQ(canonical(std::string(128, 'a')), std::string(128, 'a'));
  EXPECT_EQ(canonical(std::string(129, 'a')), "refused");
  EXPECT_EQ(canonical(std::string(1'000'000, 'a')), "refused");
  EXPECT_EQ(canonical("."), "refused");
  EXPECT_EQ(canonical(".."), "refused");
}

TEST(ProviderId, RefusesWhatOnlyLooksLikeAKey) {
  const std::string address(40, 'a');
  const std::string key(64, 'a');
  for (const std::string& text :
       {std::string("0x"), std::string("0X"), "0x" + address.substr(1), "0x" + address + "a",
        "0X" + address, "0x" + address.substr(1) + "g", std::string("ed25519:"),
        "ed25519:" + key.substr(1), "ed25519:" + key + "a", "ED25519:" + key, "Ed25519:" + key,
        "ed25519:" + key.substr(1) + "g"}) {
    const auto id = ProviderId::parse(text);
    ASSERT_FALSE(id.has_value()) << text;
    EXPECT_EQ(id.error().code, Code::invalid);
    EXPECT_NE(id.error().message.find("hex digits"), std::string::npos);
  }
}

}  // namespace
}  // namespace discovery

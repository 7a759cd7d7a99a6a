#include "identity/signature.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "identity/hex.h"
#include "identity/provider_id.h"
#include "tests/support/signer.h"

namespace discovery {
namespace {

using Action = SignedRequest::Action;

const std::string kEthereumHex(130, 'a');
const std::string kEd25519Hex(128, 'b');

/// Empty where the header can be read.
std::string refusal(std::string_view header, KeyKind kind = KeyKind::ethereum) {
  const auto signature = parse_signature(header, kind);
  EXPECT_TRUE(signature || signature.error().code == Code::unauthorized) << header;
  return signature ? "" : signature.error().message;
}

bool says(const std::string& message, const std::string& what) {
  return message.find(what) != message.npos;
}

TEST(ProviderKey, IsNamedByAddressesAndEd25519IdsAlone) {
  const auto address = key_of("0x2c7536E3605D9C16a7a3D7b1898e529396a65c23");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->kind, KeyKind::ethereum);
  EXPECT_EQ(to_hex(address->bytes),
            "2c7536e3605d9c16a7a3d7b1898e529396a65c23" + std::string(24, '0'));
  const std::string digits = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  const auto key = key_of("ed25519:" + digits);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->kind, KeyKind::ed25519);
  EXPECT_EQ(to_hex(key->bytes), digits);
  for (const std::string& id : {std::string("provider123"), std::string(), std::string("0x"),
                                "0x" + digits, std::string("ed25519:"), digits}) {
    EXPECT_FALSE(key_of(id)) << id;
  }
}

TEST(ProviderKey, NamesItsCanonicalId) {
  for (const std::string id :
       {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"}) {
    EXPECT_EQ(id_of(key_of(id).value()), id);
  }
}

TEST(ProviderKey, IsOneInEverySpelling) {
  const auto lower = ProviderId::parse("0x2c7536e3605d9c16a7a3d7b1898e529396a65c23");
  const auto upper = ProviderId::parse("0x2C7536E3605D9C16A7A3D7B1898E529396A65C23");
  EXPECT_EQ(key_of(lower->text()), key_of(upper->text()));
  EXPECT_TRUE(key_of(lower->text()));
}

TEST(Signature, IsClaimedByItsFirstTwoCharacters) {
  EXPECT_TRUE(claims_signature("t="));
  EXPECT_TRUE(claims_signature("t=1,v1=zz"));
  for (const char* const text : {"", "t", "T=1", " t=1", "v1=aa,t=1", "signature", "0x00"}) {
    EXPECT_FALSE(claims_signature(text)) << text;
    EXPECT_TRUE(says(refusal(text), "must begin with t="));
  }
}

TEST(Signature, IsReadInBothForms) {
  for (const std::string prefix : {"", "0x"}) {
    const auto signature =
        parse_signature("t=1760000000123,v1=" + prefix + kEthereumHex, KeyKind::ethereum);
    ASSERT_TRUE(signature);
    EXPECT_EQ(signature->time_ms, 1760000000123);
    EXPECT_EQ(signature->time, "1760000000123");
    EXPECT_EQ(signature->size, 65);
    EXPECT_EQ(to_hex(signature->bytes), kEthereumHex);
  }
  const auto signature = parse_signature("t=0,v1=" + kEd25519Hex, KeyKind::ed25519);
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->time_ms, 0);
  EXPECT_EQ(signature->size, 64);
  EXPECT_EQ(to_hex(signature->bytes), kEd25519Hex + "00");
}

TEST(Signature, TakesTimesOfOneToSixteenDigits) {
  const std::string rest = ",v1=" + kEthereumHex;
  EXPECT_EQ(parse_signature("t=9999999999999999" + rest, KeyKind::ethereum)->time_ms,
            9'999'999'999'999'999);
  const auto padded = parse_signature("t=0001760000000123" + rest, KeyKind::ethereum);
  EXPECT_EQ(padded->time_ms, 1760000000123);
  EXPECT_EQ(padded->time, "0001760000000123");
  EXPECT_TRUE(says(refusal("t=10000000000000000" + rest), "at most 16 digits"));
  EXPECT_TRUE(says(refusal("t=18446744073709551616" + rest), "at most 16 digits"));
  EXPECT_TRUE(says(refusal("t=" + std::string(1000, '1')), "at most 16 digits"));
}

TEST(Signature, SaysWhatIsWrongWithTheTime) {
  const std::string rest = ",v1=" + kEthereumHex;
  EXPECT_TRUE(says(refusal("t=" + rest), "t is empty"));
  EXPECT_TRUE(says(refusal("t="), "t is empty"));
  EXPECT_TRUE(says(refusal("t=-1" + rest), "must not be negative"));
  for (const std::string time : {"+1", " 1", "1 ", "1.5", "1e9", "0x1", "t=1", "1\n"}) {
    EXPECT_TRUE(says(refusal("t=" + time + rest), "digits alone")) << time;
  }
}

TEST(Signature, TakesItsPartsInOneOrderAndOnce) {
  const std::string hex = kEthereumHex;
  for (const std::string& header : {std::string("t=1"), std::string("t=1,"), "t=1,,v1=" + hex,
                                    "t=1, v1=" + hex, "t=1,v2=" + hex, "t=1,V1=" + hex,
                                    "t=1,t=2,v1=" + hex, "t=1," + hex, std::string("t=1,v1")}) {
    EXPECT_TRUE(says(refusal(header), "followed by ,v1=")) << header;
  }
  for (const std::string& tail :
       {std::string(","), ",v1=" + hex, std::string(",t=1"), std::string(",x")}) {
    EXPECT_TRUE(says(refusal("t=1,v1=" + hex + tail), "nothing may follow")) << tail;
  }
}

TEST(Signature, SaysWhatIsWrongWithTheHex) {
  for (const std::string& digits :
       {std::string("zz"), "0X" + kEthereumHex, "0x0x" + kEthereumHex, kEthereumHex + " ",
        " " + kEthereumHex, "g" + kEthereumHex.substr(1)}) {
    EXPECT_TRUE(says(refusal("t=1,v1=" + digits), "hex digits alone")) << digits;
  }
  EXPECT_EQ(refusal("t=1,v1=" + kEd25519Hex),
            "v1 must be 65 bytes in hex (130 digits) for an Ethereum address, not 128 digits");
  EXPECT_EQ(refusal("t=1,v1=" + kEthereumHex, KeyKind::ed25519),
            "v1 must be 64 bytes in hex (128 digits) for an Ed25519 key, not 130 digits");
  for (const size_t digits : {0U, 1U, 129U, 131U, 132U, 260U, 10'000U}) {
    const std::string hex(digits, 'a');
    EXPECT_TRUE(says(refusal("t=1,v1=" + hex), "65 bytes")) << digits;
    EXPECT_TRUE(says(refusal("t=1,v1=0x" + hex, KeyKind::ed25519), "64 bytes")) << digits;
  }
}

TEST(Signature, MustBeOfItsTime) {
  constexpr int64_t kNow = 1'760'000'000'000;
  const TimeWindow window;
  const auto check = [&](int64_t time_ms) {
    const Status status = check_time(time_ms, kNow, window);
    return status ? "" : status.error().message;
  };
  EXPECT_EQ(check(kNow), "");
  EXPECT_EQ(check(kNow - 120'000), "");
  EXPECT_EQ(check(kNow + 30'000), "");
  for (const int64_t time_ms : {kNow - 120'001, kNow + 30'001, int64_t{0}, int64_t{99'999'999},
                                int64_t{100'000'000'000}, int64_t{9'999'999'999'999'999}}) {
    EXPECT_EQ(check(time_ms),
              "t must lie within 120 s behind and 30 s ahead of the server's clock");
  }
  for (const int64_t time_ms : {int64_t{100'000'000}, kNow / 1000, int64_t{99'999'999'999}}) {
    EXPECT_TRUE(says(check(time_ms), "must be in milliseconds")) << time_ms;
  }
}

TEST(SignedText, IsThatOfTheContract) {
  const SignedRequest post{Action::post, "board.example:9001", "provider123", "1760000000123",
                           "abc"};
  EXPECT_EQ(signed_text(post),
            "Golem Discovery v1\n"
            "POST /api/v1/advertisements\n"
            "host: board.example:9001\n"
            "provider: provider123\n"
            "time: 1760000000123\n"
            "body-sha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const SignedRequest withdrawal{Action::withdraw, "board.example",
                                 "0x2C7536E3605D9C16A7A3D7B1898E529396A65C23", "1", "abc"};
  EXPECT_EQ(signed_text(withdrawal),
            "Golem Discovery v1\n"
            "DELETE /api/v1/advertisements/0x2C7536E3605D9C16A7A3D7B1898E529396A65C23\n"
            "host: board.example\n"
            "provider: 0x2C7536E3605D9C16A7A3D7B1898E529396A65C23\n"
            "time: 1\n"
            "body-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/// Whether a signature made for one request is taken for another.
template <class Signer>
bool is_taken(const Signer& signer, const SignedRequest& made_for, const SignedRequest& sent) {
  const ProviderKey key = key_of(signer.id()).value();
  const auto signature = parse_signature(header_of(signer, 1, signed_text(made_for)), key.kind);
  return Verifier().verify(key, signed_text(sent), signature.value()).has_value();
}

template <class Signer>
void expect_bound_to_the_request() {
  const Signer signer = numbered_signer<Signer>(1);
  const SignedRequest request{Action::post, "board.example", signer.id(), "1", "{}"};
  EXPECT_TRUE(is_taken(signer, request, request));

  SignedRequest other = request;
  other.action = Action::withdraw;
  EXPECT_FALSE(is_taken(signer, request, other));
  other = request;
  other.host = "other.example";
  EXPECT_FALSE(is_taken(signer, request, other));
  other = request;
  const std::string id = numbered_signer<Signer>(2).id();
  other.provider_id = id;
  EXPECT_FALSE(is_taken(signer, request, other));
  other = request;
  other.time = "2";
  EXPECT_FALSE(is_taken(signer, request, other));
  other = request;
  other.body = "{ }";
  EXPECT_FALSE(is_taken(signer, request, other));
}

TEST(Verifier, BindsEthereumSignaturesToTheRequest) {
  expect_bound_to_the_request<EthereumSigner>();
}

TEST(Verifier, BindsEd25519SignaturesToTheRequest) { expect_bound_to_the_request<Ed25519Signer>(); }

TEST(Verifier, RefusesTheSignaturesOfOtherKeys) {
  const Verifier verifier;
  const EthereumSigner wallet = numbered_signer<EthereumSigner>(1);
  const Ed25519Signer signer = numbered_signer<Ed25519Signer>(1);
  const auto of_wallet = parse_signature(header_of(wallet, 1, "text"), KeyKind::ethereum);
  const auto of_signer = parse_signature(header_of(signer, 1, "text"), KeyKind::ed25519);
  const auto verify = [&](const std::string& id, const Signature& signature) {
    return verifier.verify(key_of(id).value(), "text", signature).has_value();
  };
  EXPECT_TRUE(verify(wallet.id(), *of_wallet));
  EXPECT_TRUE(verify(signer.id(), *of_signer));
  EXPECT_FALSE(verify(numbered_signer<EthereumSigner>(2).id(), *of_wallet));
  EXPECT_FALSE(verify(numbered_signer<Ed25519Signer>(2).id(), *of_signer));
}

}  // namespace
}  // namespace discovery

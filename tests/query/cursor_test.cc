#include "query/cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/ascii.h"

namespace discovery {
namespace {

using testing::HasSubstr;

constexpr uint64_t kFingerprint = 0x0123456789abcdef;

Position example() {
  return {.country = parse_country("SE").value(),
          .created = WallTime{Duration{1'771'494'870'123'456}},
          .value = 21.5,
          .provider_id = "ed25519:" + std::string(64, 'a')};
}

std::string fault(std::string_view text, uint64_t fingerprint = kFingerprint) {
  const Result<Position> position = decode_cursor(text, fingerprint);
  return position ? "no fault" : position.error().message;
}

TEST(Cursor, LeadsBackToItsPlace) {
  std::vector<Position> positions(5, example());
  positions[1].value.reset();
  positions[2].provider_id = std::string(128, '~');
  positions[3] = {0, WallTime::min(), -1e300, "a+b"};
  positions[4] = {kCountryCount - 1, WallTime::max(), 0, "@"};
  for (const Position& position : positions) {
    const Result<Position> again =
        decode_cursor(encode_cursor(position, kFingerprint), kFingerprint);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, position);
  }
}

TEST(Cursor, NeedsNoEscapeInATarget) {
  for (const char c : encode_cursor(example(), kFingerprint)) {
    EXPECT_TRUE(is_ascii_digit(c) || is_ascii_letter(c)) << c;
  }
}

// A server of tomorrow must still read what one of today has given out.
TEST(Cursor, KeepsItsForm) {
  EXPECT_EQ(
      encode_cursor({.country = parse_country("SE").value(),
                     .created = WallTime{Duration{1'771'494'870'123'456}},
                     .value = 21.5,
                     .provider_id = "provider123"},
                    kFingerprint),
      "fac17b15a7e1d5d9efcdab8967452301c083744a2a4b0600000000000080354001534570726f766964657231"
      "3233");
}

// From before ties were broken by creation: the place may lie elsewhere in today's order.
TEST(Cursor, IsOutdatedInItsFormerForm) {
  const Result<Position> position = decode_cursor(
      "071f610cd435a662efcdab8967452301c083744a2a4b0600000000000080354001534570726f766964657231"
      "3233",
      kFingerprint);
  ASSERT_FALSE(position);
  EXPECT_EQ(position.error().code, Code::not_found);
  EXPECT_THAT(position.error().message, HasSubstr("earlier version"));
}

TEST(Cursor, BelongsToOneQuery) {
  EXPECT_THAT(fault(encode_cursor(example(), kFingerprint), kFingerprint + 1),
              HasSubstr("belongs to another query"));
}

TEST(Cursor, NoticesEveryChange) {
  const std::string good = encode_cursor(example(), kFingerprint);
  for (size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = good[at] == '0' ? '1' : '0';
    EXPECT_EQ(fault(changed), "is not a cursor of this board") << at;
    EXPECT_EQ(fault(good.substr(0, at)), "is not a cursor of this board") << at;
  }
  for (const std::string_view tail : {"0", "00", "zz", "\n"}) {
    EXPECT_EQ(fault(good + std::string(tail)), "is not a cursor of this board");
  }
}

TEST(Cursor, RefusesWhatIsForeign) {
  for (const std::string& text :
       {std::string("x"), std::string("0"), std::string("eyJvZmZzZXQiOiAxMDB9"), std::string("1"),
        std::string(8'000, 'a'), std::string(70, '0'), std::string("\xff\xff")}) {
    EXPECT_EQ(fault(text), "is not a cursor of this board") << text;
  }
}

// The checksum is no secret: what it covers is looked at all the same.
TEST(Cursor, RefusesPlacesThatNoListHas) {
  Position position = example();
  for (const std::string& id :
       {std::string(""), std::string(129, 'p'), std::string(".."), std::string("a b"),
        std::string("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")}) {
    position.provider_id = id;
    EXPECT_EQ(fault(encode_cursor(position, kFingerprint)), "is not a cursor of this board") << id;
  }
  position = example();
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    position.value = value;
    EXPECT_EQ(fault(encode_cursor(position, kFingerprint)), "is not a cursor of this board");
  }
}

}  // namespace
}  // namespace discovery

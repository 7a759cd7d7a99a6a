#include "board/index/column_codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace discovery {
namespace {

std::vector<uint32_t> telling_sizes() {
  std::vector<uint32_t> sizes;
  for (uint32_t size = 0; size < 70'000; ++size) sizes.push_back(size);
  for (unsigned k = 17; k < 32; ++k) {
    for (uint32_t around : {uint32_t{1} << k, (uint32_t{1} << k) + (uint32_t{1} << (k - 3))}) {
      sizes.insert(sizes.end(), {around - 1, around, around + 1});
    }
  }
  sizes.push_back(UINT32_MAX);
  return sizes;
}

TEST(SizeCode, IsMonotoneAndZeroOnlyForZero) {
  uint16_t last = 0;
  for (const uint32_t size : telling_sizes()) {
    const uint16_t code = size_code(size);
    EXPECT_GE(code, last) << size;
    EXPECT_EQ(code >> 8 == 0, size == 0) << size;
    last = code;
  }
}

TEST(SizeCode, TheLeastAndTheMostOfACodeAreTheLeastAndTheMost) {
  for (const uint32_t size : telling_sizes()) {
    const uint16_t code = size_code(size);
    const uint32_t least = least_of_code(code);
    ASSERT_LE(least, size);
    ASSERT_EQ(size_code(least), code);
    ASSERT_TRUE(least == 0 || size_code(least - 1) < code);
    const uint32_t most = most_of_code(code);
    ASSERT_GE(most, size);
    ASSERT_EQ(size_code(most), code);
    ASSERT_TRUE(most == UINT32_MAX || size_code(most + 1) > code);
  }
}

TEST(SizeCode, TellsSizesBelow4096Apart) {
  for (uint32_t size = 0; size < 4'096; ++size) {
    ASSERT_EQ(least_of_code(size_code(size)), size);
    ASSERT_EQ(most_of_code(size_code(size)), size);
  }
  EXPECT_EQ(size_code(4'096), size_code(4'097));
}

TEST(SizeCode, TheHighByteTellsSizesAnEighthApart) {
  for (unsigned k = 3; k < 31; ++k) {
    const uint32_t size = uint32_t{1} << k;
    EXPECT_EQ((size_code(size) >> 8) + 1, size_code(size + size / 8) >> 8);
    EXPECT_EQ((size_code(size) >> 8) + 8, size_code(size * 2) >> 8);
  }
}

TEST(PriceCode, IsRoundedDownByLessThanAStep) {
  EXPECT_EQ(least_of_price_code(price_code(0)), 0);
  EXPECT_EQ(least_of_price_code(price_code(1e-300)), 0);
  for (double price = 1e-6; price <= 1e9; price *= 1.0037) {
    const double least = least_of_price_code(price_code(price));
    ASSERT_LE(least, price);
    ASSERT_GT(least * (1 + 1.0 / 256) * (1 + 1e-6), price);
    ASSERT_GT(most_of_price_code(price_code(price)), price);
  }
  EXPECT_LT(price_code(1e9), kUnknownPrice);
  EXPECT_TRUE(std::isinf(least_of_price_code(kUnknownPrice)));
}

TEST(ExpiryCode, IsMonotoneAndStaysWithinItsBits) {
  EXPECT_EQ(expiry_code(BootTime::min()), 0U);
  EXPECT_EQ(expiry_code(BootTime::max()), UINT32_MAX);
  EXPECT_EQ(expiry_code(BootTime(Duration{65'535})), 0U);
  EXPECT_EQ(expiry_code(BootTime(Duration{65'536})), 1U);
}

}  // namespace
}  // namespace discovery

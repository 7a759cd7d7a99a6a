#include "net/unsent_bytes.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace discovery {
namespace {

std::string text_of(const UnsentBytes& unsent) {
  std::string text;
  for (const iovec& piece : unsent.pieces()) {
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return text;
}

Out out_of(std::string_view text, std::string_view tail) {
  Out out(0);
  out.text = text;
  out.tail = tail;
  return out;
}

TEST(UnsentBytes, KeepsACopyOfWhatIsBorrowed) {
  UnsentBytes unsent;
  std::string body = "body";
  Out out = out_of("head ", body);
  unsent.put(out, 2);
  body = "gone";
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(text_of(unsent), "ad body");
  unsent.take(3);
  EXPECT_EQ(text_of(unsent), "body");
  unsent.take(4);
  EXPECT_TRUE(unsent.empty());
}

TEST(UnsentBytes, SendsABodyWithAnOwnerFromWhereItIs) {
  UnsentBytes unsent;
  auto body = std::make_shared<const std::string>(100'000, 'b');
  const std::weak_ptr<const std::string> watch = body;
  for (const size_t sent : {0U, 2U, 5U, 7U}) {
    Out out = out_of("head ", *body);
    out.tail_owner = body;
    unsent.put(out, sent);
    EXPECT_EQ(text_of(unsent), ("head " + *body).substr(sent));
    EXPECT_GE(unsent.bytes(), 100'000U) << "kept from being freed";
    EXPECT_LT(unsent.bytes(), 101'000U) << "but no copy";
    unsent.take(100'005 - sent);
    EXPECT_TRUE(unsent.empty());
  }
  Out out = out_of("head ", *body);
  out.tail_owner = std::move(body);
  unsent.put(out, 6);
  EXPECT_FALSE(watch.expired());
  unsent.take(99'999);
  EXPECT_TRUE(watch.expired());
}

TEST(UnsentBytes, WhatLivesAsLongAsTheProcessTakesNoMemory) {
  static const std::string body(100'000, 'b');
  UnsentBytes unsent;
  Out out = out_of("head ", body);
  out.tail_owner = process_owned(&body);
  unsent.put(out, 7);
  EXPECT_LT(unsent.bytes(), 1'000U);
  EXPECT_EQ(text_of(unsent), body.substr(2));
}

TEST(UnsentBytes, WhatComesLaterStandsBehindWhatIsUnsent) {
  UnsentBytes unsent;
  const auto owner = std::make_shared<const std::string>("first");
  Out first = out_of("1 ", *owner);
  first.tail_owner = owner;
  unsent.put(first, 4);
  Out second = out_of(" 2 ", "second");
  unsent.put(second, 0);
  EXPECT_EQ(text_of(unsent), "rst 2 second");
  Out third = out_of(" 3 ", *owner);
  third.tail_owner = owner;
  unsent.put(third, 0);
  EXPECT_EQ(text_of(unsent), "rst 2 second 3 first");
  unsent.take(std::string("rst 2 second 3 fir").size());
  EXPECT_EQ(text_of(unsent), "st");
}

}  // namespace
}  // namespace discovery

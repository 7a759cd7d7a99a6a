// Compressed answers: when they are sent, what they cost, and that plain ones stay the same.
#include "api/reply/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>

#include "api/reply/negotiation.h"
#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

std::string decompressed(std::string_view bytes) {
  std::string text(1 << 20, '\0');
  libdeflate_decompressor* const state = libdeflate_alloc_decompressor();
  size_t size = 0;
  EXPECT_EQ(libdeflate_gzip_decompress(state, bytes.data(), bytes.size(), text.data(), text.size(),
                                       &size),
            LIBDEFLATE_SUCCESS);
  libdeflate_free_decompressor(state);
  text.resize(size);
  return text;
}

void fill(Rig& rig, int providers) {
  for (int i = 0; i < providers; ++i) rig.post(kOffer, "provider-" + std::to_string(i));
}

TEST(Gzip, IsChosenByWhatTheClientAccepts) {
  const auto coding = [](std::string_view accepted) { return preferred_coding({accepted, 1}); };
  for (const std::string_view accepted :
       {"gzip", "GZip", "x-gzip", "gzip, deflate", "gzip, deflate, br", "deflate,gzip;q=0.5", "*",
        "gzip;q=0.001", "identity;q=0.5, gzip;q=0.5", "gzip ; q=1.000", "br;q=1, *;q=0.1",
        "identity;q=0,gzip", " , gzip", "gzip;x=y;q=0.3"}) {
    EXPECT_EQ(coding(accepted), Coding::gzip) << accepted;
  }
  for (const std::string_view accepted :
       {"", "identity", "deflate, br", "gzip;q=0", "gzip;q=0.0", "*;q=0", "gzip;q=0,*",
        "gzip;q=0.5, identity", "gzip;q=x", "gzip;q=", "gzip;q=2", "gzip;q=0.12345", "gzipped",
        "gzip;q=1x", "identity;q=0"}) {
    EXPECT_EQ(coding(accepted), Coding::identity) << accepted;
  }
  EXPECT_EQ(preferred_coding({}), Coding::identity);
  EXPECT_EQ(preferred_coding({"br,gzip", 2}), Coding::gzip);
}

TEST(Tags, AreNamedInEverySpellingThatProxiesMakeOfThem) {
  const std::string tag = entity_tag(0x9f2c4e6a8b0d1f35);
  for (const std::string_view named :
       {"W/\"9f2c4e6a8b0d1f35\"", "\"9f2c4e6a8b0d1f35\"", "w/\"9f2c4e6a8b0d1f35\"",
        "W/\"9f2c4e6a8b0d1f35-gzip\"", "\"9f2c4e6a8b0d1f35-gzip\"", "W/\"9f2c4e6a8b0d1f35-br\"",
        "\"9f2c4e6a8b0d1f35--gzip\"", "\"9f2c4e6a8b0d1f35;gzip\"", "\"9f2c4e6a8b0d1f35:zstd\"",
        "\"x\", W/\"9f2c4e6a8b0d1f35\"", "\"x\",,\"9f2c4e6a8b0d1f35-gzip\" , \"y\"", "*", " * ",
        "*,\"x\"", "\"x\", *"}) {
    EXPECT_TRUE(names_tag(named, tag)) << named;
  }
  for (const std::string_view named :
       {"", "W/", "\"\"", "9f2c4e6a8b0d1f35", "\"9f2c4e6a8b0d1f36\"", "\"9f2c4e6a8b0d1f35",
        "\"9f2c4e6a8b0d1f3\"", "\"9f2c4e6a8b0d1f350\"", "\"9f2c4e6a8b0d1f35-\"",
        "\"9f2c4e6a8b0d1f35gzip\"", "\"9f2c4e6a8b0d1f35-gzip2\"", "\"9f2c4e6a8b0d1f35---gzip\"",
        "\"9f2c4e6a8b0d1f35-gzipgzipg\"", "\"x9f2c4e6a8b0d1f35\"", "\"*\"", "**"}) {
    EXPECT_FALSE(names_tag(named, tag)) << named;
  }
}

TEST(Gzip, CompressesAListUnderTheSameTag) {
  Rig rig;
  fill(rig, 20);
  const Answered plain = rig.list("limit=19");
  const std::string headers = plain.further_headers;
  EXPECT_THAT(headers, HasSubstr("Link: "));
  for (int i = 0; i < 3; ++i) {
    const Answered answer = rig.list_as("gzip, deflate", "limit=19");
    EXPECT_EQ(answer.further_headers, headers + "Content-Encoding: gzip\r\n");
    EXPECT_EQ(answer.caching, Caching::no_cache);
    EXPECT_LT(answer.body.size(), plain.body.size() / 3);
    EXPECT_EQ(decompressed(answer.body), plain.body);
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.list("limit=19").body, plain.body);
}

TEST(Gzip, LeavesShortAnswersAndErrorsAsTheyAre) {
  Rig rig;
  EXPECT_EQ(rig.list_as("gzip").body, "[]");
  fill(rig, 1);
  EXPECT_EQ(rig.list_as("gzip").body, rig.list().body);
  EXPECT_EQ(rig.list_as("gzip").header("Content-Encoding"), "");
  EXPECT_THAT(rig.list_as("gzip", "x=1").body, HasSubstr("REQ_001"));
}

TEST(Gzip, CompressesAPageAgainOnlyWhenItHasChanged) {
  RigOptions options;
  options.api.gzip_bytes_per_second = 10'000;  // enough for one page, not for two
  Rig rig(options);
  fill(rig, 20);
  const size_t size = rig.list().body.size();
  ASSERT_LT(size, 10'000U);
  ASSERT_GT(2 * size, 10'000U);
  const auto is_compressed = [&](std::string_view query) {
    const Answered answer = rig.list_as("gzip", query);
    EXPECT_EQ(answer.status, 200);
    return answer.header("Content-Encoding") == "gzip";
  };
  EXPECT_TRUE(is_compressed(""));
  EXPECT_FALSE(is_compressed("limit=19"));
  EXPECT_TRUE(is_compressed(""));
  rig.post(kOffer, "elsewhere");
  rig.withdraw("elsewhere", "elsewhere");
  EXPECT_TRUE(is_compressed(""));
  fill(rig, 1);
  rig.clock.advance(milliseconds{1});
  fill(rig, 1);
  EXPECT_FALSE(is_compressed(""));
  rig.clock.advance(seconds{1});
  EXPECT_TRUE(is_compressed(""));
}

TEST(Gzip, PutsByTheBudgetOfASecondAtMost) {
  Gzip gzip(2 * Gzip::kTextMin);
  const std::string text(Gzip::kTextMin, 'x');
  std::string out;
  BootTime now{seconds{100}};
  const auto compressions = [&] {
    int done = 0;
    while (gzip.compress(text, now, out)) ++done;
    return done;
  };
  EXPECT_EQ(compressions(), 2);
  now += milliseconds{499};
  EXPECT_EQ(compressions(), 0);
  now += milliseconds{1};
  EXPECT_EQ(compressions(), 1);
  now += seconds{3'600};
  EXPECT_EQ(compressions(), 2);
}

TEST(Gzip, RefusesWhatIsTooShortOrWouldGrow) {
  Gzip gzip(1'000'000);
  std::string out;
  const BootTime now{seconds{100}};
  EXPECT_FALSE(gzip.compress(std::string(Gzip::kTextMin - 1, 'x'), now, out));
  EXPECT_TRUE(gzip.compress(std::string(Gzip::kTextMin, 'x'), now, out));
  EXPECT_EQ(decompressed(out), std::string(Gzip::kTextMin, 'x'));
  std::string noise(Gzip::kTextMin, '\0');
  uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  EXPECT_FALSE(gzip.compress(noise, now, out));
}

}  // namespace
}  // namespace discovery

#include "store/sqlite/page_keys.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/support/seed.h"
#include "tests/support/store_fixture.h"

namespace discovery {
namespace {

using testing::IsEmpty;

/// All keys of a file, each once.
struct Keys {
  std::vector<int64_t> rowids;
  std::vector<std::string> texts;
};

Keys keys_of(const std::string& path, size_t page_bytes) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  Keys found;
  PageKeys keys;
  for (size_t at = 0; at < bytes.size(); at += page_bytes) {
    keys.read(std::string_view(bytes).substr(at, page_bytes), at == 0 ? 100 : 0);
    found.rowids.insert(found.rowids.end(), keys.rowids.begin(), keys.rowids.end());
    found.texts.insert(found.texts.end(), keys.texts.begin(), keys.texts.end());
  }
  return found;
}

TEST(PageKeys, AreThoseOfAllRowsWhateverThePagesSize) {
  for (const size_t page_bytes : {512U, 1024U, 4096U, 65536U}) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("keys.db");
    OtherProgram program(path);
    program.run("PRAGMA page_size = " + std::to_string(page_bytes));
    program.run(
        "CREATE TABLE numbered (text TEXT);"
        "CREATE TABLE named (name TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " INSERT INTO named SELECT 'name' || i, i FROM n;"
        "INSERT INTO numbered (rowid, text) SELECT number * number * 1000000000, name FROM named;"
        "INSERT INTO numbered (rowid, text) VALUES (-5, zeroblob(100000))");
    Keys keys = keys_of(path, page_bytes);
    std::sort(keys.rowids.begin(), keys.rowids.end());
    std::sort(keys.texts.begin(), keys.texts.end());
    for (int64_t i = 1; i <= 3'000; ++i) {
      ASSERT_TRUE(std::binary_search(keys.rowids.begin(), keys.rowids.end(), i * i * 1'000'000'000))
          << i << " in pages of " << page_bytes;
      ASSERT_TRUE(
          std::binary_search(keys.texts.begin(), keys.texts.end(), "name" + std::to_string(i)))
          << i << " in pages of " << page_bytes;
    }
    EXPECT_TRUE(std::binary_search(keys.rowids.begin(), keys.rowids.end(), -5));
  }
}

TEST(PageKeys, OfPagesThatHoldNoneAreNone) {
  PageKeys keys;
  for (const char first : {'\x00', '\x05', '\x01', '\xee'}) {
    keys.read(first + std::string(511, '\x01'), 0);
    EXPECT_THAT(keys.rowids, IsEmpty());
    EXPECT_THAT(keys.texts, IsEmpty());
  }
}

TEST(PageKeys, OfAnyBytesLieWithinThem) {
  const uint64_t seed = chosen_or_new_seed();
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  PageKeys keys;
  for (int round = 0; round < 20'000; ++round) {
    std::string page(random() % 2 == 0 ? 512 : random() % 600, '\0');
    for (char& c : page) c = static_cast<char>(random());
    if (!page.empty()) page[0] = "\x0d\x0a\x02\x0d"[random() % 4];
    keys.read(page, round % 7 == 0 ? 100 : 0);
    for (const std::string_view text : keys.texts) {
      ASSERT_GE(text.data(), page.data());
      ASSERT_LE(text.data() + text.size(), page.data() + page.size());
    }
  }
}

}  // namespace
}  // namespace discovery

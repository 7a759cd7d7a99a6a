// Bytes in random splits give the same requests, answers and end as in one piece.
//
// The input's first four bytes seed the splits; the rest is what a client sends.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "tests/support/wire.h"

namespace discovery {
namespace {

// Small, so that the fuzzer reaches them.
constexpr ProtocolLimits kLimits{.head = {.head_bytes = 300, .target_bytes = 100},
                                 .body_bytes = 200};

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view bytes, uint32_t seed) {
  test::Debts debts;
  test::EchoHandler handler(debts);
  const auto whole = std::make_shared<test::Wire>(handler, kLimits);
  const std::string answers = whole->receive(bytes);

  const auto split = std::make_shared<test::Wire>(handler, kLimits);
  std::mt19937 random(seed);
  std::string split_answers;
  for (std::string_view rest = bytes; !rest.empty();) {
    const size_t size = 1 + random() % (1 + random() % 64);
    split_answers += split->receive(rest.substr(0, size));
    rest.remove_prefix(std::min(size, rest.size()));
  }
  require(split_answers == answers);
  require(split->protocol().phase() == whole->protocol().phase());
  require(split->protocol().answered() == whole->protocol().answered());
  debts.settle();
  require(split->advance() == whole->advance());
}

}  // namespace
}  // namespace discovery

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  uint32_t seed = 0;
  if (size < sizeof seed) return 0;
  std::memcpy(&seed, data, sizeof seed);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  discovery::check(bytes.substr(sizeof seed), seed);
  return 0;
}

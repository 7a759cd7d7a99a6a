// SEED=<number> in the environment gives a test of random cases that seed, such as the one that a
// failure has named.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>

namespace discovery {

inline std::optional<uint64_t> chosen_seed() {
  const char* const chosen = std::getenv("SEED");
  if (chosen == nullptr) return std::nullopt;
  return std::stoull(chosen);
}

/// Another one in every run, unless it is chosen.
inline uint64_t chosen_or_new_seed() {
  const auto chosen = chosen_seed();
  return chosen ? *chosen : std::random_device()();
}

}  // namespace discovery

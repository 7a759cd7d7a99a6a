// What a search goes through in the order of what it can be at best, so that most is never read.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <vector>

#include "board/columns.h"

namespace discovery {

/// What may hold something, by a lower bound of what that can be ranked: never above it.
template <class Of>
struct Candidate {
  double bound;
  const Of* of;

  bool operator<(const Candidate& other) const { return bound < other.bound; }
};

/// Hands out the candidates, the least first, until `visit` answers false, and shows each to
/// `expect` before. A heap, because most are never asked for.
template <class One, class Expect, class Visit>
void visit_least_first(std::vector<One>& candidates, Expect&& expect, Visit&& visit) {
  const auto later = [](const One& a, const One& b) { return b < a; };
  std::make_heap(candidates.begin(), candidates.end(), later);
  for (auto end = candidates.end(); end != candidates.begin(); --end) {
    std::pop_heap(candidates.begin(), end, later);
    expect(candidates.front());
    if (!visit(*(end - 1))) return;
  }
}

/// Hands out all candidates, first some far apart, then those between: where nothing is known of
/// their bounds, each may yet be better than the one that lies before it.
template <class One, class Visit>
void each_spread(const std::vector<One>& candidates, Visit&& visit) {
  const size_t count = candidates.size();
  if (count == 0) return;
  visit(candidates.front());
  for (size_t step = std::bit_ceil(count) / 2; step > 0; step /= 2) {
    for (size_t i = step; i < count; i += 2 * step) visit(candidates[i]);
  }
}

/// Some rows of one block, by whatever names them.
template <class Name>
class Chosen {
 public:
  void add(Name name) { names_[size_++] = name; }
  const Name* begin() const { return names_.data(); }
  const Name* end() const { return names_.data() + size_; }

 private:
  std::array<Name, kBlockRows> names_;
  size_t size_ = 0;
};

}  // namespace discovery

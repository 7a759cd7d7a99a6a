// What a search goes through in the order of what it can be at best, so that most is never read.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "board/columns.h"

namespace discovery {

/// A lower bound of what a block or a row can be ranked: never above it, and compared before any
/// listing is read.
struct Rough {
  double value = 0;
  uint16_t id = 0;

  bool operator<=(const Rough& other) const {
    return value < other.value || (value == other.value && id <= other.id);
  }
  bool operator<(const Rough& other) const { return !(other <= *this); }
};

template <class Of>
struct Candidate {
  Rough bound;
  const Of* of;
};

/// Hands out the candidates by their bounds, until `visit` answers false, and shows each to
/// `expect` before. A heap, because most are never asked for.
template <class Of, class Expect, class Visit>
void visit_by_bound(std::vector<Candidate<Of>>& candidates, Expect&& expect, Visit&& visit) {
  const auto later = [](const auto& a, const auto& b) { return b.bound < a.bound; };
  std::make_heap(candidates.begin(), candidates.end(), later);
  for (auto end = candidates.end(); end != candidates.begin(); --end) {
    std::pop_heap(candidates.begin(), end, later);
    expect(*candidates.front().of);
    if (!visit(*(end - 1))) return;
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

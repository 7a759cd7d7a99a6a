#include "board/size_walk.h"

#include <algorithm>
#include <bit>

namespace discovery {

SizeWalk::SizeWalk(const SizeList& list, Direction direction, const SizeCodes& least,
                   const SizePlace* after)
    : list_(&list),
      direction_(direction),
      least_(least),
      first_(list.lower_bound(least[list.dimension()])),
      end_(list.end()),
      at_(first_),
      rest_(first_) {
  if (direction == Direction::ascending) {
    if (after != nullptr) at_ = std::max(first_, list.upper_bound(*after));
    return;
  }
  at_ = rest_ = end_;
  if (after == nullptr) return;
  // First the rest of those who have its size.
  rest_ = list.lower_bound_exactly(after->size);
  end_ = list.upper_bound_exactly(after->size);
  at_ = std::max(first_, list.upper_bound(*after));
}

bool SizeWalk::next() {
  while (!find_next()) {
    if (direction_ == Direction::ascending || !find_group()) return false;
  }
  return true;
}

// Of 64 rows, a bit each: who is large enough.
uint64_t SizeWalk::flags(size_t part, uint32_t word) {
  if (const At asked{part, 64 * word}; judged_ != asked) {
    flags_ = list_->run(part).sizes.within(least_, asked.slot);
    judged_ = asked;
  }
  return flags_;
}

bool SizeWalk::find_next() {
  for (; at_ < end_; at_ = {at_.part + 1, 0}) {
    const uint32_t limit = at_.part == end_.part ? end_.slot : kBlockRows;
    while (at_.slot < limit) {
      const uint32_t word = at_.slot / 64;
      const uint64_t left = flags(at_.part, word) >> at_.slot % 64 << at_.slot % 64;
      if (left == 0) {
        at_.slot = 64 * (word + 1);
        continue;
      }
      found_ = {at_.part, 64 * word + static_cast<uint32_t>(std::countr_zero(left))};
      at_.slot = found_.slot + 1;
      if (found_.slot < limit) return true;
    }
  }
  return false;
}

// Descending: those with the size of the last one before the rest that is large enough.
bool SizeWalk::find_group() {
  while (first_ < rest_) {
    if (rest_.slot == 0) rest_ = {rest_.part - 1, kBlockRows};
    const uint32_t last = rest_.slot - 1;
    const uint32_t word = last / 64;
    const uint64_t before = flags(rest_.part, word) << (63 - last % 64) >> (63 - last % 64);
    if (before == 0) {
      rest_.slot = 64 * word;
      continue;
    }
    end_ = {rest_.part, 64 * (word + 1) - static_cast<uint32_t>(std::countl_zero(before))};
    const At found{end_.part, end_.slot - 1};
    rest_ = at_ = std::max(first_, list_->lower_bound_exactly(list_->size(found)));
    return true;
  }
  return false;
}

}  // namespace discovery

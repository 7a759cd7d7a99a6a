#include "board/index/top_n.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace discovery {

TopN::TopN(const Query& query, size_t limit)
    : ranking_(query.order, query.filter.size()), limit_(limit) {
  if (query.after) after_ = ranking_.rank(*query.after);
}

bool TopN::admits(const RankBounds& bounds) const {
  if (is_full()) {
    const Rank& last = heap_.front().rank;
    if (std::tie(last.value, last.created) < std::tie(bounds.least, bounds.created_least)) {
      return false;
    }
  }
  return !after_ ||
         std::tie(bounds.most, bounds.created_most) >= std::tie(after_->value, after_->created);
}

TopN::Window TopN::window() const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Window window{-kInfinity, kInfinity};
  if (after_) window.least = after_->value;
  if (is_full()) window.most = heap_.front().rank.value;
  return window;
}

void TopN::offer(const Listing& listing) {
  const auto before = [this](const Entry& a, const Entry& b) {
    return ranking_.before(a.rank, b.rank);
  };
  const Entry entry{ranking_.rank(listing), &listing};
  if (after_ && !ranking_.before(*after_, entry.rank)) return;
  if (is_full()) {
    if (!before(entry, heap_.front())) return;
    std::ranges::pop_heap(heap_, before);
    heap_.pop_back();
  }
  heap_.push_back(entry);
  std::ranges::push_heap(heap_, before);
}

std::vector<const Listing*> TopN::take() {
  std::ranges::sort_heap(
      heap_, [this](const Entry& a, const Entry& b) { return ranking_.before(a.rank, b.rank); });
  std::vector<const Listing*> listings;
  listings.reserve(heap_.size());
  for (const Entry& entry : std::exchange(heap_, {})) listings.push_back(entry.listing);
  return listings;
}

}  // namespace discovery

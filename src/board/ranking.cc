#include "board/ranking.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace discovery {

namespace {

constexpr double kUnknownLast = std::numeric_limits<double>::infinity();

}  // namespace

std::optional<Dimension> size_of(SortKey key) {
  switch (key) {
    case SortKey::cpu:
      return kCpu;
    case SortKey::memory:
      return kMemory;
    case SortKey::storage:
      return kStorage;
    default:
      return std::nullopt;
  }
}

double Ranking::value(const Listing& listing) const {
  switch (order_.key) {
    case SortKey::price: {
      const auto price = listing.price_per_month(Currency::usd, size_);
      return price ? turned(*price) : kUnknownLast;
    }
    case SortKey::cpu:
      return turned(listing.sizes().cpu);
    case SortKey::memory:
      return turned(listing.sizes().memory);
    case SortKey::storage:
      return turned(listing.sizes().storage);
    case SortKey::created_at:
      return turned(micros(listing.created()));
    case SortKey::updated_at:
      return turned(micros(listing.updated()));
    case SortKey::board:
    case SortKey::provider_id:
      return 0;
  }
  return 0;
}

Ranked Ranking::rank(const Listing& listing) const {
  return {value(listing), listing.country(), listing.created(), listing.provider_id(), &listing};
}

Ranked Ranking::rank(const Position& position) const {
  const bool valued = order_.key != SortKey::board && order_.key != SortKey::provider_id;
  const double unvalued = valued ? kUnknownLast : 0;
  return {position.value && valued ? turned(*position.value) : unvalued, position.country,
          position.created, position.provider_id, nullptr};
}

bool Ranking::before(const Ranked& a, const Ranked& b) const {
  if (order_.key == SortKey::board) {
    const auto place = [](const Ranked& one) {
      return std::tie(one.country, one.created, one.provider_id);
    };
    return order_.descending ? place(b) < place(a) : place(a) < place(b);
  }
  if (a.value != b.value) return a.value < b.value;
  if (order_.key == SortKey::provider_id && order_.descending) return b.provider_id < a.provider_id;
  return a.provider_id < b.provider_id;
}

void Best::offer(const Ranked& candidate) {
  const auto before = [&](const Ranked& a, const Ranked& b) { return ranking_.before(a, b); };
  if (!full()) {
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end(), before);
  } else if (limit_ > 0 && before(candidate, worst())) {
    std::pop_heap(heap_.begin(), heap_.end(), before);
    heap_.back() = candidate;
    std::push_heap(heap_.begin(), heap_.end(), before);
  }
}

std::vector<Ranked> Best::take_sorted() {
  std::sort(heap_.begin(), heap_.end(),
            [&](const Ranked& a, const Ranked& b) { return ranking_.before(a, b); });
  return std::exchange(heap_, {});
}

}  // namespace discovery

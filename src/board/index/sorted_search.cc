#include "board/index/sorted_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

namespace discovery {

namespace {

/// A row group by the best that it can hold.
struct Candidate {
  RankBounds bounds;
  uint32_t group;

  bool operator<(const Candidate& other) const {
    return std::tie(bounds.least, bounds.created_least) <
           std::tie(other.bounds.least, other.bounds.created_least);
  }
};

/// Hands out those that `top` still admits, the best first. A heap, because most are never asked
/// for.
template <class Visit>
void visit_best_first(std::vector<Candidate> candidates, const TopN& top, ScanLimit& limit,
                      Visit&& visit) {
  const auto later = [](const Candidate& a, const Candidate& b) { return b < a; };
  std::ranges::make_heap(candidates, later);
  while (!candidates.empty() && top.admits(candidates.front().bounds) && !limit.is_over()) {
    std::ranges::pop_heap(candidates, later);
    const Candidate best = candidates.back();
    candidates.pop_back();
    visit(best);
  }
}

/// Some slots of one row group.
class Slots {
 public:
  void add(uint32_t slot) { slots_[size_++] = slot; }
  const uint32_t* begin() const { return slots_.data(); }
  const uint32_t* end() const { return slots_.data() + size_; }

 private:
  std::array<uint32_t, kGroupRows> slots_;
  size_t size_ = 0;
};

uint32_t seconds_of(double micros) {
  return static_cast<uint32_t>(std::clamp(std::floor(micros / 1e6), 0.0, double{UINT32_MAX}));
}

// Takes away the flags of rows that were updated too early or too late for the page: hardly any are
// left to be looked at one by one.
void drop_by_update(const TopN& top, const RowGroup& group, SelectionVector& candidates) {
  auto [least, most] = top.window();
  if (top.ranking().turned(1) < 0) std::tie(least, most) = std::pair(-most, -least);
  group.compare_updated(seconds_of(least), seconds_of(most), candidates);
}

}  // namespace

std::vector<const Listing*> SortedSearch::find(const Query& query) const {
  TopN top(query, query.limit + 1);
  query.order.key == SortKey::price ? visit_leaves(top) : visit_groups(top);
  return top.take();
}

void SortedSearch::visit_groups(TopN& top) const {
  std::vector<Candidate> candidates;
  for (unsigned country = compiled_.next_country(0); country < kCountryCount;
       country = compiled_.next_country(country + 1)) {
    for (const RowTable::Entry& entry : index_.rows.of(static_cast<Country>(country))) {
      if (!compiled_.may_match(entry.zone_map)) continue;
      // By size, least first, row groups would all seem to begin with what is too small.
      const RankBounds bounds = top.ranking().bounds(compiled_.narrow(entry.zone_map));
      if (top.admits(bounds)) candidates.push_back({bounds, entry.group->number()});
    }
  }
  visit_best_first(std::move(candidates), top, limit_, [&](const Candidate& candidate) {
    visit_group(index_.rows.group(candidate.group), candidate.bounds, top);
  });
}

void SortedSearch::visit_group(const RowGroup& group, const RankBounds& bounds, TopN& top) const {
  ScanResult result;
  group.scan(compiled_, index_.rows.zone_map_of(group), result);
  if (top.ranking().key() == SortKey::updated_at) drop_by_update(top, group, result.candidates);
  Slots chosen;
  for_each_selected(result.candidates, [&](uint32_t slot) {
    if (!top.admits(top.ranking().bounds(group, slot, bounds))) return true;
    group.row(slot)->prefetch_head();
    chosen.add(slot);
    return true;
  });
  for (const uint32_t slot : chosen) {
    const Listing& listing = *group.row(slot);
    if (result.certain.rows[slot] != 0 || compiled_.accepts(listing)) top.offer(listing);
  }
}

void SortedSearch::visit_leaves(TopN& top) const {
  std::vector<Candidate> candidates;
  const auto collect = [&](const PriceTree::Partition& partition) {
    for (size_t i = 0; i < partition.zone_maps.size(); ++i) {
      if (!compiled_.may_match(partition.zone_maps[i])) continue;
      const RankBounds bounds = top.ranking().bounds(partition.zone_maps[i]);
      if (top.admits(bounds)) candidates.push_back({bounds, partition.numbers[i]});
    }
  };
  for (unsigned country = compiled_.next_country(0); country < kCountryCount;
       country = compiled_.next_country(country + 1)) {
    collect(index_.prices.of(static_cast<Country>(country)));
    collect(index_.prices.unpriced(static_cast<Country>(country)));
  }
  visit_best_first(std::move(candidates), top, limit_, [&](const Candidate& candidate) {
    visit_leaf(index_.prices.numbered(candidate.group), top);
  });
}

void SortedSearch::visit_leaf(const PriceLeaf& leaf, TopN& top) const {
  ScanResult result;
  compiled_.scan(leaf.columns, result);
  Slots chosen;
  for_each_selected(result.candidates, [&](uint32_t slot) {
    if (!top.admits(top.ranking().bounds(leaf, slot))) return true;
    index_.rows.prefetch(leaf.rows[slot]);
    chosen.add(slot);
    return true;
  });
  for (const uint32_t slot : chosen) index_.rows.at(leaf.rows[slot])->prefetch_head();
  for (const uint32_t slot : chosen) {
    const RowNumber row = leaf.rows[slot];
    if (!index_.rows.group(row.group()).fits(compiled_, row.slot())) continue;
    const Listing& listing = *index_.rows.at(row);
    if (result.certain.rows[slot] != 0 || compiled_.accepts(listing)) top.offer(listing);
  }
}

}  // namespace discovery

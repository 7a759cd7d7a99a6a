#include "board/stats.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace discovery {

namespace {

// The number of a bucket is the upper part of a float: 8 bits of exponent, 6 of mantissa.
constexpr unsigned kDropped = 17;

uint32_t bucket_of(double price) {
  return std::bit_cast<uint32_t>(static_cast<float>(price)) >> kDropped;
}

double middle_of(uint32_t bucket) {
  if (bucket == 0) return 0;
  const auto edge = [](uint32_t number) { return std::bit_cast<float>(number << kDropped); };
  return (double{edge(bucket)} + double{edge(bucket + 1)}) / 2;
}

enum class Sign : int8_t { plus = 1, minus = -1 };

void count(Totals& totals, const Listing& listing, Sign sign) {
  const auto add = [&](uint64_t& sum, int64_t value) {
    sum += static_cast<uint64_t>(value * static_cast<int64_t>(sign));
  };
  add(totals.providers, 1);
  add(totals.verified, listing.verified() ? 1 : 0);
  add(totals.cpu, listing.sizes().cpu);
  add(totals.memory, listing.sizes().memory);
  add(totals.storage, listing.sizes().storage);
}

bool counts_alike(const Listing& a, const Listing& b) {
  return a.sizes() == b.sizes() && a.country() == b.country() && a.verified() == b.verified() &&
         a.platform() == b.platform() && a.prices() == b.prices();
}

}  // namespace

std::vector<PriceHistogram::Bucket>::iterator PriceHistogram::find(uint32_t number) {
  return std::lower_bound(
      buckets_.begin(), buckets_.end(), number,
      [](const Bucket& bucket, uint32_t wanted) { return bucket.number < wanted; });
}

void PriceHistogram::add(double price) {
  const uint32_t number = bucket_of(price);
  auto bucket = find(number);
  if (bucket == buckets_.end() || bucket->number != number) {
    bucket = buckets_.insert(bucket, {number, 0});
  }
  ++bucket->count;
  ++count_;
}

void PriceHistogram::remove(double price) {
  const auto bucket = find(bucket_of(price));
  assert(bucket != buckets_.end() && bucket->count > 0);
  if (--bucket->count == 0) buckets_.erase(bucket);
  --count_;
}

Quantiles PriceHistogram::quantiles() const {
  Quantiles out{};
  size_t next = 0;
  uint64_t below = 0;
  for (const Bucket& bucket : buckets_) {
    below += bucket.count;
    while (next < out.size() && below * 100 >= count_ * kPercents[next]) {
      out[next++] = middle_of(bucket.number);
    }
  }
  return out;
}

template <class Change>
void Census::apply(const Listing& listing, const Change& change) {
  const Prices prices = listing.prices();
  const std::array<std::optional<UnitPrices>, 2> known{prices.usd, prices.glm};
  for (Group* group : {&world_, &countries_[listing.country()]}) {
    for (size_t i = 0; i < known.size(); ++i) {
      if (!known[i]) continue;
      change(group->prices[i][0], known[i]->core);
      change(group->prices[i][1], known[i]->ram);
      change(group->prices[i][2], known[i]->storage);
    }
  }
}

void Census::add(const Listing& listing) {
  count(world_.totals, listing, Sign::plus);
  count(countries_[listing.country()].totals, listing, Sign::plus);
  auto platform = platforms_.find(listing.platform());
  if (platform == platforms_.end()) {
    platform = platforms_.try_emplace(std::string(listing.platform())).first;
  }
  count(platform->second, listing, Sign::plus);
  apply(listing, [](PriceHistogram& histogram, double price) { histogram.add(price); });
}

void Census::remove(const Listing& listing) {
  count(world_.totals, listing, Sign::minus);
  count(countries_[listing.country()].totals, listing, Sign::minus);
  const auto platform = platforms_.find(listing.platform());
  count(platform->second, listing, Sign::minus);
  if (platform->second.providers == 0) platforms_.erase(platform);
  apply(listing, [](PriceHistogram& histogram, double price) { histogram.remove(price); });
}

void Census::replace(const Listing& former, const Listing& listing) {
  if (counts_alike(former, listing)) return;
  remove(former);
  add(listing);
}

PriceStats Census::price_stats(const Group& group) {
  const auto units = [](const UnitHistograms& histograms) -> std::optional<UnitQuantiles> {
    if (histograms[0].count() == 0) return std::nullopt;
    return UnitQuantiles{histograms[0].quantiles(), histograms[1].quantiles(),
                         histograms[2].quantiles()};
  };
  return {units(group.prices[0]), units(group.prices[1])};
}

Stats Census::stats() const {
  Stats stats{world_.totals, price_stats(world_), {}, {}};
  for (size_t i = 0; i < kCountryCount; ++i) {
    const Group& group = countries_[i];
    if (group.totals.providers == 0) continue;
    stats.countries.push_back({static_cast<Country>(i), group.totals, price_stats(group)});
  }
  for (const auto& [platform, totals] : platforms_) stats.platforms.push_back({platform, totals});
  if (stats.platforms.size() > kPlatformsMax) {
    std::ranges::stable_sort(stats.platforms, std::ranges::greater{},
                             [](const auto& one) { return one.totals.providers; });
    stats.platforms.resize(kPlatformsMax);
    std::ranges::sort(stats.platforms, std::ranges::less{}, &Stats::OfPlatform::platform);
  }
  return stats;
}

}  // namespace discovery

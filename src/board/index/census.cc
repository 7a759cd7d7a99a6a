#include "board/index/census.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/limits.h"

namespace discovery {

namespace {

// The upper part of a float says where a price is counted: 8 bits of exponent name the octave, 6 of
// mantissa the bucket in it. The sign does not count.
constexpr unsigned kDropped = 17;
constexpr size_t kOctaves = 256;

struct Bucket {
  explicit Bucket(double price) {
    const uint32_t upper = std::bit_cast<uint32_t>(static_cast<float>(price)) >> kDropped;
    octave = upper / 64 % kOctaves;
    bucket = upper % 64;
  }
  size_t octave;
  size_t bucket;
};

double middle_of(size_t octave, size_t bucket) {
  if (octave == 0 && bucket == 0) return 0;
  const auto upper = static_cast<uint32_t>(octave * 64 + bucket);
  const auto edge = [](uint32_t number) { return std::bit_cast<float>(number << kDropped); };
  return (double{edge(upper)} + double{edge(upper + 1)}) / 2;
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

Totals& Totals::operator+=(const Totals& other) {
  providers += other.providers;
  verified += other.verified;
  cpu += other.cpu;
  memory += other.memory;
  storage += other.storage;
  return *this;
}

void PriceHistogram::add(double price) {
  const Bucket at(price);
  if (octaves_.empty()) octaves_.resize(kOctaves);
  auto& octave = octaves_[at.octave];
  if (!octave) octave = std::make_unique<Octave>();
  ++octave->buckets[at.bucket];
  ++octave->count;
  ++count_;
}

void PriceHistogram::remove(double price) {
  const Bucket at(price);
  auto& octave = octaves_[at.octave];
  assert(octave && octave->buckets[at.bucket] > 0);
  --octave->buckets[at.bucket];
  if (--octave->count == 0) octave.reset();
  --count_;
}

void PriceHistogram::add(const PriceHistogram& other) {
  if (other.count_ == 0) return;
  octaves_.resize(kOctaves);
  for (size_t i = 0; i < kOctaves; ++i) {
    if (!other.octaves_[i]) continue;
    if (!octaves_[i]) octaves_[i] = std::make_unique<Octave>();
    octaves_[i]->count += other.octaves_[i]->count;
    for (size_t bucket = 0; bucket < octaves_[i]->buckets.size(); ++bucket) {
      octaves_[i]->buckets[bucket] += other.octaves_[i]->buckets[bucket];
    }
  }
  count_ += other.count_;
}

Quantiles PriceHistogram::quantiles() const {
  Quantiles out{};
  size_t next = 0;
  uint64_t below = 0;
  const auto is_reached = [&](uint64_t count) {
    return next < out.size() && count * 100 >= count_ * kPercents[next];
  };
  for (size_t number = 0; number < octaves_.size(); ++number) {
    const Octave* const octave = octaves_[number].get();
    if (octave == nullptr) continue;
    uint64_t count = below;
    below += octave->count;
    for (size_t bucket = 0; is_reached(below); ++bucket) {
      count += octave->buckets[bucket];
      while (is_reached(count)) out[next++] = middle_of(number, bucket);
    }
  }
  return out;
}

template <class Change>
void Census::apply(const Listing& listing, const Change& change) {
  const std::array prices{listing.prices().usd, listing.prices().glm};
  Group& group = countries_[listing.country()];
  for (size_t i = 0; i < prices.size(); ++i) {
    if (!prices[i].known()) continue;
    change(group.prices[i][0], prices[i].core);
    change(group.prices[i][1], prices[i].ram);
    change(group.prices[i][2], prices[i].storage);
  }
}

void Census::add(const Listing& listing) {
  count(countries_[listing.country()].totals, listing, Sign::plus);
  auto platform = platforms_.find(listing.platform());
  if (platform == platforms_.end()) {
    platform = platforms_.try_emplace(std::string(listing.platform())).first;
  }
  count(platform->second, listing, Sign::plus);
  apply(listing, [](PriceHistogram& histogram, double price) { histogram.add(price); });
}

void Census::remove(const Listing& listing) {
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

Census::Group& Census::Group::operator+=(const Group& other) {
  totals += other.totals;
  for (size_t i = 0; i < prices.size(); ++i) {
    for (size_t unit = 0; unit < prices[i].size(); ++unit) {
      prices[i][unit].add(other.prices[i][unit]);
    }
  }
  return *this;
}

Census::Group Census::sum_up() const {
  Group world;
  for (const auto& [country, group] : countries_) world += group;
  return world;
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
  const Group world = sum_up();
  Stats stats{world.totals, price_stats(world), {}, {}};
  for (const auto& [country, group] : countries_) {
    if (group.totals.providers == 0) continue;
    stats.countries.push_back({country, group.totals, price_stats(group)});
  }
  for (const auto& [platform, totals] : platforms_) stats.platforms.push_back({platform, totals});
  if (stats.platforms.size() > limits::kStatsPlatforms) {
    std::ranges::stable_sort(stats.platforms, std::ranges::greater{},
                             [](const auto& one) { return one.totals.providers; });
    stats.platforms.resize(limits::kStatsPlatforms);
    std::ranges::sort(stats.platforms, std::ranges::less{}, &Stats::OfPlatform::platform);
  }
  return stats;
}

}  // namespace discovery

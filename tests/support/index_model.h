// The index as a map and a loop, with random listings and queries for both.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "board/index/index.h"
#include "tests/support/listing_fixture.h"

namespace discovery {

class Model {
 public:
  static constexpr BootTime kStart{std::chrono::seconds{1'000}};
  static constexpr WallTime kCreated{std::chrono::seconds{1'771'494'870}};
  static constexpr Duration kLease = std::chrono::minutes{5};

  Model(uint64_t seed, size_t ids, std::vector<std::string> countries)
      : random_(seed), ids_(ids), countries_(std::move(countries)) {}

  bool chance(unsigned percent) { return below(100) < percent; }
  size_t below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }
  void advance() { now_ += kLease / 60 * static_cast<int64_t>(below(5)); }
  BootTime now() const { return now_; }
  std::string some_id() { return "p" + std::to_string(below(ids_)); }

  ListingPtr next_listing() {
    Advertisement advertisement = offer(some_id(), countries_[below(countries_.size())],
                                        {some_size(), some_size(), some_size()});
    advertisement.platform = some_name();
    advertisement.network = some_name();
    advertisement.payments_network = some_name();
    advertisement.verified = chance(30);
    if (chance(85)) advertisement.prices.usd = some_prices();
    if (chance(50)) advertisement.prices.glm = some_prices();
    const auto former = rows_.find(advertisement.provider_id);
    WallTime created = kCreated + (now_ - kStart);
    if (former != rows_.end() && chance(80)) {
      created = former->second->created();
      if (chance(80)) advertisement.country = former->second->country();
      if (chance(60)) advertisement.prices = former->second->prices();
    } else if (chance(20)) {
      created -= kLease / 60 * static_cast<int64_t>(below(120));  // the clock was set back
    }
    const ListingDraft draft = Listing::draft(advertisement);
    draft->stamp({created, kCreated + (now_ - kStart), created, now_ + kLease});
    return draft;
  }
  void put(const ListingPtr& listing) { rows_[std::string(listing->provider_id())] = listing; }
  void remove(const std::string& id) { rows_.erase(id); }
  const std::map<std::string, ListingPtr>& rows() const { return rows_; }

  /// Criteria as they stand in a target, without those of the page.
  std::string next_criteria() {
    std::string text;
    const auto add = [&](const std::string& name, const std::string& value) {
      text += (text.empty() ? "" : "&") + name + "=" + value;
    };
    for (const char* size : {"cpu", "memory", "storage"}) {
      if (chance(35)) add(size, std::to_string(some_size()));
    }
    if (chance(1)) add("cpu", "2147483648");
    for (const std::string& code : countries_) {
      if (chance(15)) add("country", code);
    }
    for (const char* names : {"platform", "network", "payments_network"}) {
      if (chance(15)) add(names, some_names());
    }
    if (chance(20)) add("verified", chance(50) ? "true" : "false");
    if (chance(25)) add("max_usd_per_month", std::to_string(some_limit()));
    if (chance(10)) add("max_glm_per_month", std::to_string(some_limit()));
    if (chance(15)) add("provider_id", some_ids());
    if (chance(20)) add("q", some_expression());
    return without_repetition(text);
  }
  /// A query, with an order and often a position behind some listing.
  Query next_query() {
    static constexpr std::array kSorts{"price",   "glm_price",  "cpu",        "memory",
                                       "storage", "created_at", "updated_at", "provider_id"};
    std::string text = next_criteria();
    if (chance(75)) {
      text += text.empty() ? "" : "&";
      text += std::string("sort=") + (chance(50) ? "-" : "") + kSorts[below(kSorts.size())];
    }
    Query query = asked(text);
    if (chance(70)) query.limit = 1 + below(30);
    if (chance(30) && !rows_.empty()) {
      auto row = rows_.lower_bound(some_id());
      if (row == rows_.end()) row = rows_.begin();
      query.after = position_of(*row->second, query);
    }
    return query;
  }

  static Position position_of(const Listing& listing, const Query& query) {
    return {listing.country(), listing.created(), value(listing, query),
            std::string(listing.provider_id())};
  }
  /// Whether `a` comes before `b` on the query's pages.
  static bool before(const Position& a, const Position& b, const Order& order) {
    if (order.key == SortKey::board) {
      return std::tie(a.country, a.created, a.provider_id) <
             std::tie(b.country, b.created, b.provider_id);
    }
    if (order.key == SortKey::provider_id) {
      return order.descending ? b.provider_id < a.provider_id : a.provider_id < b.provider_id;
    }
    if (a.value != b.value) {
      if (!a.value || !b.value) return a.value.has_value();
      return order.descending ? *b.value < *a.value : *a.value < *b.value;
    }
    return std::tie(a.created, a.provider_id) < std::tie(b.created, b.provider_id);
  }

  bool lists(const Filter& filter, const Listing& listing) const {
    return listing.expires() > now_ && filter.matches(listing);
  }
  std::vector<const Listing*> matches(const Filter& filter) const {
    std::vector<const Listing*> out;
    for (const auto& [id, listing] : rows_) {
      if (lists(filter, *listing)) out.push_back(listing.get());
    }
    return out;
  }
  Page page(const Query& query) const {
    std::vector<std::pair<Position, const Listing*>> found;
    for (const Listing* listing : matches(query.filter)) {
      Position position = position_of(*listing, query);
      if (query.after && !before(*query.after, position, query.order)) continue;
      found.emplace_back(std::move(position), listing);
    }
    std::ranges::sort(
        found, [&](const auto& a, const auto& b) { return before(a.first, b.first, query.order); });
    Page page;
    page.more = found.size() > query.limit;
    found.resize(std::min(found.size(), query.limit));
    for (const auto& [position, listing] : found) page.listings.push_back(listing);
    return page;
  }
  std::vector<const Listing*> expired() const {
    std::vector<const Listing*> out;
    for (const auto& [id, listing] : rows_) {
      if (listing->expires() <= now_) out.push_back(listing.get());
    }
    return out;
  }

 private:
  static std::optional<double> value(const Listing& listing, const Query& query) {
    const auto micros = [](WallTime time) {
      return static_cast<double>(time.time_since_epoch().count());
    };
    switch (query.order.key) {
      case SortKey::price:
        return listing.price_per_month(Currency::usd, query.filter.size());
      case SortKey::glm_price:
        return listing.price_per_month(Currency::glm, query.filter.size());
      case SortKey::cpu:
        return listing.sizes().cpu;
      case SortKey::memory:
        return listing.sizes().memory;
      case SortKey::storage:
        return listing.sizes().storage;
      case SortKey::created_at:
        return micros(listing.created());
      case SortKey::updated_at:
        return micros(listing.updated());
      default:
        return std::nullopt;
    }
  }
  // A parameter that takes one value is given once: the first stays.
  static std::string without_repetition(const std::string& text) {
    const size_t second = text.find("&cpu=");
    return second == std::string::npos ? text : text.substr(0, second);
  }
  std::string some_name() { return chance(30) ? "" : "n" + std::to_string(below(40)); }
  std::string some_names() {
    std::string text = "n" + std::to_string(below(40));
    for (int i = 0; i < 20; ++i) text += ",n" + std::to_string(below(40));
    return text;
  }
  std::string some_ids() {
    std::string text = some_id();
    for (int i = 0; i < 9; ++i) text += "," + some_id();
    return text;
  }
  std::string some_expression() {
    const std::string size = std::to_string(some_size());
    switch (below(6)) {
      case 0:
        return "cpu>" + size;
      case 1:
        return "memory%3C=" + size + "%20%7C%7C%20verified=true";
      case 2:
        return "!(storage%3E=" + size + ")";
      case 3:
        return "usd_per_month%3C" + std::to_string(some_limit());
      case 4:
        return "!(usd_per_core_month%3C" + std::to_string(some_limit()) + ")";
      default:
        return "cpu%3E=2%20%26%26%20country=%22" + countries_.front() + "%22";
    }
  }
  // Few values, so that many tie; and now and then any.
  int32_t some_size() {
    if (chance(60)) return int32_t{1} << below(8);
    const int32_t scale = int32_t{1} << below(31);
    return static_cast<int32_t>(1 + below(static_cast<size_t>(scale)));
  }
  double some_price() {
    if (chance(30)) return 0.5;
    if (chance(5)) return chance(50) ? 0 : 1e-300;
    return std::exp(std::normal_distribution<double>(0, 2)(random_));
  }
  UnitPrices some_prices() {
    if (chance(40)) return {6, 2.5, 0.12};
    if (chance(10)) return {0, 0, 0};
    UnitPrices prices{some_price(), some_price(), some_price()};
    if (chance(10)) (chance(50) ? prices.core : prices.storage) = UnitPrices::kNotSent;
    return prices;
  }
  double some_limit() { return chance(5) ? 0 : std::exp(static_cast<double>(below(14))); }

  std::mt19937_64 random_;
  const size_t ids_;
  const std::vector<std::string> countries_;
  BootTime now_ = kStart;
  std::map<std::string, ListingPtr> rows_;
};

/// Indexes that are given the same calls as the model; by different seeds, because the order of the
/// id maps must not show.
class Copies {
 public:
  explicit Copies(Model& model) : model_(model) {}

  const std::array<Index*, 3>& all() const { return all_; }
  void put() {
    const ListingPtr listing = model_.next_listing();
    for (Index* index : all_) index->put(listing);
    model_.put(listing);
  }
  /// To begin with: the first is given `count` listings as they come, the second in the board's
  /// order, and the third becomes a copy of the first.
  void fill(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const ListingPtr listing = model_.next_listing();
      a_.put(listing);
      model_.put(listing);
    }
    std::vector<ListingPtr> rows;
    for (const auto& [id, listing] : model_.rows()) rows.push_back(listing);
    std::ranges::sort(rows, {}, [](const ListingPtr& one) {
      return std::tuple(one->country(), one->created(), one->provider_id());
    });
    for (const ListingPtr& listing : rows) b_.put(listing);
    c_.copy(a_);
  }
  void remove(const std::string& id) {
    for (Index* index : all_) index->remove(id);
    model_.remove(id);
  }
  void sweep() {
    std::vector<const Listing*> expired;
    a_.find_expired(model_.now(), model_.rows().size() + 1, expired);
    ASSERT_EQ(expired.size(), model_.expired().size());
    for (const Listing* listing : expired) ASSERT_LE(listing->expires(), model_.now());
    for (const std::string& id : ids_of(expired)) remove(id);
    for (Index* index : all_) index->refresh_zone_maps(model_.now());
  }

 private:
  Model& model_;
  Index a_{1};
  Index b_{2};
  Index c_{1};
  const std::array<Index*, 3> all_{&a_, &b_, &c_};
};

/// Phases of growth and of shrinking make row groups fill, split, thin out and merge.
template <class F>
void change(Model& model, Copies& copies, int calls, F&& after_each) {
  for (int call = 0; call < calls && !testing::Test::HasFatalFailure(); ++call) {
    const bool growing = call / std::max(calls / 6, 1) % 2 == 0;
    if (model.chance(growing ? 85 : 25)) {
      copies.put();
    } else {
      copies.remove(model.some_id());
    }
    if (model.chance(1)) model.advance();
    if (model.chance(1)) copies.sweep();
    after_each();
  }
}

}  // namespace discovery

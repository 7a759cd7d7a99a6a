// An advertisement as the board keeps it: one allocation that holds the rendered JSON and the
// numbers that finding and expiring need.
//
// A Listing is drafted on any thread, stamped with its times by the board's writer, and immutable
// from then on: shared by both copies of the index and by answers under way, freed with its last
// handle. Handles are counted atomically; everything else needs no lock because it never changes.
#pragma once

#include <atomic>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "advertisement/advertisement.h"
#include "base/clock.h"
#include "listing/number_table.h"

namespace discovery {

class Listing;
using ListingPtr = boost::intrusive_ptr<const Listing>;
using ListingDraft = boost::intrusive_ptr<Listing>;

/// The times of one listing. `expires` is what counts; `created` and `updated` are shown.
struct Stamp {
  WallTime created;
  WallTime updated;
  WallTime expires_shown;  // the wall clock's reading, as it was expected at the post
  BootTime expires;
};

/// The top-level fields of an answer, in the order in which they stand there.
enum class Member : uint8_t {
  provider_id,
  provider_name,
  ip_address,
  country,
  platform,
  network,
  payments_network,
  resources,
  pricing,
  verified,
  created_at,
  updated_at,
  expires_at,
};
inline constexpr size_t kMemberCount = 13;

class Listing {
 public:
  /// Renders everything but the times. Never fails: the advertisement is valid by its type's rules.
  static ListingDraft draft(const Advertisement& advertisement);

  /// Writes the times. Only before the listing is shared; may be repeated (a commit tried again).
  void stamp(const Stamp& stamp);

  /// A copy whose lease ends so much later, and which says so: `"grace":true` behind `expires_at`.
  static ListingPtr extended(const Listing& listing, Duration by);

  /// The whole object as it stands in answers.
  std::string_view json() const { return {text(), size_}; }

  /// One field as it stands in json(): `"cpu":4`, without commas around it. `grace` is a part of
  /// `expires_at`.
  std::string_view member_json(Member member) const;

  /// The content_digest() of everything shown but the times.
  uint64_t content_hash() const { return content_hash_; }
  /// Whether both show the same but for the times.
  bool same_content(const Listing& other) const;

  /// Asks the processor for the numbers and the id.
  void prefetch_head() const {
    __builtin_prefetch(this);
    __builtin_prefetch(reinterpret_cast<const char*>(this) + 64);
  }
  /// And, once these are at hand, for the text, which many copies in a row would otherwise wait for
  /// one by one.
  void prefetch() const {
    for (size_t at = 0; at < size_; at += 64) __builtin_prefetch(text() + at);
  }

  std::string_view provider_id() const;
  std::string_view ip_address() const;
  std::string_view platform() const;          // empty: null
  std::string_view network() const;           // empty: null
  std::string_view payments_network() const;  // empty: null
  std::string_view resources_json() const;
  std::string_view pricing_json() const;  // empty: null
  std::string provider_name() const;      // unescaped
  Country country() const { return country_; }
  const Sizes& sizes() const { return sizes_; }
  bool verified() const { return verified_; }

  const Prices& prices() const { return prices_; }
  /// Empty where the currency's prices are unknown.
  std::optional<double> price_per_month(Currency currency, const AskedSize& size) const;
  /// `resources.KEY`, of a further resource; empty: absent.
  std::optional<double> resource(const NumberKey& key) const;
  /// `pricing.KEY` as it was sent, of a key without an attribute of its own; empty: absent or no
  /// number.
  std::optional<double> pricing_number(const NumberKey& key) const;

  WallTime created() const { return created_; }
  WallTime updated() const { return updated_; }

  BootTime expires() const { return expires_; }
  /// When that is by the wall clock, as shown.
  WallTime expires_shown() const;
  /// When the lease began, by the clock that it runs on.
  BootTime posted() const { return expires_ - (expires_shown() - updated_); }

  Listing& operator=(const Listing&) = delete;

 private:
  struct Lengths;
  Listing(const Advertisement& advertisement, const Lengths& lengths);
  Listing(const Listing& other, Duration extended_by);
  Listing(const Listing&) = delete;
  ~Listing() = default;

  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  char* text() { return reinterpret_cast<char*>(this + 1); }
  size_t tail_offset() const;
  size_t numbers_bytes() const;

  friend void intrusive_ptr_add_ref(const Listing* listing) {
    listing->references_.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(const Listing* listing);

  // The tables behind the text, where there are any.
  struct Numbers;
  std::span<const KeyedNumber> resource_numbers() const;
  std::span<const KeyedNumber> pricing_numbers() const;
  void append_numbers(const NumberTable& resources, const NumberTable& pricing);

  // Where a field's key begins, with what separates it from the field before.
  size_t key_offset(Member member) const;
  // Where each field's value begins in the text.
  size_t name_offset() const;
  size_t address_offset() const;
  size_t platform_offset() const;
  size_t network_offset() const;
  size_t payments_network_offset() const;
  size_t resources_offset() const;
  size_t pricing_offset() const;
  size_t verified_offset() const;

  uint64_t content_hash_ = 0;
  WallTime created_{};
  WallTime updated_{};
  BootTime expires_{};
  Prices prices_;
  Sizes sizes_;
  mutable std::atomic<uint32_t> references_{0};
  uint16_t size_;
  // Lengths of the fields as they stand in the text, in a fixed order between fixed keys.
  uint16_t name_length_;
  uint16_t resources_length_;
  uint16_t pricing_length_;
  Country country_;
  uint8_t id_length_;
  uint8_t address_length_;
  uint8_t platform_length_;
  uint8_t network_length_;
  uint8_t payments_network_length_;
  bool verified_ : 1;
  bool has_numbers_ : 1 = false;
  bool has_grace_ : 1 = false;
};

}  // namespace discovery

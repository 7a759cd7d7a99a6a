// The fields of an advertisement that an answer shows, cut out of its stored text.
#pragma once

#include <cstdint>
#include <string>

#include "listing/listing.h"

namespace discovery {

class Selection {
 public:
  Selection() = default;  // all
  /// Bit 1 << Member for each field; 0: all (Query::fields).
  explicit Selection(uint32_t fields) : fields_(fields == 0 ? kAll : fields) {}

  /// How long the object is that append() appends.
  size_t size(const Listing& listing) const;
  void append(const Listing& listing, std::string& out) const;
  /// A hash of what is shown, carried on from `seed`. Reads the text only where less is shown than
  /// all that a provider says.
  uint64_t hash(const Listing& listing, uint64_t seed) const;

 private:
  static constexpr uint32_t kAll = (1U << kMemberCount) - 1;

  bool is_whole() const { return fields_ == kAll; }
  bool shows(Member member) const { return (fields_ >> static_cast<unsigned>(member) & 1) != 0; }
  template <class F>
  void each(const Listing& listing, F&& visit) const;

  uint32_t fields_ = kAll;
};

}  // namespace discovery

#include "api/reply/selection.h"

#include <string_view>

#include "base/hash.h"

namespace discovery {

namespace {

constexpr uint32_t kTimes = 1U << static_cast<unsigned>(Member::created_at) |
                            1U << static_cast<unsigned>(Member::updated_at) |
                            1U << static_cast<unsigned>(Member::expires_at);

template <class Time>
uint64_t number_of(Time time) {
  return static_cast<uint64_t>(time.time_since_epoch().count());
}

}  // namespace

template <class F>
void Selection::each(const Listing& listing, F&& visit) const {
  for (unsigned i = 0; i < kMemberCount; ++i) {
    const auto member = static_cast<Member>(i);
    if (shows(member)) visit(listing.member_json(member));
  }
}

size_t Selection::size(const Listing& listing) const {
  if (is_whole()) return listing.json().size();
  size_t size = 1;  // braces and commas: one more than there are fields
  each(listing, [&](std::string_view text) { size += text.size() + 1; });
  return size;
}

void Selection::append(const Listing& listing, std::string& out) const {
  if (is_whole()) {
    out += listing.json();
    return;
  }
  char separator = '{';
  each(listing, [&](std::string_view text) {
    out += separator;
    out += text;
    separator = ',';
  });
  out += '}';
}

// Both other times move with the moment the lease ends, which is at hand.
uint64_t Selection::hash(const Listing& listing, uint64_t seed) const {
  if ((fields_ | kTimes) != kAll) {
    each(listing, [&](std::string_view text) { seed = keyed_hash(text, seed); });
    return seed;
  }
  constexpr uint64_t kOdd = 0xd1342543de82ef95;
  uint64_t times = 0;
  if (shows(Member::created_at)) times = number_of(listing.created());
  if (shows(Member::updated_at) || shows(Member::expires_at)) {
    times = fold(times ^ kOdd, number_of(listing.expires()));
  }
  return fold(seed ^ listing.content_hash(), times ^ kOdd);
}

}  // namespace discovery

#include "api/reply/selection.h"

#include <array>
#include <span>
#include <string_view>

#include "base/hash.h"
#include "listing/content_digest.h"

namespace discovery {

namespace {

constexpr uint64_t kOdd = 0xd1342543de82ef95;
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

// Row by row: what a row adds cannot be chosen so that it hides what the rows before it show. Both
// other times move with the moment the lease ends, which is at hand.
uint64_t Selection::hash(const Listing& listing, uint64_t seed) const {
  if ((fields_ | kTimes) != kAll) {
    std::array<std::string_view, kMemberCount> shown;
    size_t count = 0;
    each(listing, [&](std::string_view text) { shown[count++] = text; });
    return fold(seed ^ content_digest(std::span(shown).first(count)), kOdd);
  }
  uint64_t times = 0;
  if (shows(Member::created_at)) times = number_of(listing.created());
  if (shows(Member::updated_at) || shows(Member::expires_at)) {
    times = fold(times ^ kOdd, number_of(listing.expires()));
  }
  return fold(seed ^ listing.content_hash(), times ^ kOdd);
}

}  // namespace discovery

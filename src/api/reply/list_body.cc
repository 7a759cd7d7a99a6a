#include "api/reply/list_body.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "base/limits.h"
#include "board/index/ranking.h"

namespace discovery {

namespace {

constexpr size_t kPieceBytes = 64 * 1024;
constexpr size_t kPrefetchDistance = 4;
constexpr int kTries = 10;  // to find a piece of a sorted list within its time

}  // namespace

Position position_of(const Listing& listing, const Query& query) {
  const Ranking ranking(query.order, query.filter.size());
  Position position{listing.country(), listing.created(), {}, std::string(listing.provider_id())};
  const bool is_numbered = ranking.key() != SortKey::board && ranking.key() != SortKey::provider_id;
  const double value = ranking.rank(listing).value;
  if (is_numbered && std::isfinite(value)) position.value = ranking.turned(value);
  return position;
}

ListBody::ListBody(std::span<const Listing* const> listings, const Selection& selection,
                   std::optional<Walk> walk)
    : selection_(selection), held_(listings.begin(), listings.end()), walk_(std::move(walk)) {}

BodySource::Progress ListBody::take(std::string& out) {
  if (taken_ == held_.size() && walk_) find_more();
  append_held(out);
  if (taken_ < held_.size() || walk_) return Progress::more;
  if (separator_ == '[') out += '[';
  out += ']';
  return Progress::over;
}

void ListBody::append_held(std::string& out) {
  const size_t begin = out.size();
  for (; taken_ < held_.size(); ++taken_) {
    if (taken_ + kPrefetchDistance < held_.size()) held_[taken_ + kPrefetchDistance]->prefetch();
    const Listing& listing = *held_[taken_];
    const bool is_first = out.size() == begin;
    if (!is_first && out.size() - begin + listing.json().size() + 2 > kPieceBytes) return;
    out += std::exchange(separator_, ',');
    selection_.append(listing, out);
    held_[taken_].reset();
  }
}

// Nothing but handles and a position leaves the board. A sorted search begins anew where its time
// was up: on a busy machine the next one may have enough.
void ListBody::find_more() {
  held_.clear();
  taken_ = 0;
  ScanLimit limit(walk_->clock, limits::kSearchTime);
  const bool goes_on = walk_->board.read([&](const Index& index) {
    Page page;
    index.page(walk_->query, walk_->clock.boot(), limit, page);
    if (limit.was_over() && !page.reached) return true;
    held_.assign(page.listings.begin(), page.listings.end());
    if (page.reached) {
      walk_->query.after = *page.reached;
    } else if (page.more) {
      walk_->query.after = position_of(*page.listings.back(), walk_->query);
    }
    return page.more;
  });
  const bool has_come_further = !limit.was_over() || walk_->query.order.key == SortKey::board;
  failures_ = has_come_further ? 0 : failures_ + 1;
  if (failures_ > kTries) throw std::runtime_error("a sorted list took too long to be found");
  if (!goes_on) walk_.reset();
}

}  // namespace discovery

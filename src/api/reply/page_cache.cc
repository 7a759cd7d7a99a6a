#include "api/reply/page_cache.h"

#include <utility>

#include "base/hash.h"

namespace discovery {

size_t PageCache::Hash::operator()(const std::string& key) const { return keyed_hash(key, seed); }

PageCache::PageCache(size_t bytes_max, uint64_t seed)
    : bytes_max_(bytes_max),
      young_{decltype(Generation::pages)(0, Hash{seed}), 0},
      old_{decltype(Generation::pages)(0, Hash{seed}), 0} {}

size_t PageCache::bytes_of(const std::string& query, const RenderedPage& page) {
  constexpr size_t kOverhead = 128;  // of its slot in the table and of the allocations
  return kOverhead + sizeof(RenderedPage) + query.size() + page.headers.size() + page.body.size();
}

KeptPage PageCache::find(std::string_view query) {
  query_ = query;
  if (const auto young = young_.pages.find(query_); young != young_.pages.end()) {
    return young->second;
  }
  const auto old = old_.pages.find(query_);
  if (old == old_.pages.end()) return nullptr;
  KeptPage page = std::move(old->second);
  old_.pages.erase(old);
  const size_t bytes = bytes_of(query_, *page);
  old_.bytes -= bytes;
  make_room(bytes);
  young_.bytes += bytes;
  return young_.pages.emplace(query_, std::move(page)).first->second;
}

KeptPage PageCache::put(std::string_view query, RenderedPage page) {
  if (const KeptPage former = find(query)) {
    young_.bytes -= bytes_of(query_, *former);
    young_.pages.erase(query_);
  }
  page.body.shrink_to_fit();
  const size_t bytes = bytes_of(query_, page);
  make_room(bytes);
  young_.bytes += bytes;
  return young_.pages.emplace(query_, std::make_shared<RenderedPage>(std::move(page)))
      .first->second;
}

void PageCache::make_room(size_t bytes) {
  if (young_.bytes + bytes <= bytes_max_ / 2) return;
  std::swap(young_, old_);
  young_.pages.clear();
  young_.bytes = 0;
}

}  // namespace discovery

// Pages that a thread has compressed, to be sent again while they would be the same.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace discovery {

struct RenderedPage {
  uint64_t tag = 0;     // hash of what is listed and how
  std::string headers;  // complete lines: ETag, and what else goes with the page
  std::string body;
};

/// A page outlives its place in the cache while a slow reader is sent it.
using KeptPage = std::shared_ptr<const RenderedPage>;

/// The last page of each query. For one thread.
class PageCache {
 public:
  /// One page more than `bytes_max` may be kept. `seed` keys the hash of queries, which are
  /// untrusted input.
  PageCache(size_t bytes_max, uint64_t seed);

  /// Null where there is none.
  KeptPage find(std::string_view query);
  /// In place of the one there is.
  KeptPage put(std::string_view query, RenderedPage page);

  size_t bytes() const { return young_.bytes + old_.bytes; }

 private:
  struct Hash {
    size_t operator()(const std::string& key) const;
    uint64_t seed;
  };
  // Two generations: when the young are half of what may be kept, they become the old, and those
  // are forgotten. A page that is asked for is young again.
  struct Generation {
    boost::unordered_flat_map<std::string, KeptPage, Hash> pages;
    size_t bytes = 0;
  };

  static size_t bytes_of(const std::string& query, const RenderedPage& page);
  void make_room(size_t bytes);

  const size_t bytes_max_;
  Generation young_, old_;
  std::string query_;
};

}  // namespace discovery

// Pages that a thread has rendered, to be sent again: as they are while the board stays the same,
// and in their compressed form for as long as their tag does.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "api/negotiation.h"
#include "base/clock.h"

namespace discovery {

struct RenderedPage {
  /// Whether the query would be answered by this page again.
  bool is_current(uint64_t last_batch, BootTime now) const {
    return batch == last_batch && now < good_until;
  }

  uint64_t tag = 0;       // hash of what is listed and how
  uint64_t batch = 0;     // the last one that it shows
  BootTime good_until{};  // its first listing expires
  std::string headers;    // complete lines: ETag, and what else goes with the page
  std::string body;
};

/// For one thread.
class PageCache {
 public:
  /// One page more than `bytes_max` may be kept. `seed` keys the hash of queries, which strangers
  /// choose.
  PageCache(size_t bytes_max, uint64_t seed);

  /// Null where there is none; good until the next call of this or put().
  RenderedPage* find(std::string_view query, Coding coding);
  /// In place of the one there is; the reference as that of find().
  const RenderedPage& put(std::string_view query, Coding coding, RenderedPage page);
  /// Whether this was asked before, with the same query and last batch: a page that is asked for
  /// but once is not worth the memory.
  bool is_repeated(std::string_view query, uint64_t batch);

  size_t bytes() const { return young_.bytes + old_.bytes; }

 private:
  struct Hash {
    size_t operator()(const std::string& key) const;
    uint64_t seed;
  };
  // Two generations: when the young are half of what may be kept, they become the old, and those
  // are forgotten. Whoever is asked for is young again.
  struct Generation {
    boost::unordered_flat_map<std::string, std::unique_ptr<RenderedPage>, Hash> pages;
    size_t bytes = 0;
  };
  struct Note {
    uint64_t query = 0;
    uint64_t batch = 0;
  };

  static size_t bytes_of(const std::string& key, const RenderedPage& page);
  void set_key(std::string_view query, Coding coding);
  void make_room(size_t bytes);

  const size_t bytes_max_;
  const uint64_t seed_;
  Generation young_, old_;
  std::string key_;
  std::array<Note, 128> notes_;  // of the last queries; a newer one takes the place of an older
};

}  // namespace discovery

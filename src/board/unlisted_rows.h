// Rows of the file that are not on the board, until they are removed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace discovery {

/// A row that is in the file but not on the board; removed once it is due.
struct UnlistedRow {
  BootTime due;
  std::string provider_id;  // as it stands in the file
  // Of one that was listed until it expired; otherwise empty.
  std::string canonical_id = {};
  WallTime created{};
  WallTime updated{};
};

/// Taken from the end, where the first due are. The writer's own: not synchronised.
class UnlistedRows {
 public:
  UnlistedRows() = default;
  explicit UnlistedRows(std::vector<UnlistedRow> last_due_first) : all_(std::move(last_due_first)) {
    for (const UnlistedRow& row : all_) {
      if (!row.canonical_id.empty()) by_id_[row.canonical_id] = &row;
    }
  }
  // Moving keeps what by_id_ points at; a copy would not.
  UnlistedRows(UnlistedRows&&) = default;
  UnlistedRows& operator=(UnlistedRows&&) = default;

  size_t size() const { return all_.size(); }
  const UnlistedRow& from_end(size_t index) const { return all_[all_.size() - 1 - index]; }
  void drop(size_t count) {
    for (; count > 0; --count) {
      const auto found = by_id_.find(all_.back().canonical_id);
      if (found != by_id_.end() && found->second == &all_.back()) by_id_.erase(found);
      all_.pop_back();
    }
  }

  /// The provider's stay that is remembered nowhere else yet, if there is one.
  const UnlistedRow* find(std::string_view canonical_id) const {
    const auto found = by_id_.find(canonical_id);
    return found == by_id_.end() ? nullptr : found->second;
  }

 private:
  std::vector<UnlistedRow> all_;
  std::unordered_map<std::string_view, const UnlistedRow*> by_id_;  // views into all_
};

}  // namespace discovery

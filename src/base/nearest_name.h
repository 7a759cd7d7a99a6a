// The known name nearest to a name in untrusted input.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/edit_distance.h"

namespace discovery {

/// Keeps the nearest of the names it is shown, the first of equally near ones, and none that
/// differs in more than a third of its letters. Case does not count, nor does what follows a name's
/// first 64 bytes.
class NearestName {
 public:
  explicit NearestName(std::string_view wanted) : wanted_(lower_case(wanted.substr(0, 64))) {}

  void consider(std::string_view name) {
    const size_t distance = edit_distance(wanted_, lower_case(name));
    if (distance >= distance_ || distance * 3 > std::max(wanted_.size(), name.size())) return;
    distance_ = distance;
    nearest_ = name;
  }

  /// As it is compared: in lower case and cut.
  const std::string& wanted() const { return wanted_; }
  /// Empty: no name is near.
  const std::string& nearest() const { return nearest_; }

 private:
  std::string wanted_;
  std::string nearest_;
  size_t distance_ = std::numeric_limits<size_t>::max();
};

}  // namespace discovery

// Gathers the faults of one body. Bounded, so that no body makes an answer much larger than itself.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "advertisement/fault.h"

namespace discovery {

class FaultList {
 public:
  /// Where in the request, as in Fault::location. Long elements are shortened.
  using Location = std::span<const std::string_view>;

  explicit FaultList(Faults& faults) : faults_(faults), begin_(faults.size()) {}

  /// The first fault at a location is kept: later ones there mostly follow from it.
  void add(Location location, std::string message);
  void add(std::initializer_list<std::string_view> location, std::string message) {
    add(Location(location.begin(), location.size()), std::move(message));
  }

 private:
  Faults& faults_;
  size_t begin_;
};

}  // namespace discovery

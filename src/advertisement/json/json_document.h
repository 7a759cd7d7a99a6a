// A JSON text, parsed and checked as a whole: the rules of the contract that hold for every body,
// whatever its fields mean.
#pragma once

#include <memory>
#include <string_view>

#include "advertisement/fault_list.h"

namespace simdjson::dom {
class element;
}

namespace discovery {

/// Keeps the memory of the parser between calls; not synchronised.
class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  /// Null if there is no value to look at: too large, not UTF-8, not JSON, or far too deep. Nesting
  /// above 16 levels, repeated keys and U+0000 are faults and the value is still there. `location`
  /// says where in the body the text stands; its length is the level of the text's outermost value.
  ///
  /// A number beyond 64-bit integers and doubles becomes a double beyond kNumberMax. The value
  /// holds until the next call.
  const simdjson::dom::element* parse(std::string_view text, FaultList::Location location,
                                      FaultList& faults);

  static constexpr double kNumberMax = 1e300;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace discovery

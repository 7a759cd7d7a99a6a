// What is wrong with a request (contract, section 3: REQ_001).
#pragma once

#include <string>
#include <vector>

namespace discovery {

/// One fault of a request, as it stands in a 422's `detail`.
struct Fault {
  std::vector<std::string> location;  // {"body", "resources", "cpu"}
  std::string message;                // "must be an integer from 1 to 2147483647"
  std::string type = "value_error";
};
using Faults = std::vector<Fault>;

}  // namespace discovery

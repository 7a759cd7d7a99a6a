// What is said of a parameter that an endpoint does not take.
#pragma once

#include <string>
#include <string_view>

#include "query/parameters.h"

namespace discovery {

/// The message of the fault: where the parameter is taken, which one was probably meant.
std::string describe_unknown(Endpoint endpoint, std::string_view name);

}  // namespace discovery

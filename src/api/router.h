// Which handler answers which path.
#pragma once

#include <string_view>

#include "api/context.h"
#include "api/services.h"

namespace discovery {

/// Answers a request now, or keeps what it needs and answers later. `part` is Route::part.
using HandlerFunction = void (*)(Services& services, Context& context, std::string_view part);

struct Route {
  HandlerFunction get = nullptr;  // HEAD, too
  HandlerFunction post = nullptr;
  HandlerFunction remove = nullptr;
  std::string_view allow;  // the methods; empty: there is nothing at this path
  bool counted = true;     // by the rate limits; what is not is charged for its time alone
  bool is_probe = false;   // of a supervisor: not even held up for that
  std::string_view part;   // the id in the path, still encoded; of a page the whole path
};

Route route_of(std::string_view path);

}  // namespace discovery

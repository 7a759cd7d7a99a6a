// The OpenAPI 3.1 document of this API (openapi.json, embedded at build time).
#pragma once

#include <string_view>

namespace discovery {

std::string_view openapi_document();

}  // namespace discovery

// 304 in place of what the client knows (RFC 9110, section 13).
#pragma once

#include <string_view>

#include "api/context.h"
#include "api/reply/page_cache.h"

namespace discovery {

/// Whether If-None-Match names this tag.
bool is_known(const Request& request, uint64_t tag);

/// Answers by `body` and the page's tag and headers; by 304 and the tag alone where that is known.
void send_unless_known(Context& context, const RenderedPage& page, std::string_view body);

}  // namespace discovery

// Which of a head's faults a refusal names. Only looked for once a head has been refused: neither
// function decides whether it is.
#pragma once

#include <string_view>

#include "net/http1/http_fault.h"

namespace discovery {

/// Why no request line begins with `bytes`, the last of which is the first in the way.
HttpFault request_line_fault(std::string_view bytes);

/// Why a whole head, as HeadScanner delimits it, was refused, its target apart.
HttpFault head_fault(std::string_view head);

}  // namespace discovery

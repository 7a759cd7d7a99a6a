// The body that every error has (contract, section 2).
#pragma once

#include <string>
#include <string_view>

#include "advertisement/codec.h"

namespace discovery {

/// `{"code", "message", "detail": {"code", "message"}, "request_id"}`, in place of what `out` held.
void render_error(std::string& out, std::string_view code, std::string_view message,
                  std::string_view request_id);

/// The same for REQ_001, with one entry of `detail` per fault, as far as kFaultsShownMax.
void render_faults(std::string& out, const Faults& faults, std::string_view request_id);

inline constexpr size_t kFaultsShownMax = 100;

}  // namespace discovery

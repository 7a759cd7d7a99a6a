// The body that every error has (contract, section 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "advertisement/fault.h"

namespace discovery {

/// What some errors have besides; shown beside `code`, and in `detail`.
struct ErrorFacts {
  std::optional<int64_t> server_time_ms{};  // AUTH_002
  std::optional<int64_t> last_time_ms{};    // AUTH_002
  std::string_view expected_text{};         // AUTH_001; empty: not shown
};

/// `{"code", "message", "detail": {"code", "message"}, "request_id"}`, in place of what `out` held.
void render_error(std::string& out, std::string_view code, std::string_view message,
                  std::string_view request_id, const ErrorFacts& facts = {});

/// The same for REQ_001, with one entry of `detail` per fault, as far as limits::kBodyFaults.
void render_faults(std::string& out, const Faults& faults, std::string_view request_id);

/// All of them in one line; there is at least one.
std::string summary(const Faults& faults);

}  // namespace discovery

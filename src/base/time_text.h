// Times as text: RFC 3339 UTC with microseconds for answers, `YYYY-MM-DD HH:MM:SS.ffffff` for the
// database (the Python service's form).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace discovery {

inline constexpr size_t kRfc3339Length = 27;  // 2026-02-19T09:54:30.123456Z
inline constexpr size_t kSqlTimeLength = 26;  // 2026-02-19 09:54:30.123456

/// Writes exactly kRfc3339Length characters, no terminator. Years 0000 to 9999.
void write_rfc3339(WallTime time, char* out);

/// Writes exactly kSqlTimeLength characters, no terminator.
void write_sql_time(WallTime time, char* out);

/// Reads either form, with 0 to 6 digits of fraction, `T` or a space, and `Z`, `+00:00` or nothing.
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace discovery

// Log lines on standard error, as text or JSON.
//
// Whatever a message holds, it becomes one line of valid UTF-8: nobody can forge a second line or
// move a terminal's cursor. Callers log through spdlog.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "config.h"

namespace discovery {

/// Makes spdlog's default logger write to standard error. Once, before threads are started.
void set_up_logging(LogFormat format, LogLevel level);

/// `2026-02-19T09:54:30.123Z info message` or the same as a JSON object; ends in a newline.
std::string log_line(LogFormat format, WallTime time, std::string_view level,
                     std::string_view message);

}  // namespace discovery

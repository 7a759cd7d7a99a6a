// Log lines on standard error, as text or JSON.
//
// Whatever a message holds, it becomes one line of valid UTF-8: it cannot forge a second line or
// move a terminal's cursor. Callers log through spdlog, and never wait for standard error
// (log_writer.h).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "server/config/config.h"

namespace discovery {

/// Makes spdlog's default logger write to standard error, each line before the call returns.
void log_without_thread(LogFormat format, LogLevel level);

/// The same by a thread of its own. Before other threads are started; where the log's own cannot
/// be started, logging calls block until standard error has taken their line.
Status set_up_logging(LogFormat format, LogLevel level);

/// Waits until standard error has taken all lines, though not for ever. For the process's end.
void flush_log();

/// For std::set_terminate: logs the uncaught exception, and aborts.
[[noreturn]] void end_on_fault();

/// `2026-02-19T09:54:30.123Z info message` or the same as a JSON object; ends in a newline. What
/// makes it longer than limits::kLogLineBytes is cut off.
std::string log_line(LogFormat format, WallTime time, std::string_view level,
                     std::string_view message);

}  // namespace discovery

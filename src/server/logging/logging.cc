#include "server/logging/logging.h"

#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <utility>

#include "base/limits.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "server/logging/log_writer.h"

namespace discovery {
namespace {

constexpr CodePoint kReplacement{0xfffd, 1};  // of a byte that begins no code point

/// Would end the line, or change how the rest of it is shown.
bool disturbs(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) ||
         (code_point >= 0x200e && code_point <= 0x200f) ||
         (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

void append_escape(std::string& line, char32_t code_point) {
  if (code_point == '\n') {
    line += "\\n";
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  line += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) line += kHex[code_point >> shift & 15];
}

/// Up to `end_max` bytes of a line; what is longer ends in the mark of a cut.
void append_message(std::string& line, LogFormat format, std::string_view message, size_t end_max) {
  constexpr std::string_view kCut = "...";
  size_t cut = line.size();
  while (!message.empty()) {
    const CodePoint first = first_code_point(message);
    const auto [code_point, length] = first.bytes == 0 ? kReplacement : first;
    if (disturbs(code_point)) {
      append_escape(line, code_point);
    } else if (format == LogFormat::json && (code_point == '"' || code_point == '\\')) {
      line.append(1, '\\').append(1, message.front());
    } else if (code_point == kReplacement.value) {
      line += "\xef\xbf\xbd";
    } else {
      line += message.substr(0, length);
    }
    if (line.size() > end_max) {
      line.resize(cut);
      line += kCut;
      return;
    }
    if (line.size() + kCut.size() <= end_max) cut = line.size();
    message.remove_prefix(length);
  }
}

std::string_view name_of(spdlog::level::level_enum level) {
  const auto name = spdlog::level::to_string_view(level);
  return {name.data(), name.size()};
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

LogWriterOptions writer_options(LogFormat format) {
  const auto notice = [format](uint64_t dropped) {
    const std::string count =
        dropped == 1 ? "1 log line was" : std::to_string(dropped) + " log lines were";
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    return log_line(format, now, "warning",
                    count + " dropped because standard error did not take them");
  };
  return {.line_bytes_max = limits::kLogLineBytes,
          .queue_bytes_max = limits::kLogQueueBytes,
          .notice = notice};
}

class Sink final : public spdlog::sinks::sink {
 public:
  explicit Sink(LogFormat format) : format_(format), writer_(writer_options(format)) {}

  Status start() { return writer_.start(); }

  void log(const spdlog::details::log_msg& message) override {
    const auto time = std::chrono::time_point_cast<Duration>(message.time);
    writer_.write(log_line(format_, time, name_of(message.level),
                           {message.payload.data(), message.payload.size()}));
  }
  void flush() override { writer_.flush(limits::kLogFlush); }
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  const LogFormat format_;
  LogWriter writer_;
};

void log_to(std::shared_ptr<Sink> sink, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  logger->set_level(spdlog_level(level));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace

void log_without_thread(LogFormat format, LogLevel level) {
  log_to(std::make_shared<Sink>(format), level);
}

Status set_up_logging(LogFormat format, LogLevel level) {
  auto sink = std::make_shared<Sink>(format);
  Status started = sink->start();
  log_to(std::move(sink), level);
  return started;
}

void flush_log() { spdlog::default_logger_raw()->flush(); }

void end_on_fault() {
  std::string fault = "a call that may not be made";
  try {
    if (std::current_exception() != nullptr) std::rethrow_exception(std::current_exception());
  } catch (const std::exception& exception) {
    fault = exception.what();
  } catch (...) {
    fault = "an unknown exception";
  }
  spdlog::error("ended by a fault of the program: {}; what was acknowledged is kept", fault);
  flush_log();
  std::abort();
}

std::string log_line(LogFormat format, WallTime time, std::string_view level,
                     std::string_view message) {
  constexpr size_t kUpToMilliseconds = 23;
  char stamp[kRfc3339Length];
  write_rfc3339(time, stamp);
  std::string line(stamp, kUpToMilliseconds);
  std::string_view end = "\n";
  if (format == LogFormat::text) {
    line.append("Z ").append(level).append(" ");
  } else {
    line.insert(0, "{\"time\":\"").append("Z\",\"level\":\"").append(level);
    line.append("\",\"message\":\"");
    end = "\"}\n";
  }
  append_message(line, format, message, limits::kLogLineBytes - end.size());
  return line.append(end);
}

}  // namespace discovery

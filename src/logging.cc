#include "logging.h"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/time_text.h"

namespace discovery {
namespace {

constexpr uint32_t kReplacement = 0xfffd;

struct Decoded {
  uint32_t code_point;
  size_t length;
};

/// The code point at the front of `text`, which is not empty; a byte that starts none is U+FFFD.
Decoded decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {kReplacement, 1};
  uint32_t code_point = first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {kReplacement, 1};
    code_point = code_point << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < kSmallest[length] || code_point > 0x10ffff || is_surrogate) {
    return {kReplacement, 1};
  }
  return {code_point, length};
}

/// Would end the line, or change how the rest of it is shown.
bool disturbs(uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) ||
         (code_point >= 0x200e && code_point <= 0x200f) ||
         (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

void append_escape(std::string& line, uint32_t code_point) {
  if (code_point == '\n') {
    line += "\\n";
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  line += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) line += kHex[code_point >> shift & 15];
}

void append_message(std::string& line, LogFormat format, std::string_view message) {
  while (!message.empty()) {
    const auto [code_point, length] = decode(message);
    if (disturbs(code_point)) {
      append_escape(line, code_point);
    } else if (format == LogFormat::json && (code_point == '"' || code_point == '\\')) {
      line.append(1, '\\').append(1, message.front());
    } else if (code_point == kReplacement) {
      line += "\xef\xbf\xbd";
    } else {
      line += message.substr(0, length);
    }
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

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto time = std::chrono::time_point_cast<Duration>(message.time);
    const std::string line = log_line(format_, time, name_of(message.level),
                                      {message.payload.data(), message.payload.size()});
    out.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  LogFormat format_;
};

}  // namespace

void set_up_logging(LogFormat format, LogLevel level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  logger->set_formatter(std::make_unique<LineFormatter>(format));
  logger->set_level(spdlog_level(level));
  spdlog::set_default_logger(std::move(logger));
}

std::string log_line(LogFormat format, WallTime time, std::string_view level,
                     std::string_view message) {
  constexpr size_t kUpToMilliseconds = 23;
  char stamp[kRfc3339Length];
  write_rfc3339(time, stamp);
  const std::string shown_time = std::string(stamp, kUpToMilliseconds) + "Z";
  std::string line;
  if (format == LogFormat::text) {
    line.append(shown_time).append(" ").append(level).append(" ");
    append_message(line, format, message);
    return line + "\n";
  }
  line.append("{\"time\":\"").append(shown_time).append("\",\"level\":\"").append(level);
  line.append("\",\"message\":\"");
  append_message(line, format, message);
  return line + "\"}\n";
}

}  // namespace discovery

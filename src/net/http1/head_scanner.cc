#include "net/http1/head_scanner.h"

#include "net/http1/head_fault.h"

namespace discovery {

namespace {

bool is_known_version(std::string_view text) {
  return text == "HTTP/1.1\r\n" || text == "HTTP/1.0\r\n";
}

}  // namespace

std::optional<HttpFault> HeadScanner::scan(std::string_view input, const HeadLimits& limits) {
  const std::string_view allowed = input.substr(0, limits.head_bytes);
  if (line_start_ == 0) {
    if (const auto fault = scan_request_line(allowed, limits.target_bytes)) return fault;
  }
  if (line_start_ > 0) {
    if (const auto fault = scan_fields(allowed)) return fault;
  }
  if (!complete() && input.size() >= limits.head_bytes) return HttpFault::head_too_large;
  return std::nullopt;
}

std::optional<HttpFault> HeadScanner::scan_request_line(std::string_view input,
                                                        size_t target_bytes) {
  for (; position_ < input.size(); ++position_) {
    const char c = input[position_];
    if (c > ' ' && c <= '~') {
      const bool in_target = target_start_ > 0 && version_start_ == 0;
      if (in_target && position_ - target_start_ == target_bytes) return HttpFault::target_too_long;
    } else if (c == ' ' && target_start_ == 0) {
      target_start_ = position_ + 1;
    } else if (c == ' ' && version_start_ == 0) {
      version_start_ = position_ + 1;
    } else if (c == '\n' && version_start_ > 0) {
      const size_t end = position_ + 1;
      if (!is_known_version(input.substr(version_start_, end - version_start_))) break;
      position_ = line_start_ = end;
      return std::nullopt;
    } else if (c != '\r' || version_start_ == 0) {
      break;
    }
  }
  if (position_ == input.size()) return std::nullopt;
  return request_line_fault(input.substr(0, position_ + 1));
}

std::optional<HttpFault> HeadScanner::scan_fields(std::string_view input) {
  while (!complete()) {
    const size_t end = input.find('\n', position_);
    if (end == std::string_view::npos) {
      position_ = input.size();
      return std::nullopt;
    }
    const std::string_view line = input.substr(line_start_, end + 1 - line_start_);
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded) return HttpFault::folded_line;
    if (!line.ends_with("\r\n")) return HttpFault::bare_line_feed;
    position_ = line_start_ = end + 1;
    if (line.size() == 2) head_size_ = line_start_;
  }
  return std::nullopt;
}

}  // namespace discovery

// Finds where a request's head ends, before anything of it is parsed.
//
// The parser then sees whole heads only, so that the same bytes meet the same fate however they
// were split; and what can be told early is told early: garbage is refused at its first bad byte or
// line, an oversized target before the rest of the head has come.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/limits.h"
#include "net/http1/exchange.h"

namespace discovery {

struct HeadLimits {
  size_t head_bytes = limits::kHeadBytes;  // with the empty line that ends it
  size_t target_bytes = limits::kTargetBytes;
};

class HeadScanner {
 public:
  /// `input` begins with the head, and with what earlier calls were given; that is not read again.
  std::optional<HttpFault> scan(std::string_view input, const HeadLimits& limits);

  bool complete() const { return head_size_ > 0; }
  size_t head_size() const { return head_size_; }

 private:
  std::optional<HttpFault> scan_request_line(std::string_view input, size_t target_bytes);
  std::optional<HttpFault> scan_fields(std::string_view input);

  size_t position_ = 0;    // everything before it has been read
  size_t line_start_ = 0;  // 0: in the request line
  size_t target_start_ = 0;
  size_t version_start_ = 0;
  size_t head_size_ = 0;
};

}  // namespace discovery

// A request's head, parsed: the request line and the few fields that the service reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http1/exchange.h"

namespace discovery {

/// Part of a head, counted from the head's first byte, so that the head may move in memory.
struct Piece {
  uint32_t offset = 0;
  uint32_t size = 0;
  uint32_t count = 0;   // how many lines the field has; of several the first one counts
  uint32_t joined = 0;  // or, of a list, all: their index in RequestHead::joined, counted from 1

  std::string_view in(std::string_view head) const { return head.substr(offset, size); }
};

struct RequestHead {
  std::optional<HttpFault> fault;
  Method method = Method::other;
  bool is_http_1_0 = false;
  bool keep_alive = false;
  bool expects_continue = false;
  bool chunked = false;
  uint64_t content_length = 0;
  Piece path;  // empty where an absolute target names none
  Piece query;
  Piece host;  // the target's own where that is absolute
  Piece content_type;
  Piece content_encoding;
  Piece provider_id;
  Piece provider_signature;
  Piece accept_encoding;
  Piece if_none_match;
  Piece last_event_id;
  Piece requested_method;
  Piece requested_headers;
  Piece forwarded_for;
  std::vector<std::string> joined;  // lists that came on several lines, as one (RFC 9110, 5.3)

  std::string_view text(const Piece& piece, std::string_view head) const {
    return piece.joined == 0 ? piece.in(head) : std::string_view(joined[piece.joined - 1]);
  }
};

/// `text` is one whole head as HeadScanner delimits it. What is not plain HTTP/1.x is a fault:
/// whatever two servers could read in two ways is refused (RFC 9112, section 11.2).
RequestHead parse_request_head(std::string_view text);

/// Whether `text` can be the authority of a target, or a Host: the characters alone are checked.
bool is_authority(std::string_view text);

}  // namespace discovery

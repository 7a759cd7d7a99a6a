// Faults that the edge finds before there is a request to handle, and how each is answered.
#pragma once

#include <cstdint>
#include <string_view>

namespace discovery {

enum class HttpFault : uint8_t {
  // 400: the bytes are no HTTP/1.x, or two servers could read them in two ways.
  bad_request,
  tls_handshake,
  proxy_protocol,
  leading_nul,  // as in version 2 of the PROXY protocol, behind two empty lines
  http2_preface,
  leading_blank,
  bad_request_line,
  bad_version,
  bad_method,
  bad_target,
  byte_beyond_ascii,
  control_character,
  bare_line_feed,
  folded_line,
  blank_before_colon,
  bad_field_name,
  bad_connection,
  missing_host,
  doubled_host,
  bad_host,
  doubled_length,
  bad_length,
  length_and_encoding,
  bad_encoding,
  bad_chunk,
  chunk_extras_too_large,
  // Each a status of its own.
  timeout,
  body_too_large,
  target_too_long,
  head_too_large,
  too_many_connections,
  too_many_connections_per_address,
  count,  // no fault: how many there are
};

struct HttpFaultAnswer {
  int status = 400;
  std::string_view code, message;
};

HttpFaultAnswer answer_of(HttpFault fault);

}  // namespace discovery

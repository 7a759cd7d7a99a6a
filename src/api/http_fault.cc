#include "api/http_fault.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace discovery {

namespace {

struct BadRequest {
  HttpFault fault;
  std::string_view message;
};

using enum HttpFault;

constexpr auto kBadRequests = std::to_array<BadRequest>({
    {bad_request, "the bytes sent are not HTTP that this server can read"},
    {tls_handshake,
     "this is a TLS handshake, but plain HTTP is spoken here: use http://, or a proxy that ends "
     "TLS"},
    {proxy_protocol,
     "the connection begins with the PROXY protocol, which is not spoken here: let the proxy send "
     "X-Forwarded-For instead"},
    {leading_nul,
     "the request begins with a NUL byte; if a proxy sends it, the PROXY protocol is not spoken "
     "here: let it send X-Forwarded-For instead"},
    {http2_preface, "this is HTTP/2, but HTTP/1.1 and HTTP/1.0 are spoken here"},
    {leading_blank, "a request must begin with its method, not with a blank or an empty line"},
    {bad_request_line,
     "the request line must be a method, a target and HTTP/1.1 with one space between them; a "
     "blank in the target is written %20"},
    {bad_version, "the request line must end with HTTP/1.1 or HTTP/1.0"},
    {bad_method, "the method's name is empty or holds a character that no method has"},
    {bad_target, "the target must be a path that begins with /, or an http:// URL with a host"},
    {byte_beyond_ascii,
     "the request line holds a byte beyond ASCII: the target must be percent-encoded"},
    {control_character, "the head holds a control character"},
    {bare_line_feed, "a line of the head ends with a line feed alone; it must end with CR LF"},
    {folded_line, "a header line begins with a blank: headers may not be folded"},
    {blank_before_colon, "a header has a blank between its name and the colon"},
    {bad_field_name,
     "a header line has no colon, or a name that is empty or holds a character that no name has"},
    {bad_connection, "the header Connection is no list of names"},
    {missing_host, "the header Host is missing"},
    {doubled_host, "the header Host is sent more than once"},
    {bad_host, "the header Host is no host name or address"},
    {doubled_length, "the header Content-Length is sent more than once"},
    {bad_length, "the header Content-Length must be one number, digits alone, below 2^64"},
    {length_and_encoding, "Content-Length and Transfer-Encoding are both sent"},
    {bad_encoding, "Transfer-Encoding must be chunked, sent once, in HTTP/1.1"},
    {bad_chunk, "the chunked body is malformed"},
    {chunk_extras_too_large,
     "the chunked body has more than 16384 bytes of extensions and trailers"},
});

}  // namespace

HttpFaultAnswer answer_of(HttpFault fault) {
  switch (fault) {
    case timeout:
      return {408, "HTTP_408", "the request did not arrive in time"};
    case body_too_large:
      return {413, "HTTP_413", "the body is larger than 16384 bytes"};
    case target_too_long:
      return {414, "HTTP_414", "the request's target is longer than 8192 bytes"};
    case head_too_large:
      return {431, "HTTP_431", "the request's head is larger than 16384 bytes"};
    case too_many_connections:
      return {503, "SRV_002", "too many connections are open"};
    case too_many_connections_per_address:
      return {429, "RATE_001", "too many connections are open from this address"};
    default:
      break;
  }
  const auto found = std::ranges::find(kBadRequests, fault, &BadRequest::fault);
  assert(found != kBadRequests.end());
  return {400, "HTTP_400", found->message};
}

}  // namespace discovery

#include "net/http1/http_fault.h"

#include <array>
#include <cstddef>

namespace discovery {

namespace {

struct FaultAnswer {
  HttpFault fault;
  HttpFaultAnswer answer;
};

constexpr FaultAnswer malformed(HttpFault fault, std::string_view message) {
  return {fault, {400, "HTTP_400", message}};
}

using enum HttpFault;

constexpr auto kAnswers = std::to_array<FaultAnswer>({
    malformed(bad_request, "the bytes sent are not HTTP that this server can read"),
    malformed(
        tls_handshake,
        "this is a TLS handshake, but plain HTTP is spoken here: use http://, or a proxy that ends "
        "TLS"),
    malformed(proxy_protocol,
              "the connection begins with the PROXY protocol, which is not spoken here: let the "
              "proxy send "
              "X-Forwarded-For instead"),
    malformed(
        leading_nul,
        "the request begins with a NUL byte; if a proxy sends it, the PROXY protocol is not spoken "
        "here: let it send X-Forwarded-For instead"),
    malformed(http2_preface, "this is HTTP/2, but HTTP/1.1 and HTTP/1.0 are spoken here"),
    malformed(leading_blank,
              "a request must begin with its method, not with a blank or an empty line"),
    malformed(
        bad_request_line,
        "the request line must be a method, a target and HTTP/1.1 with one space between them; a "
        "blank in the target is written %20"),
    malformed(bad_version, "the request line must end with HTTP/1.1 or HTTP/1.0"),
    malformed(bad_method, "the method's name is empty or holds a character that no method has"),
    malformed(bad_target,
              "the target must be a path that begins with /, or an http:// URL with a host"),
    malformed(byte_beyond_ascii,
              "the request line holds a byte beyond ASCII: the target must be percent-encoded"),
    malformed(control_character, "the head holds a control character"),
    malformed(bare_line_feed,
              "a line of the head ends with a line feed alone; it must end with CR LF"),
    malformed(folded_line, "a header line begins with a blank: headers may not be folded"),
    malformed(blank_before_colon, "a header has a blank between its name and the colon"),
    malformed(bad_field_name,
              "a header line has no colon, or a name that is empty or holds a character that no "
              "name has"),
    malformed(bad_connection, "the header Connection is no list of names"),
    malformed(missing_host, "the header Host is missing"),
    malformed(doubled_host, "the header Host is sent more than once"),
    malformed(bad_host, "the header Host is no host name or address"),
    malformed(doubled_length, "the header Content-Length is sent more than once"),
    malformed(bad_length, "the header Content-Length must be one number, digits alone, below 2^64"),
    malformed(length_and_encoding, "Content-Length and Transfer-Encoding are both sent"),
    malformed(bad_encoding, "Transfer-Encoding must be chunked, sent once, in HTTP/1.1"),
    malformed(bad_chunk, "the chunked body is malformed"),
    malformed(chunk_extras_too_large,
              "the chunked body has more than 16384 bytes of extensions and trailers"),
    {timeout, {408, "HTTP_408", "the request did not arrive in time"}},
    {body_too_large, {413, "HTTP_413", "the body is larger than 16384 bytes"}},
    {target_too_long, {414, "HTTP_414", "the request's target is longer than 8192 bytes"}},
    {head_too_large, {431, "HTTP_431", "the request's head is larger than 16384 bytes"}},
    {too_many_connections, {503, "SRV_002", "too many connections are open"}},
    {too_many_connections_per_address,
     {429, "RATE_001", "too many connections are open from this address"}},
});

constexpr bool each_stands_at_its_number() {
  for (size_t i = 0; i < kAnswers.size(); ++i) {
    if (kAnswers[i].fault != static_cast<HttpFault>(i)) return false;
  }
  return kAnswers.size() == static_cast<size_t>(count);
}
static_assert(each_stands_at_its_number());

}  // namespace

HttpFaultAnswer answer_of(HttpFault fault) { return kAnswers[static_cast<size_t>(fault)].answer; }

}  // namespace discovery

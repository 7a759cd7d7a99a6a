#include "net/http1/head_fault.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/ascii.h"
#include "net/http1/field_list.h"
#include "net/http1/request_head.h"

namespace discovery {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

/// Of tokens; between two commas there may be nothing.
bool is_token_list(std::string_view text) {
  while (!text.empty()) {
    const std::string_view part = take_part(text, ',');
    if (!part.empty() && !is_token(part)) return false;
  }
  return true;
}

/// Takes the next line off `text`; its CR LF is dropped.
std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return line;
}

struct FramingField {
  int count = 0;
  std::string_view value;  // of the last one

  void take(std::string_view next) {
    ++count;
    value = next;
  }
};

/// The fields that name a request's host, its end, and what is behind it.
struct Framing {
  bool is_http_1_0 = false;
  FramingField host, length, encoding;
  bool has_bad_connection = false;

  void take(std::string_view name, std::string_view value) {
    if (is_called(name, "Host")) host.take(value);
    if (is_called(name, "Content-Length")) length.take(value);
    if (is_called(name, "Transfer-Encoding")) encoding.take(value);
    if (is_called(name, "Connection") || is_called(name, "Proxy-Connection")) {
      has_bad_connection = has_bad_connection || !is_token_list(value);
    }
  }
};

std::optional<HttpFault> field_fault(std::string_view line, Framing& framing) {
  const size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (std::ranges::any_of(line, [](char c) { return is_control(c) && c != '\t'; })) {
    return HttpFault::control_character;
  }
  if (colon == line.npos || name.empty()) return HttpFault::bad_field_name;
  if (is_blank(name.back())) return HttpFault::blank_before_colon;
  if (!is_token(name)) return HttpFault::bad_field_name;
  framing.take(name, trimmed(line.substr(colon + 1)));
  return std::nullopt;
}

bool is_length(std::string_view text) {
  uint64_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

HttpFault framing_fault(const Framing& framing) {
  const auto& [is_http_1_0, host, length, encoding, has_bad_connection] = framing;
  if (host.count == 0 && !is_http_1_0) return HttpFault::missing_host;
  if (host.count > 1) return HttpFault::doubled_host;
  if (host.count == 1 && !is_authority(host.value)) return HttpFault::bad_host;
  if (length.count > 0 && encoding.count > 0) return HttpFault::length_and_encoding;
  if (length.count > 1) return HttpFault::doubled_length;
  if (length.count == 1 && !is_length(length.value)) return HttpFault::bad_length;
  const bool is_chunked =
      encoding.count == 1 && is_called(encoding.value, "chunked") && !is_http_1_0;
  if (encoding.count > 0 && !is_chunked) return HttpFault::bad_encoding;
  return has_bad_connection ? HttpFault::bad_connection : HttpFault::bad_request;
}

}  // namespace

HttpFault request_line_fault(std::string_view bytes) {
  constexpr char kTlsHandshake = '\x16';
  const char first = bytes.front();
  const char last = bytes.back();
  if (bytes.starts_with("PROXY ")) return HttpFault::proxy_protocol;
  if (first == '\0') return HttpFault::leading_nul;
  if (bytes.starts_with("PRI * HTTP/2")) return HttpFault::http2_preface;
  if (first == kTlsHandshake) return HttpFault::tls_handshake;
  if (is_blank(first) || first == '\r' || first == '\n') return HttpFault::leading_blank;
  const bool has_version = std::ranges::count(bytes, ' ') == 2;
  if (last == '\n' && has_version) {
    return bytes.ends_with("\r\n") ? HttpFault::bad_version : HttpFault::bare_line_feed;
  }
  if (is_blank(last) || last == '\r' || last == '\n') return HttpFault::bad_request_line;
  return is_control(last) ? HttpFault::control_character : HttpFault::byte_beyond_ascii;
}

HttpFault head_fault(std::string_view head) {
  const std::string_view request_line = take_line(head);
  const std::string_view method = request_line.substr(0, request_line.find(' '));
  Framing framing;
  framing.is_http_1_0 = request_line.ends_with("HTTP/1.0");
  if (!is_token(method)) return HttpFault::bad_method;
  for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
    if (const auto fault = field_fault(line, framing)) return *fault;
  }
  return framing_fault(framing);
}

}  // namespace discovery

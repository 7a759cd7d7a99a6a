#include "net/http1/response_head.h"

#include <array>
#include <charconv>

namespace discovery {

namespace {

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\n";
    case 307:
      return "HTTP/1.1 307 Temporary Redirect\r\n";
    case 308:
      return "HTTP/1.1 308 Permanent Redirect\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 401:
      return "HTTP/1.1 401 Unauthorized\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 408:
      return "HTTP/1.1 408 Request Timeout\r\n";
    case 410:
      return "HTTP/1.1 410 Gone\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 414:
      return "HTTP/1.1 414 URI Too Long\r\n";
    case 415:
      return "HTTP/1.1 415 Unsupported Media Type\r\n";
    case 422:
      return "HTTP/1.1 422 Unprocessable Content\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 500:
      return "HTTP/1.1 500 Internal Server Error\r\n";
    case 503:
      return "HTTP/1.1 503 Service Unavailable\r\n";
    default:
      return {};
  }
}

constexpr std::string_view kExposed =
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Expose-Headers: ETag, Link, X-Total-Count, RateLimit, RateLimit-Policy, "
    "Retry-After, X-Request-ID\r\n";

void append_number(std::string& out, uint64_t number) {
  std::array<char, 20> digits;
  char* const end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  out.append(digits.begin(), end);
}

void append_status_line(std::string& out, int status) {
  const std::string_view known = status_line(status);
  out += known;
  if (!known.empty()) return;
  out += "HTTP/1.1 ";  // the reason may be empty
  append_number(out, static_cast<uint64_t>(status));
  out += " \r\n";
}

void append_rate_limit(std::string& out, const RateLimitState& state) {
  out += "RateLimit-Policy: \"";
  out += state.policy;
  out += "\";q=";
  append_number(out, state.quota);
  out += ";w=";
  append_number(out, state.window_seconds);
  out += "\r\nRateLimit: \"";
  out += state.policy;
  out += "\";r=";
  append_number(out, state.remaining);
  out += ";t=";
  append_number(out, state.reset_seconds);
  out += "\r\n";
}

std::string_view caching_lines(Caching caching) {
  switch (caching) {
    case Caching::no_store:
      return "Cache-Control: no-store\r\n";
    case Caching::no_cache:
      return "Cache-Control: no-cache\r\nVary: Accept-Encoding\r\n";
    case Caching::for_ever:
      return "Cache-Control: public, max-age=31536000, immutable\r\nVary: Accept-Encoding\r\n";
  }
  return {};
}

void append_framing(std::string& out, const Reply& reply, Framing framing) {
  switch (framing) {
    case Framing::by_length:
      out += "Content-Length: ";
      append_number(out, reply.source_bytes.value_or(reply.body.size() + reply.body_end.size()));
      out += "\r\n";
      break;
    case Framing::in_chunks:
      out += "Transfer-Encoding: chunked\r\n";
      break;
    case Framing::by_closing:
      break;
  }
}

void append_content(std::string& out, const Reply& reply, Framing framing) {
  if (!has_body(reply.status)) return;
  if (reply.content_type == ContentType::event_stream) {
    out += "Content-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n";
  }
  if (reply.content_type == ContentType::json) out += "Content-Type: application/json\r\n";
  if (reply.content_type == ContentType::other) {
    out += "Content-Type: ";
    out += reply.media_type;
    out += "\r\n";
  }
  append_framing(out, reply, framing);
}

}  // namespace

void DateLine::set(time_t now) {
  if (now == now_) return;
  now_ = now;
  tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 64> text;
  const size_t size =
      std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  text_.assign(text.data(), size);
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

void write_head(const Reply& reply, Framing framing, ConnectionField connection,
                const DateLine& date, std::string& out) {
  append_status_line(out, reply.status);
  out += date.text();
  append_content(out, reply, framing);
  out += caching_lines(reply.caching);
  if (reply.sharing == Sharing::any_origin) out += kExposed;
  if (reply.rate_limit) append_rate_limit(out, *reply.rate_limit);
  if (reply.retry_after_seconds > 0) {
    out += "Retry-After: ";
    append_number(out, reply.retry_after_seconds);
    out += "\r\n";
  }
  if (!reply.request_id.empty()) {
    out += "X-Request-ID: ";
    out += reply.request_id;
    out += "\r\n";
  }
  out += reply.further_headers;
  if (connection == ConnectionField::closes) out += "Connection: close\r\n";
  if (connection == ConnectionField::stays_and_says_so) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

}  // namespace discovery

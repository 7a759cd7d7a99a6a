#include "net/http1/request_head.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "base/ascii.h"
#include "net/http1/head_fault.h"

namespace discovery {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::post:
      return Method::post;
    case http::verb::delete_:
      return Method::remove;
    case http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

/// Beast's parser for the grammar, and the guards that its version 1.81 lacks.
class HeadParser final : public http::basic_parser<true> {
 public:
  explicit HeadParser(std::string_view text) : text_(text) {
    header_limit(static_cast<uint32_t>(text.size()));
    skip(true);  // bodies are delimited by Protocol
  }

  RequestHead parse() {
    error_code error;
    const size_t used = put(boost::asio::buffer(text_.data(), text_.size()), error);
    if (error || used != text_.size() || !is_done() || !is_sound()) {
      head_.fault = error == http::error::bad_target ? HttpFault::bad_target : head_fault(text_);
      return std::move(head_);
    }
    head_.keep_alive = keep_alive();
    head_.chunked = encodings_ > 0;
    head_.content_length = content_length().value_or(0);
    if (authority_.size > 0) head_.host = authority_;
    return std::move(head_);
  }

 private:
  void on_request_impl(http::verb verb, beast::string_view, beast::string_view target, int version,
                       error_code& error) override {
    head_.method = method_of(verb);
    head_.is_http_1_0 = version < 11;
    if (!split_target({target.data(), target.size()})) error = http::error::bad_target;
  }

  void on_field_impl(http::field field, beast::string_view name, beast::string_view value,
                     error_code& error) override {
    switch (field) {
      case http::field::host:
        return take(head_.host, value);
      case http::field::content_type:
        return take(head_.content_type, value);
      case http::field::content_encoding:
        return take_list(head_.content_encoding, value);
      case http::field::accept_encoding:
        return take_list(head_.accept_encoding, value);
      case http::field::if_none_match:
        return take_list(head_.if_none_match, value);
      case http::field::access_control_request_method:
        return take(head_.requested_method, value);
      case http::field::access_control_request_headers:
        return take_list(head_.requested_headers, value);
      case http::field::expect:
        head_.expects_continue = !head_.is_http_1_0 && beast::iequals(value, "100-continue");
        return;
      case http::field::content_length:
        if (++lengths_ > 1 || !std::all_of(value.begin(), value.end(), is_ascii_digit)) {
          error = http::error::bad_content_length;
        }
        return;
      case http::field::transfer_encoding:
        if (++encodings_ > 1 || head_.is_http_1_0 || !beast::iequals(value, "chunked")) {
          error = http::error::bad_transfer_encoding;
        }
        return;
      case http::field::unknown:
        return take_by_name(name, value);
      default:
        return;
    }
  }

  void take_by_name(beast::string_view name, beast::string_view value) {
    if (beast::iequals(name, "X-Provider-ID")) return take(head_.provider_id, value);
    if (beast::iequals(name, "Last-Event-ID")) return take(head_.last_event_id, value);
    if (beast::iequals(name, "X-Provider-Signature")) return take(head_.provider_signature, value);
    if (beast::iequals(name, "X-Forwarded-For")) take_list(head_.forwarded_for, value);
  }

  void take(Piece& piece, beast::string_view value) {
    if (piece.count++ > 0) return;
    locate(piece, {value.data(), value.size()});
  }

  void take_list(Piece& piece, beast::string_view value) {
    take(piece, value);
    if (piece.count == 1) return;
    if (piece.joined == 0) {
      head_.joined.emplace_back(piece.in(text_));
      piece.joined = static_cast<uint32_t>(head_.joined.size());
    }
    head_.joined[piece.joined - 1].append(1, ',').append(value.data(), value.size());
  }

  void locate(Piece& piece, std::string_view part) const {
    piece.offset = static_cast<uint32_t>(part.data() - text_.data());
    piece.size = static_cast<uint32_t>(part.size());
  }

  bool split_target(std::string_view target) {
    if (target == "*") {
      locate(head_.path, target);
      return head_.method == Method::options;
    }
    if (target.front() != '/') {
      const size_t size = scheme_size(target);
      if (size == 0) return false;
      target.remove_prefix(size);
      const std::string_view authority = target.substr(0, target.find_first_of("/?"));
      if (authority.empty() || !is_authority(authority)) return false;
      locate(authority_, authority);
      authority_.count = 1;
      target.remove_prefix(authority.size());
    }
    const size_t mark = std::min(target.find('?'), target.size());
    locate(head_.path, target.substr(0, mark));
    if (mark < target.size()) locate(head_.query, target.substr(mark + 1));
    return true;
  }

  static size_t scheme_size(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
      const std::string_view start = target.substr(0, scheme.size());
      if (beast::iequals({start.data(), start.size()}, {scheme.data(), scheme.size()})) {
        return scheme.size();
      }
    }
    return 0;
  }

  bool is_sound() const {
    if (lengths_ > 0 && encodings_ > 0) return false;
    if (head_.host.count == 0) return head_.is_http_1_0;
    return head_.host.count == 1 && is_authority(head_.host.in(text_));
  }

  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(uint64_t, beast::string_view, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, beast::string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  std::string_view text_;
  RequestHead head_;
  Piece authority_;
  int lengths_ = 0;
  int encodings_ = 0;
};

}  // namespace

bool is_authority(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) ||
           std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

RequestHead parse_request_head(std::string_view text) { return HeadParser(text).parse(); }

}  // namespace discovery

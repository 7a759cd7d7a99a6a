#include "net/http1/protocol.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "base/release.h"

namespace discovery {

namespace {

constexpr size_t kOutFull = 64 * 1024;       // answers rendered before the socket is asked
constexpr size_t kCopiedBodyMax = 4 * 1024;  // cheaper to copy than to gather
constexpr size_t kOutKept = 256 * 1024;      // memory that a thread keeps for its answers

/// Events end with their connection alone, whatever the client speaks.
Framing framing_of(const Reply& reply, bool is_http_1_0) {
  // Events have no end, and so no length where HEAD asks for them.
  if (reply.content_type == ContentType::event_stream) return Framing::by_closing;
  if (!reply.source || reply.source_bytes) return Framing::by_length;
  return is_http_1_0 ? Framing::by_closing : Framing::in_chunks;
}

/// Makes a chunk of what stands behind `begin`; an empty one would be the last.
void frame_chunk(std::string& text, size_t begin) {
  if (text.size() == begin) return;
  std::array<char, 18> line;
  char* end = std::to_chars(line.begin(), line.end(), text.size() - begin, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  text.insert(begin, line.data(), static_cast<size_t>(end - line.data()));
  text += "\r\n";
}

bool starts_with_part_of(std::string_view input, std::string_view wanted) {
  return wanted.starts_with(input.substr(0, wanted.size()));
}

}  // namespace

void Out::clear() {
  text.clear();
  tail = {};
  tail_owner.reset();
  if (text.capacity() > kOutKept) text.shrink_to_fit();
}

Protocol::Protocol(const ProtocolLimits& limits, const IpAddress& peer)
    : limits_(limits), peer_(peer), chunks_(0, 0) {}

bool Protocol::reads(const Out& out) const {
  const bool is_reading = phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body;
  return is_reading && out.text.size() < kOutFull;
}

Protocol::Step Protocol::next(std::string_view input, Out& out) {
  assert(!is_presented_ || phase_ == Phase::closing);
  Step step;
  if (hold_state_ == HoldState::resumed) {
    present_kept(step);
    return step;
  }
  while (!step.request && !step.fault && step.used < input.size() && reads(out)) {
    const std::string_view rest = input.substr(step.used);
    const size_t used = phase_ == Phase::body ? read_body(rest, step) : read_head(rest, out, step);
    if (used == 0) break;
    step.used += used;
  }
  return step;
}

size_t Protocol::read_head(std::string_view input, Out& out, Step& step) {
  // Empty lines before a request are ignored (RFC 9112, section 2.2).
  const bool may_skip = phase_ == Phase::idle && blank_lines_ < limits_.blank_lines;
  if (may_skip && starts_with_part_of(input, "\r\n")) {
    if (input.size() < 2) return 0;
    ++blank_lines_;
    return 2;
  }
  phase_ = Phase::head;
  step.fault = scanner_.scan(input, limits_.head);
  if (step.fault) fail();
  if (step.fault || !scanner_.complete()) return 0;
  const size_t head_size = scanner_.head_size();
  const std::string_view head = input.substr(0, head_size);
  const std::string_view behind = input.substr(head_size);
  head_ = parse_request_head(head);
  step.fault = head_.fault;
  if (!step.fault && head_.content_length > limits_.body_bytes) {
    step.fault = HttpFault::body_too_large;
  }
  if (step.fault) {
    refuse(head);
    return 0;
  }
  if (head_.expects_continue && (head_.chunked || head_.content_length > 0)) {
    out.text += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  if (head_.chunked || behind.size() < head_.content_length) {
    kept_ = head;
    chunks_ = ChunkDecoder(limits_.body_bytes, limits_.head.head_bytes);
    phase_ = Phase::body;
    return head_size;
  }
  input_continues_ = behind.size() > head_.content_length;
  present(head, behind.substr(0, head_.content_length), step);
  return head_size + head_.content_length;
}

size_t Protocol::read_body(std::string_view input, Step& step) {
  const size_t head_size = scanner_.head_size();
  const size_t used = gather(input);
  step.fault = chunks_.fault();
  if (step.fault) {
    fail();
    return used;
  }
  const bool is_complete =
      head_.chunked ? chunks_.done() : kept_.size() - head_size == head_.content_length;
  if (!is_complete) return used;
  input_continues_ = used < input.size();
  present_kept(step);
  return used;
}

size_t Protocol::gather(std::string_view input) {
  if (head_.chunked) return chunks_.feed(input, kept_);
  const size_t missing = scanner_.head_size() + head_.content_length - kept_.size();
  const size_t used = std::min(missing, input.size());
  kept_.append(input.substr(0, used));
  return used;
}

void Protocol::present(std::string_view head, std::string_view body, Step& step) {
  const auto text = [&](const Piece& piece) { return head_.text(piece, head); };
  const auto field = [&](const Piece& piece) { return Field{text(piece), piece.count}; };
  Request& request = step.request.emplace();
  request.method = head_.method;
  request.path = head_.path.size > 0 ? head_.path.in(head) : "/";
  request.query = head_.query.in(head);
  request.body = body;
  request.peer = peer_;
  request.forwarded_for = text(head_.forwarded_for);
  request.host = field(head_.host);
  request.content_type = field(head_.content_type);
  request.content_encoding = field(head_.content_encoding);
  request.provider_id = field(head_.provider_id);
  request.provider_signature = field(head_.provider_signature);
  request.accept_encoding = field(head_.accept_encoding);
  request.if_none_match = field(head_.if_none_match);
  request.last_event_id = field(head_.last_event_id);
  request.requested_method = text(head_.requested_method);
  request.requested_headers = text(head_.requested_headers);
  request.was_held = hold_state_ == HoldState::resumed;
  hold_state_ = HoldState::none;
  phase_ = Phase::waiting;
  is_presented_ = true;
  presented_head_ = head;
  presented_body_ = body;
}

void Protocol::present_kept(Step& step) {
  const std::string_view kept = kept_;
  const size_t head_size = scanner_.head_size();
  present(kept.substr(0, head_size), kept.substr(head_size), step);
}

void Protocol::end_request() {
  assert(is_presented_);
  const bool is_kept = presented_head_.data() == kept_.data();
  if (hold_state_ != HoldState::held) {
    release(kept_);
    release(head_.joined);
  } else if (!is_kept) {
    kept_.reserve(presented_head_.size() + presented_body_.size());
    kept_.append(presented_head_).append(presented_body_);
  }
  is_presented_ = false;
  presented_head_ = presented_body_ = {};
}

void Protocol::hold() {
  assert(phase_ == Phase::waiting && hold_state_ == HoldState::none);
  hold_state_ = HoldState::held;
}

void Protocol::resume() {
  assert(hold_state_ == HoldState::held);
  hold_state_ = HoldState::resumed;
}

void Protocol::fail() {
  if (phase_ != Phase::body) head_ = {};  // of an earlier request
  refuse(std::string_view(kept_).substr(0, scanner_.head_size()));
}

void Protocol::refuse(std::string_view head) {
  must_close_ = true;
  phase_ = Phase::waiting;
  is_presented_ = true;
  presented_head_ = head;
}

void Protocol::end_refusal() {
  assert(is_presented_);
  if (phase_ == Phase::waiting) phase_ = Phase::closing;
  is_presented_ = false;
  presented_head_ = {};
  release(kept_);
}

void Protocol::reply(const Reply& reply, Out& out) {
  assert(hold_state_ == HoldState::none);
  framing_ = framing_of(reply, head_.is_http_1_0);
  must_close_ = must_close_ || reply.close || framing_ == Framing::by_closing || !head_.keep_alive;
  const ConnectionField connection = must_close_         ? ConnectionField::closes
                                     : head_.is_http_1_0 ? ConnectionField::stays_and_says_so
                                                         : ConnectionField::stays;
  write_head(reply, framing_, connection, out.date, out.text);
  if (head_.method == Method::head || !has_body(reply.status)) return finish();
  if (reply.source) {
    source_ = reply.source;
    phase_ = reply.content_type == ContentType::event_stream ? Phase::events : Phase::streaming;
    return;
  }
  const bool is_copied =
      reply.body.size() <= kCopiedBodyMax || (input_continues_ && !reply.body_owner);
  if (is_copied || !reply.body_end.empty()) {
    out.text += reply.body;
    out.text += reply.body_end;
  } else {
    out.tail = reply.body;
    out.tail_owner = reply.body_owner;
  }
  finish();
}

BodySource::Progress Protocol::stream(Out& out) {
  const size_t begin = out.text.size();
  const auto progress = source_->take(out.text);
  if (framing_ == Framing::in_chunks) frame_chunk(out.text, begin);
  if (progress != BodySource::Progress::over) return progress;
  if (framing_ == Framing::in_chunks) out.text += "0\r\n\r\n";
  source_ = nullptr;
  finish();
  return progress;
}

void Protocol::finish() {
  ++answered_;
  scanner_ = {};
  blank_lines_ = 0;
  phase_ = must_close_ ? Phase::closing : Phase::idle;
}

}  // namespace discovery

// HTTP/1.x as a machine: bytes to requests, replies to bytes. No sockets, no clock, no handler, so
// that tests and the fuzzer can feed it byte by byte.
//
// One per connection, used by its thread alone. Requests come strictly one after another: while an
// answer is pending, or a long one is being streamed, the rest of the input stays unread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "net/http1/chunk_decoder.h"
#include "net/http1/exchange.h"
#include "net/http1/head_scanner.h"
#include "net/http1/request_head.h"
#include "net/http1/response_head.h"

namespace discovery {

struct ProtocolLimits {
  HeadLimits head;
  size_t body_bytes = limits::kBodyBytes;
  uint32_t blank_lines = limits::kBlankLines;  // skipped before a request
};

/// Answers on their way to the socket; one for all connections of a thread, empty between two
/// turns.
struct Out {
  explicit Out(time_t now) : date(now) {}

  std::string text;
  /// The last answer's body where it is too long to copy. Without an owner it is borrowed from the
  /// Reply: write it before Exchange::answer() returns.
  std::string_view tail;
  std::shared_ptr<const void> tail_owner;
  DateLine date;

  bool empty() const { return text.empty() && tail.empty(); }
  void clear();
};

class Protocol {
 public:
  enum class Phase : uint8_t {
    idle,       // between two requests
    head,       // part of a head has come
    body,       // the head and part of the body have come
    waiting,    // the answer is pending, or the request held
    streaming,  // the answer's head has been rendered; call stream()
    events,     // likewise, of an answer that has no end
    closing     // nothing more will be read or answered
  };

  Protocol(const ProtocolLimits& limits, const IpAddress& peer);

  /// What next() finds: a whole request, a fault of the input, or neither as yet.
  struct Step {
    std::optional<Request> request;  // have it handled, then call end_request()
    std::optional<HttpFault> fault;  // have it answered, then call end_refusal()
    size_t used = 0;  // of the input, which stays where it is until one of these has been called
  };
  /// Reads `input`, which begins where the last call stopped, up to the end of the first request.
  /// Reads nothing while an answer is pending or `out` is full.
  Step next(std::string_view input, Out& out);

  /// The request of the last step has been handled: answered, held, or to be answered later.
  void end_request();
  /// The fault has been answered; nothing more is read.
  void end_refusal();

  /// Renders the answer to the request that waits, and so leaves that phase.
  void reply(const Reply& reply, Out& out);

  /// Renders the next piece of an answer whose source is asked for it. An exception of the source
  /// leaves the answer without its end: nothing may follow it.
  BodySource::Progress stream(Out& out);

  /// Keeps the request that is being handled; next() gives it again after resume(), with or without
  /// more input.
  void hold();
  void resume();
  bool is_held() const { return hold_state_ == HoldState::held; }

  /// Gives up the request under way, for a fault to be answered in its place; then end_refusal().
  void fail();
  /// X-Forwarded-For of the request that is refused, as far as it has come.
  std::string_view forwarded_for() const {
    return head_.text(head_.forwarded_for, presented_head_);
  }
  const IpAddress& peer() const { return peer_; }

  /// Lets the next answer end the connection.
  void close_after_reply() { must_close_ = true; }

  Phase phase() const { return phase_; }
  bool streams() const { return phase_ == Phase::streaming || phase_ == Phase::events; }
  /// How much memory it takes: for a request that is held or comes in pieces, and for an answer
  /// that is streamed.
  size_t bytes() const {
    return kept_.capacity() + head_.joined.capacity() + (source_ ? source_->bytes() : 0);
  }
  /// How many answers have been rendered.
  uint64_t answered() const { return answered_; }

 private:
  enum class HoldState : uint8_t { none, held, resumed };

  size_t read_head(std::string_view input, Out& out, Step& step);
  size_t read_body(std::string_view input, Step& step);
  size_t gather(std::string_view input);
  void present(std::string_view head, std::string_view body, Step& step);
  void present_kept(Step& step);
  void refuse(std::string_view head);
  bool reads(const Out& out) const;
  void finish();

  ProtocolLimits limits_;
  IpAddress peer_;
  Phase phase_ = Phase::idle;
  HoldState hold_state_ = HoldState::none;
  bool must_close_ = false;
  uint32_t blank_lines_ = 0;      // skipped since the last request
  bool input_continues_ = false;  // behind the request being handled
  uint64_t answered_ = 0;
  HeadScanner scanner_;
  RequestHead head_;
  ChunkDecoder chunks_;
  std::string kept_;  // head and body so far, of a request that is held or comes in pieces
  // Of what the last step found, until end_request() or end_refusal(): views of the input or kept_.
  bool is_presented_ = false;
  std::string_view presented_head_;
  std::string_view presented_body_;
  Framing framing_ = Framing::by_length;  // of the answer that is streamed
  std::shared_ptr<BodySource> source_;    // likewise
};

}  // namespace discovery

// HTTP/1.x as a machine from bytes to bytes: no sockets, no clock, so that tests and the fuzzer can
// feed it byte by byte.
//
// One per connection, used by its thread alone. Requests are handled strictly one after another:
// while an answer is pending, or a long one is being streamed, the rest of the input stays unread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
  /// The last answer's body where it is too long to copy. Borrowed from the Reply: write it before
  /// Exchange::answer() returns.
  std::string_view tail;
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

  /// Handles what is complete in `input`, which begins where the last call stopped, and returns how
  /// much was used. Stops early when an answer is pending or `out` is full; call again later.
  size_t feed(std::string_view input, Handler& handler, Exchange& exchange, Out& out);

  /// Renders the answer to the request that waits, and so leaves that phase.
  void reply(const Reply& reply, Out& out);

  /// Renders the next piece of an answer whose source is asked for it. An exception of the source
  /// leaves the answer without its end: nothing may follow it.
  BodySource::Progress stream(Out& out);

  /// Keeps the request that is being handled; feed() handles it again after resume(), with or
  /// without more input.
  void hold();
  void resume();
  bool is_held() const { return hold_state_ == HoldState::held; }

  /// Gives up the request under way: has the fault answered, by way of `exchange`, and closes.
  void fail(HttpFault fault, Handler& handler, Exchange& exchange);

  /// Lets the next answer end the connection.
  void close_after_reply() { must_close_ = true; }

  Phase phase() const { return phase_; }
  bool streams() const { return phase_ == Phase::streaming || phase_ == Phase::events; }
  /// How many answers have been rendered.
  uint64_t answered() const { return answered_; }

 private:
  enum class HoldState : uint8_t { none, held, resumed };

  size_t feed_head(std::string_view input, Handler& handler, Exchange& exchange, Out& out);
  size_t feed_body(std::string_view input, Handler& handler, Exchange& exchange);
  size_t gather(std::string_view input);
  void handle(std::string_view head, std::string_view body, Handler& handler, Exchange& exchange);
  void handle_kept(Handler& handler, Exchange& exchange);
  void refuse(HttpFault fault, std::string_view head, Handler& handler, Exchange& exchange);
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
  Framing framing_ = Framing::by_length;  // of the answer that is streamed
  std::shared_ptr<BodySource> source_;    // likewise
};

}  // namespace discovery

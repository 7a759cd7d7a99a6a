// What passes between the HTTP edge and the API: a Request in, one Reply out.
//
// Nothing here knows sockets; nothing in net/ knows advertisements.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "net/http1/http_fault.h"

namespace discovery {

enum class Method : uint8_t { get, head, post, remove, options, other };

/// One header field: of several lines the first, or, where the field is a list, all of them joined
/// by ','. Empty text and absence differ in `count`, the number of lines.
struct Field {
  std::string_view value;
  uint32_t count = 0;
};

/// A complete request. All views hold only until Handler::handle() returns.
struct Request {
  Method method = Method::other;
  std::string_view path;   // raw, percent-encoded, without the query
  std::string_view query;  // raw, after '?', may be empty
  std::string_view body;
  IpAddress peer;                  // of the connection, whatever X-Forwarded-For says
  std::string_view forwarded_for;  // X-Forwarded-For, a list
  Field host;
  Field content_type;
  Field content_encoding;  // a list
  Field provider_id;
  Field provider_signature;
  Field accept_encoding;  // a list, as the next one
  Field if_none_match;
  Field last_event_id;
  std::string_view requested_method;   // Access-Control-Request-Method
  std::string_view requested_headers;  // Access-Control-Request-Headers, a list
  bool was_held = false;               // comes for the second time, after Exchange::hold()
};

enum class ContentType : uint8_t { none, json, event_stream, other };
enum class Caching : uint8_t {
  no_store,
  no_cache,
  for_ever
};  // the latter two also vary by Accept-Encoding
enum class Sharing : uint8_t { own_origin, any_origin };  // CORS: which origins may read the answer

/// What the limiter says, as RateLimit and RateLimit-Policy show it (contract, section 4).
struct RateLimitState {
  std::string_view policy;  // "read" or "write"
  uint32_t quota = 0;       // requests per window
  uint32_t window_seconds = 0;
  uint32_t remaining = 0;
  uint32_t reset_seconds = 0;
};

/// An answer's body, taken piece by piece on the connection's thread. Owned by its connection, and
/// gone with it.
class BodySource {
 public:
  virtual ~BodySource() = default;
  enum class Progress : uint8_t {
    idle,  // there is nothing until Exchange::wake()
    more,  // take again when the socket has taken this
    over,  // this was the last
  };
  /// Appends what there is, about 64 KiB at most. An exception ends the connection.
  virtual Progress take(std::string& out) = 0;
  /// How much memory it takes, about.
  virtual size_t bytes() const { return 0; }
};

/// An answer. Views are borrowed until Exchange::answer() returns.
struct Reply {
  int status = 200;
  ContentType content_type = ContentType::json;
  std::string_view media_type;  // of an other content type
  Caching caching = Caching::no_store;
  Sharing sharing = Sharing::any_origin;
  std::string_view body;
  std::string_view body_end;  // what is sent behind `body`
  /// What keeps `body` where it is: then a slow reader is sent it from there. Null: it is borrowed.
  std::shared_ptr<const void> body_owner;
  std::string_view request_id;
  std::string_view further_headers;  // complete lines, each with its CRLF: Allow, ETag, Link
  std::optional<RateLimitState> rate_limit;
  uint32_t retry_after_seconds = 0;  // 0: no Retry-After
  /// Instead of `body`. Events have no end but their connection's; of anything else the reader is
  /// shown where it ends, by `source_bytes` where it is known how many there are.
  std::shared_ptr<BodySource> source;
  std::optional<uint64_t> source_bytes;
  bool close = false;  // end the connection after this answer
};

/// The owner of a body that lives as long as the process.
inline std::shared_ptr<const void> process_owned(const void* body) {
  return {std::shared_ptr<const void>(), body};
}

/// One request's way back, owned by its connection. answer() exactly once, on the connection's
/// thread; after the connection has closed it does nothing.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  virtual ~Exchange() = default;
  virtual void answer(const Reply& reply) = 0;

  /// Instead of answering, and only within Handler::handle(): keeps the request, to be handled
  /// again after resume(). Once for a request. Nothing more is read meanwhile.
  virtual void hold() { assert(false && "would lose the request"); }
  /// Has the held request handled again now. Does nothing where none is held any more: because the
  /// connection has closed, or a stop has resumed it.
  virtual void resume() { assert(false && "nothing can be held"); }

  /// The reply's source has more to take.
  virtual void wake() {}
  /// Ends the connection at once.
  virtual void hang_up() {}
};

/// Answers requests; one per I/O thread, used by that thread alone. Two implementations: Api, and
/// the echo of the protocol tests.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers now, or keeps `exchange.shared_from_this()` and answers later, or holds the request.
  virtual void handle(const Request& request, Exchange& exchange) = 0;
  /// Answers a fault of the edge; always now. `peer` and `forwarded_for` say which address to
  /// charge. The connection is closed afterwards whatever the reply says.
  virtual void fault(HttpFault fault, const IpAddress& peer, std::string_view forwarded_for,
                     Exchange& exchange) = 0;
  /// Called about once a second.
  virtual void tick() {}
};

}  // namespace discovery

// Renders the head of an answer from ready-made pieces.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "net/http1/exchange.h"

namespace discovery {

/// The Date field, rendered when the second changes rather than for each answer. Not thread-safe.
class DateLine {
 public:
  explicit DateLine(time_t now) { set(now); }
  void set(time_t now);
  std::string_view text() const { return text_; }

 private:
  time_t now_ = -1;
  std::string text_;
};

/// What an answer says about its connection: for HTTP/1.0 clients it has to say that it stays open.
enum class ConnectionField : uint8_t { stays, stays_and_says_so, closes };

/// How a reader knows where the body ends.
enum class Framing : uint8_t { by_length, in_chunks, by_closing };

/// Whether answers of this status carry a body, and so a length and a type.
bool has_body(int status);

/// Appends the whole head, with the empty line that ends it.
void write_head(const Reply& reply, Framing framing, ConnectionField connection,
                const DateLine& date, std::string& out);

}  // namespace discovery
